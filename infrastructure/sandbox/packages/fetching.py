"""Gets a distribution: from the layers that are kept, or installed once for all who ask for it."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from application.ports.clock import Clock
from application.ports.progress import Progress, Stage
from infrastructure.files import make_private_folder
from infrastructure.sandbox.packages.base import BaseEnvironment, top_level_modules
from infrastructure.sandbox.packages.bytecode import BytecodeCompiler
from infrastructure.sandbox.packages.config import PackageConfig
from infrastructure.sandbox.packages.confinement import Confinement
from infrastructure.sandbox.packages.installer import Installer
from infrastructure.sandbox.packages.layers import KeptLayer, LayerStore, Manifest
from infrastructure.sandbox.packages.locks import locked
from infrastructure.sandbox.packages.quotas import HourlyQuota, Memory
from infrastructure.sandbox.packages.resolution import (
    InstallError,
    NoRoomError,
    Resolution,
    UnreachableError,
)
from infrastructure.sandbox.packages.staging import Staging
from infrastructure.sandbox.packages.trees import tidy

_INDEX = "index"
_REMEMBERED_S = 60.0
_PROBE_S = 3.0
_PROBE = "pip"
_ROOM_PER_DOWNLOAD = 4
"""What is unpacked is that much larger than its wheels, with some to spare."""


@dataclass(frozen=True)
class Asking:
    """Who wants something, what it has to fit to, and how to talk to who waits for it."""

    user_id: str
    pins: Mapping[str, str]
    say: Callable[[Progress], None]
    is_abandoned: Callable[[], bool]


class Fetcher:
    """Installs at most a few distributions at once, and each one once."""

    def __init__(self, config: PackageConfig, base: BaseEnvironment, store: LayerStore, clock: Clock) -> None:
        self._config, self._base, self._store, self._clock = config, base, store, clock
        self._locks = config.folder / "locks"
        make_private_folder(self._locks)
        self._staging = Staging(config.folder / "staging")
        self._staging.sweep()
        self._store.remove_others(config.stale_after)
        self._compiler = BytecodeCompiler(config, base, store, self._staging)
        self._quota = HourlyQuota(config.installs_per_hour)
        self._failures = Memory()
        self._slots = threading.BoundedSemaphore(config.installs_at_once)

    def get(self, distribution: str, asking: Asking) -> KeptLayer:
        """Return a layer with the distribution that fits to the asker's other layers.

        Raises:
            InstallError: there is none; says why.
            OSError: the folders cannot be used.
        """
        kept = self._kept_or_new(distribution, asking)
        self._compiler.compile_later(kept)
        return kept

    def _kept_or_new(self, distribution: str, asking: Asking) -> KeptLayer:
        kept = self._store.find(distribution, asking.pins)
        if kept is not None and self._is_fresh(kept):
            return kept
        try:
            return self._get_anew(distribution, asking)
        except InstallError:
            if kept is None:
                raise
            return kept  # older than it should be, and better than nothing

    def probe(self) -> None:
        """Ask the index for something small.

        Raises:
            InstallError: it does not answer in time, or nothing can be installed here.
            OSError: the folders cannot be used.
        """
        hasty = replace(self._config, caps=replace(self._config.caps, resolve_s=_PROBE_S))
        with self._installer(hasty, lambda: False) as installer:
            try:
                installer.resolve(_PROBE, {})
            except UnreachableError as error:
                msg = "the package index cannot be reached"
                raise UnreachableError(msg) from error
            except InstallError:
                return  # an index without it is one that answers

    def _get_anew(self, distribution: str, asking: Asking) -> KeptLayer:
        """Install it, unless somebody else does just now: then wait for that."""
        end = time.monotonic() + self._config.caps.resolve_s + self._config.caps.install_s

        def give_up() -> bool:
            return asking.is_abandoned() or time.monotonic() > end

        with locked(self._locks / distribution, give_up) as is_held:
            if not is_held:
                msg = "somebody else has it installed just now, which takes too long; try again later"
                raise NoRoomError(msg)
            kept = self._store.find(distribution, asking.pins)
            if kept is not None and self._is_fresh(kept):
                return kept
            return self._remembering(distribution, asking, give_up)

    def _remembering(self, distribution: str, asking: Asking, give_up: Callable[[], bool]) -> KeptLayer:
        """Install it, unless it failed just now."""
        key = f"{distribution} {sorted(asking.pins.items())}"
        failure = self._failures.get(_INDEX) or self._failures.get(key)
        if failure:
            raise InstallError(failure)
        if not self._quota.take(asking.user_id):
            most = self._config.installs_per_hour
            msg = (
                f"you have had {most} packages installed within an hour, which is the limit; try again later"
            )
            raise InstallError(msg)
        try:
            with self._slot(give_up):
                return self._install(distribution, asking)
        except NoRoomError:
            raise
        except InstallError as error:
            if asking.is_abandoned():
                raise
            self._failures.keep(key, str(error), _REMEMBERED_S)
            if isinstance(error, UnreachableError):
                self._look_at_index()
            raise

    def _look_at_index(self) -> None:
        """Find out whether the whole index is gone, so that nobody else waits for it for a while.

        Raises:
            UnreachableError: it is.
        """
        try:
            self.probe()
        except UnreachableError as error:
            msg = f"it is not installed, and {error}"
            self._failures.keep(_INDEX, msg, _REMEMBERED_S)
            raise UnreachableError(msg) from error

    @contextmanager
    def _slot(self, give_up: Callable[[], bool]) -> Iterator[None]:
        while not self._slots.acquire(timeout=0.1):
            if give_up():
                msg = "too many packages are being installed; try again later"
                raise NoRoomError(msg)
        try:
            yield
        finally:
            self._slots.release()

    def _install(self, distribution: str, asking: Asking) -> KeptLayer:
        with self._installer(self._config, asking.is_abandoned) as installer:
            asking.say(Progress(Stage.RESOLVING, distribution))
            resolution = installer.resolve(distribution, {**asking.pins, **self._base.pins})
            same = self._store.find(distribution, resolution.pins)
            if same is not None and same.manifest.pins == resolution.pins:
                self._store.refresh(same)
                return same
            self._require_room(resolution)
            asking.say(Progress(Stage.INSTALLING, resolution.told(distribution)))
            installer.install(distribution)
            return self._publish(installer, distribution, resolution)

    def _require_room(self, resolution: Resolution) -> None:
        resolution.require_small(self._config.caps)
        wanted_bytes = _ROOM_PER_DOWNLOAD * (resolution.size_bytes or 0)
        if shutil.disk_usage(self._config.folder).free < 2 * wanted_bytes:
            msg = "the disk is too full for it"
            raise NoRoomError(msg)
        with self._staging.folder() as trash:
            limit_bytes = self._config.cache_bytes - wanted_bytes
            if not self._store.make_room(limit_bytes, self._config.run_lasts, trash):
                msg = "there is no room for it beside the packages in use (PACKAGE_CACHE_MB); try again later"
                raise NoRoomError(msg)

    def _publish(self, installer: Installer, distribution: str, resolution: Resolution) -> KeptLayer:
        size_bytes = tidy(installer.tree)
        manifest = Manifest(
            distribution=distribution,
            pins=dict(resolution.pins),
            modules=tuple(top_level_modules(installer.tree)),
            size_bytes=size_bytes,
            installed_at=self._clock.now(),
        )
        return self._store.publish(installer.tree, manifest)

    @contextmanager
    def _installer(self, config: PackageConfig, is_abandoned: Callable[[], bool]) -> Iterator[Installer]:
        if config.bwrap is None or not config.uv.exists():
            msg = "nothing can be installed here: run `make setup`"
            raise InstallError(msg)
        with self._staging.folder() as folder:
            yield Installer(Confinement(config, config.bwrap, self._base, folder), is_abandoned)

    def _is_fresh(self, kept: KeptLayer) -> bool:
        return self._clock.now() - kept.resolved_at < self._config.stale_after
