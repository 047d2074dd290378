"""Executions of Python code for a user."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from domain.errors import InvalidValueError
from domain.metadata import Timestamp
from domain.tables import FileTables

MAX_OUTPUT_TAIL_CHARACTERS = 4000
MAX_CODE_BYTES = 1_000_000
"""Code is kept in the ledger for ever, so it may not be of any size."""


class Outcome(StrEnum):
    """How an execution ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    KILLED = "killed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


class ExecutionReport(BaseModel):
    """What came of an execution, apart from the files that it made.

    `stopped_by` is the actor who cancelled it, empty when nobody did; `tables` is
    what the run said of the files that it loaded.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    exit_code: int | None = None
    duration_ms: int = 0
    output: str = ""
    stopped_by: str = ""
    packages: tuple[str, ...] = ()
    loaded_file_ids: tuple[str, ...] = ()
    skipped_outputs: tuple[str, ...] = ()
    tables: tuple[FileTables, ...] = ()


class RunningExecution(BaseModel):
    """An execution that has started and not ended.

    `runner` identifies the process that carries it out, so that a later process
    can tell a run that goes on elsewhere from one that died with its process.
    """

    model_config = ConfigDict(frozen=True)

    execution_id: str
    runner: str
    started_at: Timestamp


def check_code(code: str) -> str:
    """Return `code` when it is text of an acceptable size.

    Raises:
        InvalidValueError: it is no valid Unicode, or larger than `MAX_CODE_BYTES`.
    """
    try:
        size_bytes = len(code.encode())
    except UnicodeEncodeError as error:
        msg = "The code is not valid text (UTF-8): save it as UTF-8 and try again."
        raise InvalidValueError(msg) from error
    if size_bytes > MAX_CODE_BYTES:
        msg = (
            f"The code has {size_bytes} bytes, more than the {MAX_CODE_BYTES} allowed. "
            "Upload data as a file and load it with load_file."
        )
        raise InvalidValueError(msg)
    return code


INTERRUPTED = ExecutionReport(outcome=Outcome.INTERRUPTED)
"""What is known of an execution whose process died."""


def output_tail(text: str) -> str:
    """Return the last part of a run's output, as much of it as the ledger keeps."""
    if len(text) <= MAX_OUTPUT_TAIL_CHARACTERS:
        return text
    return "…" + text[-(MAX_OUTPUT_TAIL_CHARACTERS - 1) :]
