"""A platform that lives in memory: what it takes to add one is this folder, and a line in the list of platforms."""
