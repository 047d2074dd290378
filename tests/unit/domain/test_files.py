"""Names and ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidValueError
from domain.files import (
    MAX_FILENAME_CHARACTERS,
    blob_name,
    check_user_id,
    clean_filename,
    file_extension,
    is_file_id,
)


@pytest.mark.parametrize("user_id", ["1", "123456789012345678", "alice", "a.b-c@d", "_x", "a" * 64])
def test_ordinary_user_ids_pass(user_id: str) -> None:
    """Chat ids, login names and mail-like names are fit."""
    assert check_user_id(user_id) == user_id


@pytest.mark.parametrize(
    "user_id", ["", ".", "..", "../x", "a/b", "-x", "@x", "a\0b", "ä", "a" * 65, "a b", "a\n"]
)
def test_user_ids_that_could_leave_their_folder_are_refused(user_id: str) -> None:
    """Anything that is more than a plain name raises, and says what is allowed."""
    with pytest.raises(InvalidValueError, match="1 to 64 letters"):
        check_user_id(user_id)


@given(st.text())
def test_a_clean_name_is_harmless_whatever_comes_in(hostile: str) -> None:
    """No separators, no control characters, no dots at the ends, never empty, never long."""
    name = clean_filename(hostile)
    assert 0 < len(name) <= MAX_FILENAME_CHARACTERS
    assert name.isprintable() or " " in name or any(c.isspace() for c in name)
    assert not {"/", "\\", "\0", "\n", "\x1b", "\u202e"} & set(name)
    assert name not in {".", ".."}
    assert "/" not in blob_name("a" * 12, file_extension(name))


@pytest.mark.parametrize(
    ("filename", "extension"),
    [
        ("data.csv", ".csv"),
        ("DATA.CSV", ".csv"),
        ("a.tar.gz", ".tar.gz"),
        ("data.csv.gz", ".gz"),
        ("Makefile", ""),
        (".bashrc", ""),
        ("x.", ""),
        ("évil.çsv", ""),
        ("a." + "x" * 40, ""),
        ("..csv", ".csv"),
    ],
)
def test_extensions_are_short_plain_and_lower_case(filename: str, extension: str) -> None:
    """The extension is what a blob's name may carry."""
    assert file_extension(filename) == extension


def test_a_path_keeps_only_its_last_part() -> None:
    """Directories of any system are cut off."""
    assert clean_filename("../../etc/passwd") == "passwd"
    assert clean_filename("C:\\Users\\x\\a.csv") == "a.csv"


def test_a_long_name_keeps_its_extension() -> None:
    """Cutting a name leaves its type readable."""
    assert clean_filename("x" * 500 + ".csv").endswith("x.csv")


def test_file_ids_have_one_shape() -> None:
    """12 of a-z and 0-9."""
    assert is_file_id("abc123xyz789")
    assert not any(map(is_file_id, ("ABC123XYZ789", "abc", "abc123xyz789\n", "../../../../..")))
