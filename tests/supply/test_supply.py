"""The supply chain: every package that Cameo installs is listed with a licence that is allowed."""

import json
import re
import tomllib

import pytest

from tests.supply.sbom import (
    LOCK,
    NOTICE,
    READ,
    ROOT,
    SBOM,
    installed_licence,
    is_allowed,
    licence_of,
    listed,
    locked,
    notice,
    our_version,
    sbom,
)

COMPONENTS = locked(LOCK.read_text(encoding="utf-8"))
LISTED = listed(NOTICE.read_text(encoding="utf-8"))
AGAIN = "write them anew: make lock, or python -m tests.supply.sbom"


def test_notice_lists_exactly_the_packages_of_the_lock() -> None:
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if line and line[0] not in " #"]
    assert len(COMPONENTS) == len(lines) > 50
    assert sorted(LISTED) == sorted(one.name for one in COMPONENTS), AGAIN


def test_the_bill_of_materials_is_that_of_the_lock() -> None:
    found = [(one, LISTED[one.name]) for one in COMPONENTS]
    assert NOTICE.read_text(encoding="utf-8") == notice(found), AGAIN
    assert SBOM.read_text(encoding="utf-8") == sbom(found, our_version()), AGAIN


def test_every_licence_is_allowed() -> None:
    assert {name: licence for name, licence in LISTED.items() if not is_allowed(licence)} == {}


def test_the_packages_of_the_extra_are_named_with_their_licences_and_are_not_installed_by_default() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split("[=>]", wanted)[0] for wanted in project["optional-dependencies"]["builtin"]]
    assert len(names) == 2 and not {*names} & {one.name for one in COMPONENTS}
    head = NOTICE.read_text(encoding="utf-8").partition("\n    ")[0]
    for name in names:
        licence = installed_licence(name)
        assert licence and is_allowed(licence) and f"{name} ({licence})" in head
    tested = locked((ROOT / "requirements-dev.lock").read_text(encoding="utf-8"))
    assert {*names} <= {one.name for one in tested}


def test_what_is_listed_is_what_the_installed_packages_say() -> None:
    said = {one.name: installed_licence(one.name) for one in COMPONENTS if one.name not in READ}
    assert sum(licence is not None for licence in said.values()) > 50
    assert {name: licence for name, licence in said.items() if licence not in (None, LISTED[name])} == {}


def test_the_bill_of_materials_has_what_the_format_requires() -> None:
    bill = json.loads(SBOM.read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    refs = [component["bom-ref"] for component in bill["components"]]
    assert len(set(refs)) == len(refs) == len(COMPONENTS)
    assert all(component["purl"].startswith("pkg:pypi/") for component in bill["components"])


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("MIT AND (GPL-2.0-only OR AGPL-3.0-only)", False),
        ("MIT OR GPL-3.0-only AND Apache-2.0", True),
        ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("AGPL-3.0-or-later", False),
        ("MIT AND", False),
        ("(MIT", False),
        ("", False),
        ("mit", False),
        ("Proprietary", False),
    ],
)
def test_an_expression_is_allowed_if_it_can_be_kept_with_allowed_licences(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


@pytest.mark.parametrize(
    ("metadata", "classifiers", "licence"),
    [
        ({"License-Expression": "GPL-3.0-only", "License": "MIT"}, [], "GPL-3.0-only"),
        ({"License": "Apache 2.0"}, ["License :: OSI Approved :: MIT License"], "Apache-2.0"),
        ({"License": "The MIT License (MIT)\n\nCopyright"}, [], "MIT"),
        ({}, ["License :: OSI Approved :: MIT License", "Topic :: Chat"], "MIT"),
        ({}, ["License :: OSI Approved :: MIT License", "License :: OSI Approved :: GNU General Public License"], None),
        ({}, ["License :: OSI Approved :: BSD License"], None),
        ({"License": "see the file"}, ["License :: OSI Approved :: MIT License"], None),
        ({}, [], None),
    ],
)
def test_a_licence_is_read_only_where_it_is_exact(
    metadata: dict[str, str], classifiers: list[str], licence: str | None
) -> None:
    assert licence_of(metadata, classifiers) == licence
