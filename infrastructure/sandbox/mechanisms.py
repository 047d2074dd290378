"""What the boundary is made of, piece by piece, and each piece tried by itself when the whole fails.

The whole is looked at from outside (see `boundary`). This module only says which
piece is missing: by the very bubblewrap that has to get it, since a profile may
allow that program what it forbids to every other.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from application.ports.sandbox import Check
from infrastructure.sandbox import remedies

_TRIAL_S = 10.0
_NAME = "bubblewrap"
_IDLE = "it ends without having done anything"


@dataclass(frozen=True)
class Mechanism:
    """One piece: what it does for a run, and the option of bubblewrap that asks for nothing but it."""

    name: str
    purpose: str
    options: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name among all that doctor looks at."""
        return f"sandbox {self.name}"


USER_NAMESPACE = Mechanism(
    "user namespace", "what a run is allowed in its own counts nowhere else", ("--unshare-user",)
)
_OTHERS = (
    Mechanism("mount namespace", "a root of its own that cannot be written to"),
    Mechanism("pid namespace", "sees and ends nobody's processes but its own", ("--unshare-pid",)),
    Mechanism("proc", "a /proc of its own processes", ("--unshare-pid", "--proc", "/proc")),
    Mechanism("network namespace", "no network, not even this machine's own", ("--unshare-net",)),
    Mechanism("ipc namespace", "shares no memory and no queue with anybody", ("--unshare-ipc",)),
    Mechanism("uts namespace", "does not learn this machine's name", ("--unshare-uts",)),
    Mechanism("cgroup namespace", "does not see how this machine is divided", ("--unshare-cgroup",)),
)


def program(bwrap: Path | None) -> Check:
    """Return a line on the program that has to get all of it: it is there, and is what it is taken for."""
    if bwrap is None:
        return Check(_NAME, ok=False, detail="not found", remedy=remedies.NO_BWRAP)
    words = _complaint([str(bwrap), "--version"])
    if words:
        return Check(_NAME, ok=False, detail=f"{bwrap} does not work: {words}", remedy=remedies.BAD_BWRAP)
    return Check(_NAME, ok=True, detail=str(bwrap))


def holding(*, user_namespace: bool) -> list[Check]:
    """Return a line for each piece of a boundary that was seen to be whole."""
    return [*_base(user_namespace=user_namespace), *(_holds(mechanism) for mechanism in _OTHERS)]


def tried(bwrap: Path, *, user_namespace: bool) -> list[Check]:
    """Try each piece by itself around a program that does nothing, and return a line for it."""
    checks = _base(user_namespace=user_namespace)
    base: tuple[str, ...] = ()
    if user_namespace:
        base = USER_NAMESPACE.options
        checks = [_try(bwrap, USER_NAMESPACE, ())]
    for mechanism in _OTHERS:
        without = next((check.name for check in checks[:2] if not check.ok), "")
        checks.append(_depends(mechanism, without) if without else _try(bwrap, mechanism, base))
    return checks


def _base(*, user_namespace: bool) -> list[Check]:
    if user_namespace:
        return [_holds(USER_NAMESPACE)]
    return [Check(USER_NAMESPACE.title, ok=True, detail="not needed: root makes the other namespaces")]


def _holds(mechanism: Mechanism) -> Check:
    return Check(mechanism.title, ok=True, detail=mechanism.purpose)


def _depends(mechanism: Mechanism, missing: str) -> Check:
    return Check(mechanism.title, ok=False, detail=f"not without the {missing}", remedy="Mend that first.")


def _try(bwrap: Path, mechanism: Mechanism, base: tuple[str, ...]) -> Check:
    words = _complaint(
        [str(bwrap), *base, *mechanism.options, "--ro-bind", "/", "/", str(bwrap), "--version"]
    )
    if not words:
        return _holds(mechanism)
    remedy = remedies.BAD_BWRAP if words == _IDLE else remedies.for_failure(words, bwrap)
    return Check(mechanism.title, ok=False, detail=words, remedy=remedy)


def _complaint(command: list[str]) -> str:
    """Return what is wrong when bubblewrap, called last, does not tell its version; nothing when it does."""
    try:
        ended = subprocess.run(
            command, env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRIAL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if ended.returncode == 0:
        return "" if ended.stdout.startswith(_NAME.encode()) else _IDLE
    said = ended.stderr.decode("utf-8", "replace").strip()
    # What bubblewrap adds is a guess at the cause, which the remedy tells better.
    return said.partition(", likely because")[0] or f"it ends at once, with {ended.returncode} and no word"
