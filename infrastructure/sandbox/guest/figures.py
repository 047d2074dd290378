"""Keep the figures that the code draws and never saves: `plt.show()` gives a picture.

matplotlib is patched when, and only if, the code imports it.
"""

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

_MOST_FIGURES = 50
_saved: set[int] = set()
_kept = 0


def track() -> None:
    """Notice saved figures from now on, in whatever order things are imported."""
    for name, patch in _PATCHES.items():
        if name in sys.modules:
            patch(sys.modules[name])
        else:
            sys.meta_path.insert(0, _PatchAfterImport(name))


def keep_open_figures(*_: Any, **__: Any) -> None:
    """Save every open figure that was never saved as `figure_N.png`, and close all."""
    global _kept  # noqa: PLW0603 - numbers go on through a run
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        if id(figure) not in _saved and _kept < _MOST_FIGURES and figure.get_axes():
            _kept += 1
            figure.savefig(f"/work/figure_{_kept}.png", bbox_inches="tight")
        _saved.discard(id(figure))
        pyplot.close(figure)


def _patch_figure(module: ModuleType) -> None:
    original = module.Figure.savefig

    @functools.wraps(original)
    def savefig(self: Any, *arguments: Any, **options: Any) -> Any:
        _saved.add(id(self))
        return original(self, *arguments, **options)

    module.Figure.savefig = savefig


def _patch_pyplot(module: ModuleType) -> None:
    module.show = keep_open_figures  # type: ignore[attr-defined]


_PATCHES = {"matplotlib.figure": _patch_figure, "matplotlib.pyplot": _patch_pyplot}


class _PatchAfterImport(importlib.abc.MetaPathFinder):
    """Finds one module once, by the other finders, and patches it when it has been executed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the ordinary spec, its loader wrapped; None for every other name."""
        del path, target
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_patch(module: ModuleType) -> None:
                execute(module)
                _PATCHES[self._name](module)

            spec.loader.exec_module = execute_and_patch  # type: ignore[method-assign]
        return spec
