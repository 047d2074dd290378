"""The packages that runs share: the rules say which, uv gets them, layers keep them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from application.ports.clock import Clock
from application.ports.progress import Progress
from application.ports.sandbox import Check
from domain.errors import MAX_SHOWN_CHARACTERS, EnvironmentFaultError
from domain.packages import Candidate, PackagePolicy, PackageRules, Rejection
from infrastructure.files import make_private_folder
from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import PackageConfig
from infrastructure.sandbox.packages.fetching import Asking, Fetcher
from infrastructure.sandbox.packages.layers import KeptLayer, LayerStore
from infrastructure.sandbox.packages.resolution import InstallError
from infrastructure.sandbox.packages.source import Layer, Provision, Refusal

_MODULES_AT_ONCE = 100
_SHOWN_MODULES = 5


class PackageLibrary:
    """`PackageSource` over layers that all programs with the same folder share.

    Raises:
        EnvironmentFaultError: the folder cannot be written to.
    """

    def __init__(
        self, config: PackageConfig, base: BaseEnvironment, rules: PackageRules, clock: Clock
    ) -> None:
        self._config, self._base, self._rules = config, base, rules
        try:
            make_private_folder(config.folder)
            self._store = LayerStore(config.folder / "layers" / base.key, clock)
            self._fetcher = Fetcher(config, base, self._store, clock)
        except OSError as error:
            msg = f"packages cannot be kept in {config.folder}: {error.strerror}. Make it writable."
            raise EnvironmentFaultError(msg) from error

    @property
    def folder(self) -> Path:
        """The folder of all layers."""
        return self._store.folder

    def provide(
        self,
        modules: Sequence[str],
        *,
        user_id: str,
        present: Sequence[Layer],
        say: Callable[[Progress], None],
        is_abandoned: Callable[[], bool],
    ) -> Provision:
        """Find or install what modules, dotted or not, need."""
        self._store.touch(present)
        given: dict[str, Layer] = {}
        refusals: list[Refusal] = []
        for module in list(dict.fromkeys(modules))[:_MODULES_AT_ONCE]:
            layers = [*present, *given.values()]
            asking = Asking(user_id, _pins(layers), say, is_abandoned)
            try:
                layer = self._layer_for(module, layers, asking)
            except InstallError as error:
                refusals.append(_refused(module, str(error)))
            except OSError as error:
                refusals.append(_refused(module, f"packages cannot be kept here: {error.strerror}"))
            else:
                known = given.get(layer.folder)
                given[layer.folder] = layer if known is None else _joined(known, layer)
        return Provision(tuple(given.values()), tuple(refusals))

    def check(self) -> Check:
        """Tell an operator what may be installed, whether the index answers, and what is kept."""
        kept = self._store.all()
        size_mb = sum(layer.size_bytes for layer in kept) / 2**20
        said = f"PACKAGE_POLICY={self._rules.policy}, {len(kept)} packages kept ({size_mb:.0f} MB)"
        if self._rules.policy is PackagePolicy.OFF:
            return Check("package index", ok=True, detail=said, optional=True)
        try:
            self._fetcher.probe()
        except (InstallError, OSError) as error:
            return Check("package index", ok=False, detail=f"{said}; {error}", remedy=_REMEDY, optional=True)
        return Check("package index", ok=True, detail=f"{said}; the index answers", optional=True)

    def _layer_for(self, module: str, layers: Sequence[Layer], asking: Asking) -> Layer:
        """Return the layer for a module; it may be one of those that are there.

        Raises:
            InstallError: there is none; says why.
            OSError: the folder of layers cannot be used.
        """
        decision = self._rules.decide(module)
        if isinstance(decision, Rejection):
            raise InstallError(decision.reason)
        self._require_room(decision, layers)
        kept = self._fetcher.get(decision.distribution, asking)
        top = module.partition(".")[0]
        if top not in kept.manifest.modules:
            raise InstallError(_holds_no(top, kept))
        return kept.for_modules([module])

    def _require_room(self, wanted: Candidate, layers: Sequence[Layer]) -> None:
        if wanted.distribution in self._base.pins:
            held = self._base.modules_of(wanted.distribution)
            names = " or ".join(f"`import {name}`" for name in held[:_SHOWN_MODULES])
            msg = f"the package {wanted.distribution!r} is there; write {names or 'another name'}"
            raise InstallError(msg)
        most = self._config.layers_per_run
        if len(layers) >= most and wanted.distribution not in {layer.distribution for layer in layers}:
            msg = f"a run gets no more than {most} packages in this way; do the rest in another run"
            raise InstallError(msg)


_REMEDY = (
    "Packages that are not there cannot be installed until the package index answers; those that are kept "
    "still work. Check the network; behind a mirror, set PIP_INDEX_URL."
)


def _refused(module: str, reason: str) -> Refusal:
    shown = module if len(module) <= MAX_SHOWN_CHARACTERS else f"{module[:MAX_SHOWN_CHARACTERS]}…"
    return Refusal(module, f"No module named {shown!r}: {reason}" + ("" if reason.endswith("?") else "."))


def _pins(layers: Sequence[Layer]) -> Mapping[str, str]:
    """Return every distribution with the version that is found first."""
    return {name: version for layer in reversed(layers) for name, version in layer.pins.items()}


def _joined(one: Layer, other: Layer) -> Layer:
    return Layer(one.folder, one.distribution, one.pins, (*one.modules, *other.modules))


def _holds_no(module: str, kept: KeptLayer) -> str:
    names = [name for name in kept.manifest.modules if not name.startswith("_")]
    held = ", ".join(names[:_SHOWN_MODULES]) or "none"
    return f"the package {kept.manifest.distribution!r} has no module {module!r}; it has {held}"
