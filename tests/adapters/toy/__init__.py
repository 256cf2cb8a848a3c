"""A platform in memory. Adding it takes this folder and a line in the list of platforms."""
