"""What the code environment holds, which every layer fits to and repeats nothing of."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, distributions
from pathlib import Path

from domain.packages import normalized


@dataclass(frozen=True)
class BaseEnvironment:
    """The code environment (a venv), by its interpreter."""

    python: Path

    @cached_property
    def interpreter(self) -> Path:
        """The real interpreter that the venv was made with."""
        return Path(os.path.realpath(self.python))

    @cached_property
    def pins(self) -> Mapping[str, str]:
        """Every distribution in it with its version."""
        return {name: found.version for name, found in self._distributions.items()}

    @cached_property
    def modules(self) -> frozenset[str]:
        """Every top-level module in it."""
        return frozenset(name for folder in self._packages for name in top_level_modules(folder))

    def modules_of(self, distribution: str) -> tuple[str, ...]:
        """Return the public top-level modules of a distribution (normalized name) in it, sorted."""
        parts = {file.parts[0].partition(".")[0] for file in self._distributions[distribution].files or ()}
        return tuple(sorted(name for name in parts & self.modules if not name.startswith("_")))

    @cached_property
    def key(self) -> str:
        """Twelve hex digits that change with the interpreter and with any package."""
        text = json.dumps([str(self.interpreter), sorted(self.pins.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @cached_property
    def _distributions(self) -> Mapping[str, Distribution]:
        folders = [str(folder) for folder in self._packages]
        return {normalized(found.name): found for found in distributions(path=folders)}

    @property
    def _packages(self) -> list[Path]:
        return sorted(self.python.parent.parent.glob("lib/python*/site-packages"))


def top_level_modules(folder: Path) -> Iterator[str]:
    """Yield the names that a folder on the path lets code import."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name, dot, suffix = entry.name.partition(".")
        # A compiled module may carry its interpreter's tag: `name.cpython-311-x86_64-linux-gnu.so`.
        is_module = not dot if entry.is_dir() else suffix == "py" or suffix.endswith("so")
        if is_module and name.isidentifier() and name != "__pycache__":
            yield name
