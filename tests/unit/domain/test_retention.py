"""When files expire."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.retention import expiry_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (48, NOON + timedelta(days=2)),
        (0.1, NOON + timedelta(minutes=6)),
        (0.001, NOON + timedelta(seconds=3.6)),
    ],
)
def test_a_file_expires_after_its_hours(hours: float, expected: datetime) -> None:
    """48 hours, six minutes, 3.6 seconds: what the setting says."""
    assert expiry_of(NOON, hours) == expected


def test_minus_one_means_never() -> None:
    """-1 keeps files for ever."""
    assert expiry_of(NOON, -1) is None
