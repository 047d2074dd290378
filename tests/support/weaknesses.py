"""Sandboxes with one safeguard taken out, to see that the attacks find out.

As a plugin of pytest (`-p tests.support.weaknesses --weakness no-filter`) it gives
the attacks such a sandbox. Safeguards of the guest are taken out of a copy of it;
the copy runs in the same namespaces and on this machine's own account as ever. What
looks at cells from outside is silenced, since it would refuse them.
"""

import importlib.util
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from infrastructure.sandbox import boundary, boundary_probe, bubblewrap, cgroups, sessions
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.recipe import Recipe
from infrastructure.sandbox.watchdog import WatchedRun

GUEST = Path(bubblewrap.__file__).parent / "guest"

Edits = Mapping[str, str]


@dataclass(frozen=True)
class Weakness:
    """What is taken out: texts of the guest's modules replaced by others, and a change of the host.

    `refusal` is what the look from outside says of such a cell; empty where only attacks can tell.
    """

    guest: Mapping[str, Edits] = field(default_factory=dict)
    host: Callable[[pytest.MonkeyPatch], None] = lambda _: None
    refusal: str = ""


def _share_folders(patch: pytest.MonkeyPatch) -> None:
    """Have bubblewrap make the folders, once for all forks of a zygote."""
    whole = bubblewrap.command

    def command(*arguments: object, **options: bool) -> list[str]:
        words = whole(*arguments, **options | {"scratch": False})  # type: ignore[arg-type]
        shared = [word for name in bubblewrap.RUN_FOLDERS for word in ("--perms", "1777", "--tmpfs", name)]
        at = words.index("--proc")
        return [*words[:at], *shared, *words[at:]]

    patch.setattr(bubblewrap, "command", command)


def _follow_links(patch: pytest.MonkeyPatch) -> None:
    edits = {
        "os.stat(entry, dir_fd=folder, follow_symlinks=False)": "os.stat(entry, dir_fd=folder)",
        "_CAREFULLY = _NO_XDEV | _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH": "_CAREFULLY = 0",
    }
    patch.setattr(sessions, "Collection", _edited_module("infrastructure.sandbox.collect", edits).Collection)


def _count_nothing(patch: pytest.MonkeyPatch) -> None:
    def recipe(*arguments: Any, **options: Any) -> Recipe:
        return Recipe(*arguments, **options | {"shares_memory": True})

    patch.setattr(cgroups, "find", lambda *_: None)
    patch.setattr(boundary_probe, "Recipe", recipe)
    patch.setattr(WatchedRun, "is_over_memory", lambda _: False)


WEAKNESSES = {
    "no-filter": Weakness(
        guest={"lockdown.py": {'    _filter_system_calls(bytes.fromhex(spec["filter"]))\n': ""}},
        refusal="has no filter of system calls",
    ),
    "shared-folders": Weakness(
        guest={
            "lockdown.py": {
                '    _make_read_only("/")\n': "",
                "for folder, options in tmpfs.items():": "for folder, options in {}.items():",
            },
            "runner.py": {
                '    os.mkdir(os.environ["HOME"], 0o700)\n    os.mkdir(_CODE_FOLDER, 0o700)\n': "",
                "    lend_font_cache()\n    figures.track()\n": "    figures.track()\n",
            },
        },
        host=_share_folders,
        refusal="can write to /dev/null",
    ),
    "open-descriptors": Weakness(
        guest={"supervisor.py": {"    lockdown.close_all_but(*range(_CHANNEL_FD + 1))\n": ""}},
    ),
    "privileges": Weakness(
        guest={
            "lockdown.py": {
                '    _call("capset", struct.pack("Ii", _CAPABILITY_VERSION_3, 0), bytes(24))\n': "",
                "        os.setresuid(uid, uid, uid)\n": "",
                '(spec["tmpfs"], spec["uid"])': '(spec["tmpfs"], None)',
                '    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)\n': "",
            }
        },
        refusal="has capabilities",
    ),
    "no-limits": Weakness(
        guest={
            "lockdown.py": {
                "        resource.setrlimit(getattr(resource, name), (limit, limit))\n": "        pass\n"
            }
        },
    ),
    "followed-links": Weakness(host=_follow_links),
    "uncounted-memory": Weakness(host=_count_nothing),
    "writable-proc": Weakness(
        guest={"lockdown.py": {"restricted = _MS_RDONLY | ": "restricted = "}},
        refusal="can write to /proc",
    ),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of a weakness."""
    parser.addoption("--weakness", choices=sorted(WEAKNESSES), help="take a safeguard out of the sandbox")


@pytest.fixture(scope="session", autouse=True)
def _weakened_host(request: pytest.FixtureRequest) -> object:
    """Weaken the host's side and silence its look, in the whole test process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boundary, "weaknesses", lambda *_: [])
        WEAKNESSES[request.config.getoption("weakness")].host(patch)
        yield


def weakened(settings: SandboxConfig, name: str | None) -> SandboxConfig:
    """Return settings whose guest is a copy with a safeguard taken out."""
    if name is None:
        return settings
    copy = settings.state_folder / "guest"
    shutil.copytree(GUEST, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for module, edits in WEAKNESSES[name].guest.items():
        (copy / module).write_text(_edited((copy / module).read_text(), edits))
    return replace(settings, guest_folder=copy)


def _edited(text: str, edits: Edits) -> str:
    for old, new in edits.items():
        assert text.count(old) == 1, f"{old!r} is not in the sandbox any more: this weakness needs a new look"
        text = text.replace(old, new)
    return text


def _edited_module(name: str, edits: Edits) -> ModuleType:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    module = ModuleType(f"{name}_weakened")
    sys.modules[module.__name__] = module
    exec(_edited(Path(spec.origin).read_text(), edits), module.__dict__)  # noqa: S102 - our own module
    return module
