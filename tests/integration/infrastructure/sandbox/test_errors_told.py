"""What a failing run says, whatever its code did to the streams, and what people are advised then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.sandboxes import RecordingHost, Runs, config, opened


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BubblewrapSandbox]:
    """One sandbox for all tests of this module."""
    with opened(config(tmp_path_factory.mktemp("sandbox"), memory_mb=1024, spares=0)) as made:
        yield made


@pytest.mark.parametrize(
    "stream", ["sys.stdout.close()", "sys.stderr.close()", "sys.stdout = sys.stderr = None"]
)
def test_an_error_is_told_whatever_became_of_the_streams(sandbox: BubblewrapSandbox, stream: str) -> None:
    """The traceback is the code's own, and a figure is kept."""
    code = f"import sys\nimport matplotlib.pyplot as plt\nplt.plot([1])\n{stream}\n1 / 0"
    runs = Runs(sandbox)
    result = runs(code)
    assert "ZeroDivisionError" in result.stderr
    assert "/guest" not in result.stderr
    assert "figure_1.png" in runs.host.outputs


def test_a_mark_at_the_start_is_no_syntax_error(sandbox: BubblewrapSandbox) -> None:
    """Editors of Windows write one."""
    assert Runs(sandbox)("\ufeffprint('ok')").stdout == "ok\n"


@pytest.mark.parametrize("line", ["!pip install numpy", "%matplotlib inline", "pip install numpy"])
def test_lines_of_notebooks_get_a_hint(sandbox: BubblewrapSandbox, line: str) -> None:
    """Who pastes them learns that packages come by themselves."""
    assert "Packages install themselves" in Runs(sandbox)(f"import math\n{line}\n").stderr


def test_who_looks_for_a_file_in_a_folder_is_told_how_to_load_it(
    sandbox: BubblewrapSandbox, tmp_path: Path
) -> None:
    """But not of names that nobody has uploaded."""
    (tmp_path / "sales.csv").write_text("a\n1\n")
    runs = Runs(sandbox, RecordingHost(granted={"abcdefghijkl": tmp_path / "sales.csv"}))
    assert "load_file('sales.csv')" in runs("import pandas as pd\npd.read_csv('data/sales.csv')").stderr
    assert "load_file" not in runs("open('other.csv')").stderr
