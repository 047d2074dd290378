"""A source of packages that were prepared by hand: real folders, without an index and an installer."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from application.ports.progress import Progress, Stage
from infrastructure.sandbox.packages.source import Layer, Provision, Refusal

LONGEST_S = 30.0


@dataclass
class PreparedPackages:
    """`PackageSource` that provides the modules of `contents`, each in a layer made when it is asked for.

    While `released` is not set, a call waits and says so, until it is abandoned.
    """

    folder: Path
    contents: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    released: threading.Event = field(default_factory=threading.Event)
    abandoned: threading.Event = field(default_factory=threading.Event)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o755)
        self.released.set()

    def provide(
        self,
        modules: Sequence[str],
        *,
        user_id: str,
        present: Sequence[Layer],
        say: Callable[[Progress], None],
        is_abandoned: Callable[[], bool],
    ) -> Provision:
        """Make the layers."""
        self.asked.append(tuple(modules))
        self.users.add(user_id)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        say(Progress(Stage.INSTALLING, ", ".join(modules)))
        while not self.released.wait(0.02):
            if is_abandoned():
                self.abandoned.set()
                break
        self.at_once -= 1
        layers = [self._layer(module) for module in modules if module in self.contents]
        refusals = [Refusal(m, f"{m} is not here.") for m in modules if m not in self.contents]
        return Provision(tuple(layer for layer in layers if layer not in present), tuple(refusals))

    def _layer(self, module: str) -> Layer:
        name = f"layer-{module}"
        target = self.folder / name
        if not target.exists():
            making = self.folder / f".{name}"
            making.mkdir(mode=0o755)
            (making / f"{module}.py").write_text(self.contents[module])
            (making / f"{module}_part.py").write_text("WORD = 'part'\n")
            (making / f"{module}.py").chmod(0o666)  # so that nothing but the mount protects it
            making.chmod(0o777)
            making.rename(target)
        return Layer(name, f"{module}-distribution", {f"{module}-distribution": "1.0"}, (module,))
