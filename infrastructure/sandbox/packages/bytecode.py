"""Compiles what a layer holds, so that runs need not do it at every import.

In the background, as it takes longer than installing, and in confinement. A run that
imports meanwhile finds either no bytecode of a folder or all of it.
"""

import os
import threading
from pathlib import Path

from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import PackageConfig
from infrastructure.sandbox.packages.confinement import (
    SHOWN,
    STAGING,
    Confinement,
    StoppedError,
    python_inside,
)
from infrastructure.sandbox.packages.layers import KeptLayer, LayerStore
from infrastructure.sandbox.packages.locks import locked
from infrastructure.sandbox.packages.staging import Staging
from infrastructure.sandbox.packages.trees import tidy

_COMPILE = f"import compileall, os; os.nice(15); compileall.compile_dir({str(SHOWN)!r}, quiet=2)"


class BytecodeCompiler:
    """Compiles one layer at a time, each in one program only."""

    def __init__(
        self, config: PackageConfig, base: BaseEnvironment, store: LayerStore, staging: Staging
    ) -> None:
        self._config, self._base, self._store, self._staging = config, base, store, staging
        self._lock = config.folder / "locks" / "bytecode.lock"
        self._is_one_at_it = threading.Lock()

    def compile_later(self, kept: KeptLayer) -> None:
        """Begin, unless it is done, or another layer has its turn: then this one has it at its next use."""
        if self._config.compiles and not kept.is_compiled and self._is_one_at_it.acquire(blocking=False):
            threading.Thread(target=self._compile, args=(kept,), name="package-bytecode", daemon=True).start()

    def _compile(self, kept: KeptLayer) -> None:
        try:
            with locked(self._lock, give_up=lambda: True) as is_held:
                if is_held:
                    self.compile(kept)
        except (OSError, StoppedError):
            return  # it has vanished, or is too large: then every run compiles what it imports
        finally:
            self._is_one_at_it.release()

    def compile(self, kept: KeptLayer) -> None:
        """Compile a layer now.

        Raises:
            StoppedError: it took too long or too much room.
            OSError: the layer is gone.
        """
        config = self._config
        assert config.bwrap is not None  # noqa: S101 - with which the layer was installed
        with self._staging.folder() as folder:
            confinement = Confinement(config, config.bwrap, self._base, folder, shown=kept.path)
            confinement.take()
            python = str(python_inside(self._base.interpreter))
            command = [python, "-I", "-S", "-X", f"pycache_prefix={STAGING}", "-c", _COMPILE]
            confinement.run(command, timeout_s=config.caps.install_s, is_abandoned=lambda: False)
            compiled = folder / SHOWN.name
            added_bytes = tidy(compiled) if compiled.is_dir() else 0
            _move(compiled, kept.path)
        self._store.mark_compiled(kept, added_bytes)


def _move(compiled: Path, layer: Path) -> None:
    """Put the bytecode of every folder beside its sources, in one step a folder."""
    ready = compiled.with_name("ready")
    for found, _, names in os.walk(compiled):
        folder = Path(found)
        target = layer / folder.relative_to(compiled) / "__pycache__"
        if names and not target.exists():
            ready.mkdir()
            for name in names:
                (folder / name).rename(ready / name)
            ready.chmod(0o755)
            ready.rename(target)
