"""Bytes to text in the guest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.decoding import decode, encodings_to_try


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_usual_encodings_are_read(encoding: str) -> None:
    """With a byte order mark, as UTF-8, or as Windows wrote it."""
    assert decode("Nîmes – 7 €".encode(encoding)) == "Nîmes – 7 €"


def test_bytes_that_windows_does_not_know_are_latin_1() -> None:
    """Nothing is dropped."""
    assert decode(b"\x81\xe9") == "\x81é"


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le"])
def test_a_byte_order_mark_settles_the_encoding(encoding: str) -> None:
    """Nothing else is tried, in either byte order."""
    (only,) = encodings_to_try("\ufeffa".encode(encoding))
    assert "\ufeffé".encode(encoding).decode(only) == "é"


@given(st.text())
def test_utf_8_survives(text: str) -> None:
    """Whatever was written as UTF-8 is read back, but for the mark at its start."""
    assert decode(text.encode()) == text.removeprefix("\ufeff")
