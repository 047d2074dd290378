"""Enclosures that are made before they are wanted, from a warm zygote that a thread keeps alive.

Whatever becomes of the zygote, a run gets a cell: where no spare waits and nothing
can be forked, one is made the slow way, behind the same boundary.
"""

import math
import threading
import time
from collections import deque

from application.ports.sandbox import Check
from infrastructure.sandbox import watchdog
from infrastructure.sandbox.cells import CellError
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.enclosures import Enclosure, Enclosures, enclose
from infrastructure.sandbox.groups import RunGroups
from infrastructure.sandbox.recipe import Recipe
from infrastructure.sandbox.zygote import Zygote

_LOOK_S = 0.5
_QUIET_S = 0.5  # who runs code again and again gets spares as they are made
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 300.0
_WIND_DOWN_S, _WIND_DOWN_LOOK_S = 5.0, 0.01
_HEAD_START_S = 0.03
_MEBIBYTE = 2**20
_SLOWER = "Nothing has to be done: runs work and are as safe, and start slower. It is tried again by itself."


class SpareEnclosures:
    """`Enclosures` that keeps `config.spares` of them ready.

    One thread, the keeper, starts zygotes and refills: the kernel ends a zygote
    together with the thread that started it.
    """

    def __init__(self, config: SandboxConfig, recipe: Recipe, groups: RunGroups, single: Enclosures) -> None:
        self._config, self._recipe, self._groups, self._single = config, recipe, groups, single
        self._changed = threading.Condition()
        self._ready: deque[Enclosure] = deque()
        self._taken_s = -math.inf
        self._zygote: Zygote | None = None
        self._heir: Zygote | None = None
        self._retired: list[Zygote] = []
        self._keeper: threading.Thread | None = None
        self._closing = threading.Event()
        self._problem = ""
        self._pause_s, self._next_try = _FIRST_PAUSE_S, 0.0

    def warm(self) -> None:
        """Begin to make spares, in the background."""
        with self._changed:
            if self._keeper is None and not self._closing.is_set():
                self._keeper = threading.Thread(target=self._keep, name="sandbox-spares", daemon=True)
                self._keeper.start()

    def take(self) -> Enclosure:
        """Return a spare, else a fork of the zygote, else one that was made the slow way.

        Raises:
            CellError: none can be made.
        """
        self.warm()
        spare = self._pop_spare()
        return spare or self._fork() or self._single.take()

    def check(self) -> Check:
        """Tell what waits, how much memory it takes, and why nothing does."""
        with self._changed:
            zygote, pids, problem = self._zygote, [spare.cell.pid for spare in self._ready], self._problem
        if zygote is None and problem:
            return Check("sandbox spares", ok=False, detail=problem, remedy=_SLOWER, optional=True)
        if zygote is None:
            return Check("sandbox spares", ok=True, detail="made at the first run", optional=True)
        own = " and ".join(str(watchdog.unshared_bytes(pid) // _MEBIBYTE) for pid in pids)
        ready = f"{len(pids)} ready, with {own} MB of their own," if pids else "0 ready,"
        size_mb = zygote.resident_bytes // _MEBIBYTE
        detail = f"{ready} forked from process {zygote.pid}, which holds {size_mb} MB"
        return Check("sandbox spares", ok=True, detail=detail, optional=True)

    @property
    def ready(self) -> int:
        """How many spares wait."""
        with self._changed:
            return len(self._ready)

    def close(self) -> None:
        """End the spares, and the zygote with its last run; waits for that a moment."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
            keeper = self._keeper
        if keeper is not None and keeper is not threading.current_thread():
            keeper.join(2 * _WIND_DOWN_S)

    def _pop_spare(self) -> Enclosure | None:
        """Take the first spare that lives; the keeper is woken to make another."""
        self._drop_dead()
        with self._changed:
            self._taken_s = time.monotonic()
            self._changed.notify_all()
            return self._ready.popleft() if self._ready else None

    def _fork(self) -> Enclosure | None:
        with self._changed:
            zygote = self._zygote
        if zygote is None:
            return None
        try:
            return enclose(zygote, self._groups)
        except CellError as error:
            self._give_up(zygote, error)
            return None

    def _give_up(self, zygote: Zygote, error: CellError) -> None:
        """Use a zygote no longer; the runs that it has go on."""
        with self._changed:
            if self._zygote is not zygote:
                return
            self._zygote = None
            self._retired.append(zygote)
            self._put_off(error)
        zygote.retire()

    def _put_off(self, error: CellError) -> None:
        self._problem = f"every run starts an interpreter, since no zygote can be had: {error}"
        self._next_try = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    # -- the keeper's thread -------------------------------------------------

    def _keep(self) -> None:
        while not self._closing.is_set():
            self._look_after_zygote()
            if not self._refill_one():
                with self._changed:
                    self._use_the_quiet()
                    self._changed.wait_for(self._is_wanted, timeout=_LOOK_S)
        self._wind_down()

    def _is_wanted(self) -> bool:
        is_short = self._zygote is not None and len(self._ready) < self._config.spares
        return self._closing.is_set() or is_short

    def _look_after_zygote(self) -> None:
        self._retired = [each for each in self._retired if not each.is_stopped()]
        zygote = self._zygote
        if zygote is not None and zygote.is_dead():
            self._give_up(zygote, CellError("the zygote has died"))
            self._drop_dead()
        if self._heir is None and self._wants_heir():
            self._begin_heir()
        if self._heir is not None and (self._zygote is None or self._heir.is_decided()):
            self._enthrone(self._heir)

    def _wants_heir(self) -> bool:
        zygote = self._zygote
        is_young = zygote is not None and zygote.forks < self._config.zygote_forks
        return not is_young and time.monotonic() >= self._next_try

    def _begin_heir(self) -> None:
        """Start a zygote; while there is an old one, that one is used until the new one is warm."""
        try:
            self._heir = Zygote(self._recipe)
        except CellError as error:
            with self._changed:
                self._put_off(error)

    def _enthrone(self, heir: Zygote) -> None:
        """Use the heir from now on, if it is fit; waits for it when nothing else is there."""
        self._heir = None
        try:
            heir.await_warm(self._closing.is_set)
        except CellError as error:
            with self._changed:
                self._put_off(error)
            return
        with self._changed:
            old, self._zygote, self._problem = self._zygote, heir, ""
            if old is not None:
                self._retired.append(old)
        if old is not None:
            old.retire()

    def _refill_one(self) -> bool:
        """Make one spare if one is missing; True if so.

        While another one waits, the run that took the last gets a head start:
        making a spare is as much work as a short run, and competes with it.
        """
        with self._changed:
            if not self._is_wanted():
                return False
            self._changed.wait_for(lambda: not self._ready, timeout=_HEAD_START_S)
        if self._closing.is_set():
            return False
        spare = self._fork()
        if spare is None:
            return False
        with self._changed:
            self._ready.append(spare)
            self._pause_s = _FIRST_PAUSE_S
            self._changed.notify_all()
        return True

    def _use_the_quiet(self) -> None:
        """Have spares copy their memory while nobody wants any; the caller holds the lock."""
        if time.monotonic() - self._taken_s >= _QUIET_S:
            for spare in self._ready:
                if not spare.cell.has_pages:
                    spare.cell.copy_pages()

    def _drop_dead(self) -> None:
        with self._changed:
            dead = [spare for spare in self._ready if spare.cell.is_dead()]
            for spare in dead:
                self._ready.remove(spare)
        for spare in dead:
            spare.close()

    def _wind_down(self) -> None:
        """Close what nobody will take, and stay until the last run has ended, then kill what is left."""
        with self._changed:
            spares, zygotes = list(self._ready), (self._zygote, self._heir)
            self._ready.clear()
            self._zygote = self._heir = None
            self._retired += [zygote for zygote in zygotes if zygote is not None]
        for spare in spares:
            spare.close()
        for each in self._retired:
            each.retire()
        end = time.monotonic() + _WIND_DOWN_S
        while not all(each.is_stopped() for each in self._retired):
            time.sleep(_WIND_DOWN_LOOK_S)
            if time.monotonic() > end:
                for each in self._retired:
                    each.kill()
