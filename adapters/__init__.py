"""The doors: the one list of platforms. Each is imported only when it is opened, so that an unused SDK costs nothing."""

PLATFORMS = ("local", "discord", "matrix")
