"""A library of packages over an index of the test's own."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from application.ports.progress import Progress
from domain.packages import PackagePolicy, PackageRules
from infrastructure.sandbox.bubblewrap import find_bwrap
from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import InstallCaps, PackageConfig
from infrastructure.sandbox.packages.library import PackageLibrary
from infrastructure.sandbox.packages.source import Layer, Provision
from tests.support.sandboxes import SANDBOX_PYTHON, config

PROJECT = Path(__file__).parents[2]
CAPS = InstallCaps(
    download_bytes=2**20, unpacked_bytes=16 * 2**20, resolve_s=10, install_s=20, connect_s=1, answer_s=2
)


@dataclass
class SettableClock:
    """A clock that a test moves."""

    time: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time


@dataclass
class Packages:
    """A library, and short ways to ask it."""

    library: PackageLibrary
    clock: SettableClock
    said: list[Progress] = field(default_factory=list)

    def provide(
        self,
        *modules: str,
        user_id: str = "alice",
        present: Sequence[Layer] = (),
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> Provision:
        """Ask for modules."""
        return self.library.provide(
            modules, user_id=user_id, present=present, say=self.said.append, is_abandoned=is_abandoned
        )

    def layer(self, module: str, **asking: Any) -> Layer:
        """Return the one layer that a module comes in."""
        provision = self.provide(module, **asking)
        assert not provision.refusals, provision
        (layer,) = provision.layers
        return layer

    def refusal(self, module: str, **asking: Any) -> str:
        """Return why a module is not provided."""
        provision = self.provide(module, **asking)
        assert not provision.layers, provision
        (refusal,) = provision.refusals
        assert refusal.module == module
        return refusal.reason

    def run(self, code: str, *layers: Layer) -> str:
        """Return what code prints that has these layers behind the code environment."""
        path = [str(self.library.folder / layer.folder) for layer in layers]
        program = f"import sys; sys.path += {path}\n{code}"
        return subprocess.run(
            [SANDBOX_PYTHON, "-B", "-c", program], capture_output=True, text=True, check=True
        ).stdout.strip()


def make_packages(
    folder: Path, url: str, *, allowed: Sequence[str] = (), caps: InstallCaps = CAPS, **changes: Any
) -> Packages:
    """Return a library over the index at `url`, which allows just these names."""
    clock = SettableClock()
    settings = PackageConfig(
        folder=folder,
        python=SANDBOX_PYTHON,
        uv=PROJECT / ".tools" / "bin" / "uv",
        bwrap=find_bwrap(config(folder)),
        caps=caps,
        index={"UV_DEFAULT_INDEX": f"{url}/simple"} if url else {},
    )
    base = BaseEnvironment(SANDBOX_PYTHON)
    rules = PackageRules(PackagePolicy.ALLOWLIST, allowed=frozenset(allowed), present_modules=base.modules)
    return Packages(PackageLibrary(replace(settings, **changes), base, rules, clock), clock)


def leftovers(folder: Path) -> list[str]:
    """Return what is left of unfinished installs."""
    return [path.name for path in (folder / "staging").iterdir() if path.name != "lock"]
