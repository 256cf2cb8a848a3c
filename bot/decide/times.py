"""Lengths of time in seconds."""

HOUR = 3600.0
DAY = 86_400.0
