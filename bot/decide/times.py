"""Lengths of time in seconds, for code that counts in seconds since 1970."""

HOUR = 3600.0
DAY = 86_400.0
