"""Whatever is written on the command line: an answer or one clear line, and a code that says which."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from interfaces.cli.main import app
from tests.support.fuzzing import tries
from tests.support.program import Program

INTERACTIVE = {"bot", "console"}
COMMANDS = {
    name: [option for parameter in command.params for option in parameter.opts if option.startswith("-")]
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    if name not in INTERACTIVE
}
# No path leads out of the test's own folder.
VALUES = ["alice", "table.csv", "nothing.csv", ".", "", " ", "-", "--", "-1", "0", "1e999", "nan", "9" * 40]
TIMES = ["2026-01-01T00:00:00Z", "2026-13-45", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "now"]
ODD = [
    "\udc80",
    "\u202e",
    "é" * 300,
    "x" * 5000,
    "[red]",
    "{}",
    "$HOME",
    "abcdefghijkl",
    "json",
    "FileEvicted",
]


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """Draw a command with arguments, some of which it knows."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    value = st.sampled_from([*VALUES, *TIMES, *ODD])
    known = st.sampled_from([*COMMANDS[name], "--json", "--user"])
    user = draw(st.sampled_from([[], ["--user", "alice"], ["--user", "alice"]]))
    return [name, *user, *draw(st.lists(value | known, max_size=4))]


@pytest.mark.fuzz
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("table")
def test_any_command_line_ends_with_a_code_of_the_contract_and_no_traceback(served: Program) -> None:
    """0 to 3; nothing went wrong that should not."""
    served.json("upload", "--user", "alice", "table.csv")

    @tries(10)
    @given(arguments=command_lines())
    def ends_well(arguments: list[str]) -> None:
        ended = served.run(*arguments)
        assert ended.returncode in {0, 1, 2, 3}, ended.stderr
        assert "Traceback" not in ended.stdout + ended.stderr
        assert "that should not" not in ended.stderr

    ends_well()
    assert served.json("verify")["ok"]
