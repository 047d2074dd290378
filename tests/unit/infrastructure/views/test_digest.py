from datetime import UTC, datetime

from infrastructure.views.digest import canonical_line


def test_the_canonical_line_is_fixed() -> None:
    """Sorted keys, no spaces, no `_id`, times with milliseconds and Z: the bytes that are hashed."""
    document = {
        "_id": "x",
        "b": None,
        "a": {"z": [1, "é"], "y": True},
        "at": datetime(2026, 1, 2, 3, 4, 5, 60_000, tzinfo=UTC),
    }
    expected = '{"a":{"y":true,"z":[1,"é"]},"at":"2026-01-02T03:04:05.060Z","b":null}\n'
    assert canonical_line(document) == expected.encode()
