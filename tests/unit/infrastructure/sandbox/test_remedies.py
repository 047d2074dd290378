import os
from pathlib import Path

import pytest

from infrastructure.sandbox import remedies

_BWRAP = Path("/opt/file ledger/bwrap")
_DENIED = "bwrap: setting up uid map: Permission denied"
_RESTRICTED = {
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1",
    "/proc/self/attr/current": "unconfined",
}


def _remedy(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, str], words: str = _DENIED, uid: int = 1000
) -> str:
    """Return the remedy on a machine whose kernel says `files`."""
    monkeypatch.setattr(remedies, "_text", lambda path: files.get(path, ""))
    monkeypatch.setattr(remedies, "_is_contained", lambda: "container" in files)
    monkeypatch.setattr(os, "getuid", lambda: uid)
    return remedies.for_failure(words, _BWRAP)


def test_ubuntus_restriction_is_mended_by_a_command_to_paste(monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile's installer, which is there, with the path of the bubblewrap that is used."""
    remedy = _remedy(monkeypatch, _RESTRICTED)
    command = remedy.split("`")[1]
    assert command.startswith("sudo ")
    assert command.endswith("deploy/apparmor/install.sh '/opt/file ledger/bwrap'")
    assert os.access(command.split()[1], os.X_OK)


def test_in_a_container_on_ubuntu_the_containers_profile_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile for bubblewrap's path on the machine would not reach into the container."""
    assert "apparmor=fileledger-container" in _remedy(monkeypatch, _RESTRICTED | {"container": ""})


def test_the_runtimes_apparmor_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator learns which profile forbids."""
    remedy = _remedy(monkeypatch, {"/proc/self/attr/current": "docker-default (enforce)"})
    assert "docker-default" in remedy
    assert "deploy/docker" in remedy


def test_root_in_a_container_is_told_to_be_an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The capabilities that containers leave to root are not those that namespaces need."""
    files = {"/proc/self/status": "Name:\tpython\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n"}
    assert "ordinary user" in _remedy(monkeypatch, files, uid=0)


def test_what_debian_can_switch_off_is_named_for_ordinary_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root is not bound by that setting."""
    files = {"/proc/sys/kernel/unprivileged_userns_clone": "0"}
    assert "kernel.unprivileged_userns_clone=1" in _remedy(monkeypatch, files)
    assert "kernel.unprivileged_userns_clone" not in _remedy(monkeypatch, files, uid=0)


def test_an_unknown_cause_leads_to_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """No guess is made; what is named exists."""
    assert "docs/sandbox.md" in _remedy(monkeypatch, {})
    assert (Path(__file__).parents[4] / "docs/sandbox.md").exists()
