import pytest

from benchmarks.load import __main__ as program
from benchmarks.load.bot import Bot, Memory
from benchmarks.load.due import Expiries
from benchmarks.load.report import Results, goals
from benchmarks.load.waits import LIST, RECEIPT, Waits


@pytest.mark.timeout(180)
def test_the_short_form_fills_a_house_and_measures_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    """A tiny house for real: the bot started, chatted with; everything due at once is gone, and only that."""
    assert program.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    assert "10 users, 200 uploads" in printed
    assert "| of 40 files due at one second, lost, doubled or left | 0 | 0 | met |" in printed
    assert "mistakes" not in printed
    assert printed.count("| met |") + printed.count("| missed |") == 6


def test_a_promise_that_is_not_kept_is_said_to_be_missed() -> None:
    """Slow reads, a slow upload, much memory, a slow start and a file that was purged twice."""
    waits = Waits({LIST: [30.0], RECEIPT: [1.0]})
    bot = Bot(starts_s=[4.0], idle=Memory(bot_mb=150.0, sandbox_mb=60.0, mongodb_mb=5.0))
    results = Results(bot, waits, 10.0, 20.0, Expiries(3, 1.0, 1.0, ["x was purged 2 times"]))
    assert [goal.verdict for goal in goals(results)] == ["missed", "met", *["missed"] * 4]
