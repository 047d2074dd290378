"""The soak in its short form; `make soak` goes on for 20 minutes."""

from pathlib import Path

import pytest

from benchmarks.chat.findings import Findings
from benchmarks.soak.__main__ import Soaked, draw, report, soak
from benchmarks.soak.samples import Sample


def samples(leaked_descriptors: int = 0, strayed_bytes: int = 0) -> list[Sample]:
    """Return a look each second, with so much more at the end than at the beginning."""
    return [
        Sample(
            at_s=float(second),
            rss_mb=90.0 + second % 3,
            pss_mb=200.0,
            processes=8,
            threads=20,
            descriptors=60 + leaked_descriptors * second // 100 + second % 2,
            cgroups=2,
            temporary=4,
            live_bytes=1000,
            stray_bytes=strayed_bytes * second // 100,
            kept_bytes=10**6 + second,
            mongodb_mb=50.0,
        )
        for second in range(100)
    ]


def soaked(looks: list[Sample], *mistakes: str) -> Soaked:
    """Return what a soak of these samples would be."""
    return Soaked(looks, Findings([], [], [], mistakes, []), 100.0)


@pytest.mark.timeout(180)
def test_nothing_is_lost_in_a_short_soak_and_every_figure_is_taken(tmp_path: Path) -> None:
    """Twenty seconds for real: people upload, run, cancel, are forgotten; files expire meanwhile."""
    made = soak(1 / 3, tmp_path)
    assert not made.findings.mistakes
    last = made.samples[-1]
    assert min(last.rss_mb, last.pss_mb, last.processes, last.threads, last.descriptors) > 0
    assert len(made.measured) > 10
    assert "growth of open descriptors" in report(made)
    draw(made, tmp_path / "soak.svg")
    assert (tmp_path / "soak.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_a_soak_in_which_nothing_grows_is_sound() -> None:
    """Figures that go up and down are no growth."""
    assert soaked(samples()).is_sound


@pytest.mark.parametrize("leak", [{"leaked_descriptors": 12}, {"strayed_bytes": 200_000}])
def test_a_leak_is_told_from_what_goes_up_and_down(leak: dict[str, int]) -> None:
    """Descriptors that nobody closes, and bytes that nobody removes, fail the soak."""
    found = soaked(samples(**leak))
    assert not found.is_sound
    assert sum(goal.is_met is False for goal in found.goals) == 1


def test_a_soak_that_loses_a_file_is_not_sound() -> None:
    """However little it grows."""
    assert not soaked(samples(), "data-1.csv was sent once and is recorded 0 times").is_sound
