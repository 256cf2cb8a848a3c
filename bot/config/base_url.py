"""The usual mistakes in a model's base_url, to which the SDK adds `/chat/completions`. Pure; shows no part of it."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

# What documentation shows as a whole address: the paths of OpenAI's API, and those of Ollama's, Anthropic's and
# Google's own ones, where the compatible API is elsewhere on the same server.
_ENDPOINT = re.compile(
    r"/(?:chat/completions|completions|chat|models|responses|embeddings|moderations|messages|engines)/?$", re.IGNORECASE
)
_OWN_API = re.compile(r"/api(?:/(?:chat|generate|tags|show))?/?$", re.IGNORECASE)  # Ollama's
_VERSION = re.compile(r"/v\d+(?:beta\d*)?(?=/|$)", re.IGNORECASE)
OLLAMA_PORT = 11434  # its port, unless somebody has changed it
# Servers whose API is known to begin with /v1.
_UNDER_V1 = ("api.openai.com", "api.moonshot.ai", "api.moonshot.cn", "api.mistral.ai", "api.x.ai", "api.together.xyz")


def wrong_base(url: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a base_url, and what to write instead; an address that is none is left to its shape."""
    try:
        parts = urlsplit(url)
        path, port = parts.path, parts.port
    except ValueError:
        return
    if parts.query or parts.fragment:
        yield "has a ? or #, after which no path can follow", "it without them (a key belongs into key_env),"
    elif match := _ENDPOINT.search(path):
        yield (
            f"ends in {match[0].rstrip('/')}, which is added to it anyway",
            "it without that, such as https://api.example.com/v1,",
        )
    elif port == OLLAMA_PORT and (_OWN_API.search(path) or not path.strip("/")):
        yield "is Ollama's own API, not the one that OpenAI's SDK speaks", "http://127.0.0.1:11434/v1"
    elif parts.hostname in _UNDER_V1 and not _VERSION.search(path):
        yield "lacks the /v1 that this server's API begins with", f"https://{parts.hostname}/v1"
