"""Where no sandbox can be built: no code runs, the words name cause and remedy, all else goes on."""

from pathlib import Path

import pytest

from tests.support import confinement
from tests.support.program import Program

pytestmark = pytest.mark.skipif(not confinement.is_possible(), reason="needs user namespaces")


def test_without_a_sandbox_only_code_is_refused(served: Program, table: Path, tmp_path: Path) -> None:
    """A file can be uploaded, listed, explained and verified; its analysis is refused with exit 3."""
    file_id = served.json("upload", "--user", "alice", str(table))["files"][0]["file_id"]
    script = tmp_path / "s.py"
    script.write_text("open('ran', 'w')")
    served.wrapper = confinement.without_user_namespaces()
    refused = served.json("run", "--user", "alice", str(script), code=3)
    assert (refused["outcome"], refused["files"]) == ("refused", [])
    assert "user.max_user_namespaces" in refused["explanation"]
    said = served.console(f"/upload {table}", "/run print('ran' * 2)", "/files", f"/why {file_id}", "/verify")
    assert "ranran" not in said.stdout
    assert "user.max_user_namespaces" in said.stdout
    assert "2/20" in said.stdout
    assert said.stdout.count(file_id) > 1
    served.wrapper = ()
    assert served.json("verify")["ok"] is True


def test_doctor_exits_3_and_names_what_is_missing(served: Program) -> None:
    """One document, in the shape of every doctor's: each check that is not ok has its remedy."""
    served.wrapper = confinement.without_user_namespaces()
    document = served.json("doctor", code=3)
    assert set(document) == {"ok", "checks"}
    assert document["ok"] is False
    assert all(set(check) == {"name", "ok", "detail", "remedy"} for check in document["checks"])
    by_name = {check["name"]: check for check in document["checks"]}
    assert by_name["ledger"]["ok"]
    assert not by_name["sandbox boundary"]["ok"]
    assert "user.max_user_namespaces" in by_name["sandbox user namespace"]["remedy"]
