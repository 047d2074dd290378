"""What a run gets for its missing imports, and who provides it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from application.ports.progress import Progress


@dataclass(frozen=True)
class Layer:
    """A folder of installed packages that every run may read and none may change.

    `folder` is its name below `PackageSource.folder`; `distribution` is what was
    asked for, and `pins` maps every distribution in it to its version. `modules`
    are the top-level names that it was provided for.
    """

    folder: str
    distribution: str
    pins: Mapping[str, str]
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """Why a module is not provided, in words for who imported it, with what to do instead."""

    module: str
    reason: str


@dataclass(frozen=True)
class Provision:
    """The answer to a run's missing imports: what to add to its path, in order, and what it cannot have."""

    layers: tuple[Layer, ...] = ()
    refusals: tuple[Refusal, ...] = ()


class PackageSource(Protocol):
    """Provides packages to all runs of a program."""

    @property
    def folder(self) -> Path:
        """The folder of all layers, there from the start; new ones appear in it in one step each."""

    def provide(
        self,
        modules: Sequence[str],
        *,
        user_id: str,
        present: Sequence[Layer],
        say: Callable[[Progress], None],
        is_abandoned: Callable[[], bool],
    ) -> Provision:
        """Find or install what `modules` (top-level names, hostile text) need.

        Blocks for as long as installing takes, which is bounded; never raises for
        what the index, the network or a package does. Threads may call at once.
        `present` are the run's layers so far, which new ones fit to; `say` takes
        the progress; when `is_abandoned` turns true, nobody waits any more.
        """
