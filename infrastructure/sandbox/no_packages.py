"""A source of no packages, for programs that install none."""

from collections.abc import Callable, Sequence
from pathlib import Path

from application.ports.progress import Progress
from infrastructure.sandbox.packages.source import Layer, Provision, Refusal


class NoPackages:
    """`PackageSource` that refuses every module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def provide(
        self,
        modules: Sequence[str],
        *,
        user_id: str,
        present: Sequence[Layer],
        say: Callable[[Progress], None],
        is_abandoned: Callable[[], bool],
    ) -> Provision:
        """Say that nothing is installed here."""
        del user_id, present, say, is_abandoned
        return Provision(refusals=tuple(Refusal(module, _reason(module)) for module in modules))


def _reason(module: str) -> str:
    return f"No module named {module!r}, and no packages are installed here. Do without it."
