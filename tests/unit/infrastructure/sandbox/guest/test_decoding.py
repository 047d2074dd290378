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


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_utf_16_without_a_mark_is_told_by_its_zeros(encoding: str) -> None:
    """As programs write it that know their own byte order, and nobody else's."""
    assert decode("Name;Größe\nMüller;1\n".encode(encoding)) == "Name;Größe\nMüller;1\n"


def test_polish_of_windows_is_told_by_letters_that_are_signs_elsewhere() -> None:
    """A superscript within a word is none; at the end of a unit it is."""
    assert decode("Miasto;Ilość\nWisła;1\nŁódź, Małopolska;2\nDąbrowa;3\n".encode("cp1250")).count("ł") == 2
    assert decode("Größe;m³\nMüller, 5 km³;¿Qué?\n".encode("cp1252")).startswith("Größe;m³")


@given(st.text())
def test_utf_8_survives(text: str) -> None:
    """Whatever was written as UTF-8 is read back, but for the mark at its start."""
    assert decode(text.encode()) == text.removeprefix("\ufeff")
