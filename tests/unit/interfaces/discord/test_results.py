import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from application.run_code import Execution
from domain.executions import Outcome
from domain.files import LedgerFile
from interfaces.discord.results import OUTPUT_NAME, Result, result_of

MIB = 2**20


def kept(number: int, size_bytes: int = 1) -> LedgerFile:
    """Return a file that a run made."""
    return LedgerFile(
        file_id=f"abc123xyz{number:03}",
        filename=f"{number}.png",
        extension=".png",
        file_type="PNG",
        size_bytes=size_bytes,
        sha256="0" * 64,
        uploaded_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_at=None,
        origin="x",
    )


def result(stdout: str = "", files: Sequence[LedgerFile] = (), limit_bytes: int = 10 * MIB) -> Result:
    """Return a run's message."""
    by_id = {file.file_id: file for file in files}

    def open_file(file_id: str) -> tuple[LedgerFile, BinaryIO]:
        return by_id[file_id], io.BytesIO(b"x")

    execution = Execution("e", Outcome.SUCCEEDED, 0, stdout, "", 1, "", tuple(files), (), ())
    return result_of(execution, open_file, limit_bytes)


def test_output_that_fits_is_in_the_message() -> None:
    """Exactly 2,000 characters with its fence."""
    fits = result("x" * (2000 - 9))

    assert len(fits.content) <= 2000
    assert fits.content.startswith("```")
    assert not fits.files


def test_output_that_does_not_fit_is_attached_whole() -> None:
    """Nothing is cut."""
    long = result("x" * 5000)

    assert [file.filename for file in long.files] == [OUTPUT_NAME]
    assert long.files[0].fp.read() == b"x" * 5000
    assert len(long.content) <= 2000


def test_at_most_ten_files_go_with_a_message() -> None:
    """Those without a place are named with the way to get them."""
    many = result("x" * 5000, [kept(number) for number in range(12)])

    assert len(many.files) == 10
    assert "`abc123xyz011`" in many.content


def test_a_file_over_the_places_limit_is_named() -> None:
    """It stays in the user's files."""
    large = result("", [kept(1, 2 * MIB), kept(2)], limit_bytes=MIB)

    assert [file.filename for file in large.files] == ["2.png"]
    assert "1.png (`abc123xyz001`)" in large.content


def test_a_run_without_output_says_so() -> None:
    """An empty message cannot be sent."""
    assert result().content == "Done, without output."
