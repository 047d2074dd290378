"""What somebody waits for, as a value: each interface has words of its own for it."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What goes on; the value is how English says it of `detail`."""

    STARTING = "starting"
    THINKING = "thinking"
    QUEUED = "queued at place {detail}"
    FONTS = "looking for fonts (once)"
    RESOLVING = "looking up {detail}"
    INSTALLING = "installing {detail}"
    RUNNING = "running"


@dataclass(frozen=True)
class Progress:
    """How far it is. `detail` is the place in the queue, or the packages; the latter are others' words."""

    stage: Stage
    detail: str = ""

    def __str__(self) -> str:
        """Return it in English."""
        return self.stage.format(detail=self.detail)
