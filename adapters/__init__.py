"""The doors: a folder per platform. Each hears and speaks, nothing else; none knows another."""
