"""The local community as a web page."""
