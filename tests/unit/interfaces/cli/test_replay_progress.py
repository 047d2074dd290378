from io import StringIO

from rich.console import Console

from interfaces.cli.replay_progress import ReplayProgress


def shown(*, is_terminal: bool) -> str:
    """Return what a replay's progress writes."""
    out = StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100)
    with ReplayProgress(console) as progress:
        progress.watch.on_progress(3, 12)
    return out.getvalue()


def test_a_terminal_shows_how_far_a_replay_is() -> None:
    """Events done, of how many."""
    assert "replaying" in shown(is_terminal=True)


def test_where_nobody_watches_no_progress_is_written() -> None:
    """Not even an empty line, into a file or a pipe."""
    assert shown(is_terminal=False) == ""
