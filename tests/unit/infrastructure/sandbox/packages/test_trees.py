"""What becomes of an unpacked tree before runs see it."""

import os
import stat
from pathlib import Path

import pytest

from infrastructure.sandbox.packages.base import top_level_modules
from infrastructure.sandbox.packages.trees import tidy


def test_a_tree_keeps_nothing_that_acts_or_leads_away(tmp_path: Path) -> None:
    """Start-up files, links, pipes and programs go; set-user-id bits go; the rest stays, open to all."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text("x = 1")
    (package / "module.py").chmod(0o6777)
    (package / "locked").mkdir(mode=0o000)
    (package / "secret").symlink_to("/etc/passwd")
    os.mkfifo(package / "pipe")
    (tmp_path / "all").symlink_to("/")
    (tmp_path / "bin").mkdir()
    for name in ("evil.pth", "EVIL.PTH", "sitecustomize.py", "usercustomize.abi3.so", "bin/program"):
        (tmp_path / name).write_text("import os")
    (tmp_path / "sitecustomize").mkdir()
    assert tidy(tmp_path) == 5
    left = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.lstat().st_mode) for path in tmp_path.rglob("*")
    }
    assert left == {"package": 0o755, "package/module.py": 0o755, "package/locked": 0o755}


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        ("a.py", ["a"]),
        ("a.cpython-311-x86_64-linux-gnu.so", ["a"]),
        ("a.abi3.so", ["a"]),
        ("a-1.0.dist-info/", []),
        ("a.libs/", []),
        ("a/", ["a"]),
        ("__pycache__/", []),
        ("a.txt", []),
        (".layer.json", []),
        ("a-b.py", []),
    ],
)
def test_modules_are_told_from_what_else_lies_there(tmp_path: Path, name: str, modules: list[str]) -> None:
    """Packages, plain and compiled modules can be imported; the rest cannot."""
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).touch()
    assert list(top_level_modules(tmp_path)) == modules
