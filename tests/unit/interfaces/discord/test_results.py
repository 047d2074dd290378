import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from application.run_code import Execution
from domain.executions import Outcome
from domain.files import LedgerFile
from interfaces.discord.posts import Post
from interfaces.discord.results import OUTPUT_NAME, Place, run_posts
from interfaces.discord.words import ENGLISH, Words

MIB = 2**20


def kept(number: int, size_bytes: int = 1) -> LedgerFile:
    """Return a file that a run made."""
    return LedgerFile(
        file_id=f"abc123xyz{number:03}",
        filename=f"{number}.bin",
        extension=".bin",
        file_type="BIN",
        size_bytes=size_bytes,
        sha256="0" * 64,
        uploaded_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_at=None,
        origin="x",
    )


def posts(
    stdout: str = "",
    files: Sequence[LedgerFile] = (),
    *,
    content: bytes = b"x",
    is_models: bool = False,
    words: Words = ENGLISH,
    **facts: object,
) -> list[Post]:
    """Return a run's messages in a place that takes files of 1 MiB."""
    by_id = {file.file_id: file for file in files}

    def open_file(file_id: str) -> tuple[LedgerFile, BinaryIO]:
        return by_id[file_id], io.BytesIO(content)

    known = {"outcome": Outcome.SUCCEEDED, "stderr": "", "skipped_outputs": (), **facts}
    execution = Execution(
        execution_id="e",
        exit_code=0,
        stdout=stdout,
        duration_ms=1200,
        explanation="",
        files=tuple(files),
        packages_installed=(),
        **known,  # type: ignore[arg-type]
    )
    return run_posts(execution, Place(open_file, MIB, words), is_models=is_models)


def labels(post: Post) -> list[str]:
    """Return what stands on its buttons."""
    return [button.label for row in post.rows for button in row]


def test_output_that_fits_is_in_the_message() -> None:
    """It comes first, then how long it took."""
    [post] = posts("x" * 1000)

    assert post.content == f"```\n{'x' * 1000}\n```\n-# Ran in 1.2 s"
    assert labels(post) == ["Show code"]


def test_a_wait_for_packages_is_told_beside_the_time() -> None:
    """It is not the code's time, and people waited for it."""
    [post] = posts("x", package_wait_ms=1840)

    assert post.content.endswith("-# Ran in 1.2 s (+ 1.8 s for packages)")


def test_output_that_does_not_fit_is_attached_whole() -> None:
    """Its beginning is shown, and nothing is cut from the file."""
    [post] = posts("x" * 5000)

    assert [file.filename for file in post.files] == [OUTPUT_NAME]
    assert post.files[0].fp.read() == b"x" * 5000
    assert len(post.content) <= 2000


def test_of_the_models_runs_a_glance_is_shown() -> None:
    """The model tells what matters; the rest is behind a button."""
    [post] = posts("\n".join(map(str, range(100))), is_models=True)

    assert post.content.startswith("```\n0\n1\n2\n")
    assert "\n50\n" not in post.content
    assert labels(post) == ["Show code", "Show output"]
    assert not post.files


def test_what_the_model_corrects_by_itself_is_told_in_a_line() -> None:
    """A traceback helps nobody who did not write the code."""
    stderr = "Traceback\n  File \"x\"\nKeyError: 'sold'"
    [models] = posts(is_models=True, outcome=Outcome.FAILED, stderr=stderr)
    [persons] = posts(outcome=Outcome.FAILED, stderr=stderr)

    assert models.content == "-# Failed after 1.2 s: KeyError: 'sold'"
    assert "Traceback" in persons.content


def test_files_beyond_ten_come_in_further_messages() -> None:
    """Nothing is left behind."""
    sent = posts("", [kept(number) for number in range(12)])

    assert [len(post.files) for post in sent] == [10, 2]


def test_a_file_over_the_places_limit_is_zipped() -> None:
    """What compresses well arrives."""
    content = b"0" * (3 * MIB)
    [post] = posts("", [kept(1, len(content))], content=content)

    assert [file.filename for file in post.files] == ["1.bin.zip"]
    with zipfile.ZipFile(post.files[0].fp) as archive:
        assert archive.read("1.bin") == content


def test_what_is_too_large_even_when_zipped_is_named() -> None:
    """It stays in the user's files, and the message says how to get it."""
    incompressible = [kept(1, 50 * MIB), kept(2)]
    [post] = posts("", incompressible, content=b"x")

    assert [file.filename for file in post.files] == ["2.bin"]
    assert "1.bin (`abc123xyz001`)" in post.content
    assert "cut it into parts" in post.content


def test_a_run_without_output_says_so() -> None:
    """An empty message cannot be sent."""
    assert posts()[0].content == "-# Ran in 1.2 s, without output"


def test_who_cancelled_is_named() -> None:
    """The user by a mention that rings no bell, the program in words."""
    [by_person] = posts(outcome=Outcome.KILLED, stopped_by="user:123")
    [by_program] = posts(outcome=Outcome.KILLED, stopped_by="system:shutdown")

    assert by_person.content == "-# Cancelled by <@123> after 1.2 s"
    assert "the bot, which is being restarted" in by_program.content


def test_the_longest_notes_still_fit() -> None:
    """Names and reasons are hostile, and a message holds 2,000 characters."""
    files = [kept(number, 90 * MIB).model_copy(update={"filename": "*" * 200}) for number in range(20)]
    [post] = posts("`" * 1050, files, skipped_outputs=("_" * 500,) * 9, is_models=True)

    assert len(post.content) <= 2000


def test_a_reader_of_german_reads_german() -> None:
    """Status, notes and buttons; what code printed stays as it is."""
    [done] = posts("hello", words=Words("de"))
    [failed] = posts(outcome=Outcome.FAILED, stderr="KeyError: 1", words=Words("de"))
    [left] = posts("", [kept(1, 50 * MIB)], skipped_outputs=("x: too many", "y: too many"), words=Words("de"))

    assert done.content == "```\nhello\n```\n-# Lief 1.2 s"
    assert labels(done) == ["Code zeigen"]
    assert "Fehlgeschlagen nach 1.2 s: KeyError: 1" in failed.content
    assert "Nicht aufgehoben: x: too many (und 1 weitere)" in left.content
    assert "höchstens 1.0 MB je Datei" in left.content
    assert labels(left) == ["Code zeigen", "Dateien holen"]
