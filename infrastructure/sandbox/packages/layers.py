"""The layers on disk: found, added and thinned out by any number of processes at once.

A layer comes in one step and never changes, but for the bytecode that it gets later and the
times of two files in it: `.layer.json` is as old as the last look at the index, `.used` as
the last run that got it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from application.ports.clock import Clock
from infrastructure.sandbox.packages.locks import locked
from infrastructure.sandbox.packages.source import Layer

_MANIFEST, _USED, _COMPILED = ".layer.json", ".used", ".compiled"


class Manifest(BaseModel):
    """What a layer holds: `modules` are all of its top-level ones."""

    model_config = ConfigDict(frozen=True)

    distribution: str
    pins: dict[str, str]
    modules: tuple[str, ...]
    size_bytes: int
    installed_at: datetime


@dataclass(frozen=True)
class KeptLayer:
    """A layer, when the index was last asked for it, and when a run last got it."""

    path: Path
    manifest: Manifest
    resolved_at: datetime
    used_at: datetime
    compiled_bytes: int | None
    """Size of its bytecode; None before it has any."""

    @property
    def is_compiled(self) -> bool:
        """Tell whether it has its bytecode."""
        return self.compiled_bytes is not None

    @property
    def size_bytes(self) -> int:
        """All of it."""
        return self.manifest.size_bytes + (self.compiled_bytes or 0)

    def for_modules(self, modules: Sequence[str]) -> Layer:
        """Return it as what a run gets for these modules."""
        return Layer(self.path.name, self.manifest.distribution, dict(self.manifest.pins), tuple(modules))


class LayerStore:
    """The layers that fit to one code environment, in a folder of their own."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        self._lock = folder.with_suffix(".lock")

    def find(self, distribution: str, pins: Mapping[str, str]) -> KeptLayer | None:
        """Return the layer of a distribution that fits to `pins`, the last looked up, now in use.

        Raises:
            OSError: the folder cannot be read.
        """
        with locked(self._lock):
            fitting = [kept for kept in self._kept(f"{distribution}@*") if agree(kept.manifest.pins, pins)]
            newest = max(fitting, key=lambda kept: kept.resolved_at, default=None)
            if newest is not None:
                self._stamp(newest.path / _USED)
        return newest

    def refresh(self, kept: KeptLayer) -> None:
        """Note that the index was asked again, and had nothing newer."""
        self._stamp(kept.path / _MANIFEST)

    def mark_compiled(self, kept: KeptLayer, compiled_bytes: int) -> None:
        """Note that a layer has got its bytecode.

        Raises:
            OSError: the layer is gone.
        """
        new = kept.path / f"{_COMPILED}.new"
        _write_anew(new, str(compiled_bytes))
        new.rename(kept.path / _COMPILED)

    def touch(self, layers: Sequence[Layer]) -> None:
        """Note that a run still uses these."""
        for layer in layers:
            with suppress(OSError):
                self._stamp(self.folder / layer.folder / _USED)

    def publish(self, tree: Path, manifest: Manifest) -> KeptLayer:
        """Move a filled folder to where runs see it, or refresh the layer that is the same.

        Raises:
            OSError: it cannot be moved.
        """
        _remove(tree / _COMPILED)
        for name, text in {_MANIFEST: manifest.model_dump_json(indent=1), _USED: ""}.items():
            _write_anew(tree / name, text)
        version = manifest.pins[manifest.distribution]
        target = self.folder / f"{manifest.distribution}@{version}-{_digest(manifest.pins)}"
        with locked(self._lock):
            if not target.exists():
                tree.rename(target)
            for name in (_MANIFEST, _USED):
                self._stamp(target / name)
        return self._read(target)

    def all(self) -> list[KeptLayer]:
        """Return every layer, the one that was not used for the longest first."""
        return sorted(self._kept("*@*"), key=lambda kept: kept.used_at)

    def make_room(self, limit_bytes: int, unused_for: timedelta, trash: Path) -> bool:
        """Remove layers until the rest takes no more than the limit; tell whether it does.

        One that was used within `unused_for` stays. What is removed goes from its
        place in one step, into `trash`.

        Raises:
            OSError: it cannot be moved.
        """
        with locked(self._lock):
            kept = self.all()
            total = sum(layer.size_bytes for layer in kept)
            for layer in kept:
                if total <= limit_bytes or self._clock.now() - layer.used_at < unused_for:
                    break
                layer.path.rename(trash / layer.path.name)
                total -= layer.size_bytes
        return total <= limit_bytes

    def remove_others(self, unused_for: timedelta) -> None:
        """Remove the layers of code environments that no run was in for a while."""
        for folder in self.folder.parent.iterdir():
            if folder.is_dir() and folder != self.folder:
                last_used = max(
                    (kept.used_at for kept in LayerStore(folder, self._clock).all()), default=None
                )
                if last_used is None or self._clock.now() - last_used > unused_for:
                    shutil.rmtree(folder, ignore_errors=True)

    def _kept(self, pattern: str) -> Iterator[KeptLayer]:
        for path in self.folder.glob(pattern):
            with suppress(OSError, ValueError):  # it is being removed, or is none of ours
                yield self._read(path)

    def _read(self, path: Path) -> KeptLayer:
        manifest = Manifest.model_validate_json((path / _MANIFEST).read_bytes())
        compiled = path / _COMPILED
        compiled_bytes = int(compiled.read_bytes()) if compiled.exists() else None
        return KeptLayer(path, manifest, _time_of(path / _MANIFEST), _time_of(path / _USED), compiled_bytes)

    def _stamp(self, path: Path) -> None:
        now_s = self._clock.now().timestamp()
        os.utime(path, (now_s, now_s))


def agree(pins: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Tell whether no distribution has two versions."""
    return all(others.get(name, version) == version for name, version in pins.items())


def _digest(pins: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(pins.items())).encode()).hexdigest()[:12]


def _time_of(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _write_anew(path: Path, text: str) -> None:
    """Write a file of ours, whatever of that name a package has brought."""
    _remove(path)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
