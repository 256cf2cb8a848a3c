"""What a start leaves for later: the packages that only some communities need, and those only at the first use."""

from pathlib import Path

import pytest

from tests.fakes.cameo import TOKEN, Cameo, cameo
from tests.fakes.present import present

IMPORTS = {"PYTHONPROFILEIMPORTTIME": "1"}  # Python writes each import to standard error
LATE = ("nicegui", "openai", "discord", "nio")


def imported(running: Cameo) -> set[str]:
    """The top packages that the process has imported so far."""
    lines = running.terminal.read_text(encoding="utf-8", errors="replace").splitlines()
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines if line.startswith("import time:")}


@pytest.mark.parametrize("local", [True, False])
async def test_pages_are_imported_when_the_first_one_is_opened(tmp_path: Path, local: bool) -> None:
    async with cameo(tmp_path, {"platforms": {"local": {"enabled": local}}}, IMPORTS) as running:
        http = present(running.http)
        assert (await http.get("healthz")).status_code == (await http.get("api/turns")).status_code == 200
        early = imported(running)
        assert "fastapi" in early and not early & set(LATE)
        page = await http.get("model", params={"token": TOKEN}, follow_redirects=True)
        assert page.status_code == 200 and "nicegui" in imported(running)
