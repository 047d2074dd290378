"""Attacks on the packages that runs share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.prepared_packages import PreparedPackages
from tests.support.sandboxes import Runs, await_spares, config, opened


@pytest.fixture(scope="module", params=[0, 2], ids=["single", "forked"])
def runs(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Runs]:
    """Runs code beside a layer, for either way of making cells."""
    folder = tmp_path_factory.mktemp("sandbox")
    packages = PreparedPackages(folder / "layers", {"greeting": "WORD = 'hello'\n"})
    with opened(config(folder, spares=request.param, modules=5), packages) as sandbox:
        if request.param:
            await_spares(sandbox)
        yield Runs(sandbox)


_ATTEMPTS = [
    "open(greeting.__file__, 'a')",
    "open(folder + '/new.py', 'w')",
    "os.remove(greeting.__file__)",
    "os.rename(folder, folder + '-mine')",
    "os.mkdir('/layers/mine')",
    "os.chmod(greeting.__file__, 0o777)",
    "os.utime(greeting.__file__, (0, 0))",
    "os.symlink('/work', '/layers/link')",
    "os.rmdir(folder)",
]


@pytest.mark.attack(54)
def test_a_shared_layer_cannot_be_changed(runs: Runs) -> None:
    """Writing, deleting, renaming: the file system is read-only, and the next run has the layer whole."""
    code = f"""
import os, greeting
folder = os.path.dirname(greeting.__file__)
for attempt in {_ATTEMPTS!r}:
    try: exec(attempt)
    except OSError as error: print(error.strerror)
"""
    assert runs.printed(code).splitlines() == ["Read-only file system"] * len(_ATTEMPTS)
    assert runs.printed("import greeting; print(greeting.WORD)") == "hello"


@pytest.mark.attack(56)
def test_a_run_may_ask_for_so_many_modules_only(runs: Runs) -> None:
    """A loop over a thousand names reaches the source with the first few."""
    source = runs.sandbox._packages  # noqa: SLF001 - to see what reached it
    assert isinstance(source, PreparedPackages)
    source.asked.clear()
    code = """
for n in range(1000):
    try: __import__(f'module{n}')
    except ImportError as error: last = str(error)
print(last)
"""
    said = "This run has asked for too many packages, or waited too long for them."
    assert runs.printed(code) == said
    assert source.asked == [(f"module{number}",) for number in range(5)]


def test_a_module_of_a_layer_is_no_way_to_other_folders(runs: Runs, tmp_path: Path) -> None:
    """Names with dots and slashes lead to no import and to nothing of the host."""
    (tmp_path / "secret.py").write_text("")
    code = f"""
for name in ('../secret', '/layers/../{tmp_path.name}/secret', 'greeting/../greeting'):
    try: print(__import__(name))
    except ImportError as error: print(type(error).__name__)
"""
    assert runs.printed(code).splitlines() == ["ModuleNotFoundError"] * 3
