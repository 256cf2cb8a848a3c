"""An environment in which our programs can't use the network or spend money."""

import os

CLOSED_PROXY = "http://127.0.0.1:9"  # port 9 (discard) is normally closed
SECRETS = ("_KEY", "_TOKEN", "_PASSWORD", "_SECRET")


def clean_environment() -> dict[str, str]:
    """An environment for a subprocess: no keys, no .env file, every proxy at a closed port."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith(SECRETS)}
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), CLOSED_PROXY)
    direct = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost")
    return {**kept, **proxies, **direct, "CAMEO_ENV_FILE": ""}
