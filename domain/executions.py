"""Executions of Python code for a user."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from domain.metadata import Timestamp

MAX_OUTPUT_TAIL_CHARACTERS = 4000


class Outcome(StrEnum):
    """How an execution ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    KILLED = "killed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


class ExecutionReport(BaseModel):
    """What came of an execution, apart from the files that it made."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    exit_code: int | None = None
    duration_ms: int = 0
    output: str = ""
    packages: tuple[str, ...] = ()
    loaded_file_ids: tuple[str, ...] = ()
    skipped_outputs: tuple[str, ...] = ()


class RunningExecution(BaseModel):
    """An execution that has started and not ended.

    `runner` identifies the process that carries it out, so that a later process
    can tell a run that goes on elsewhere from one that died with its process.
    """

    model_config = ConfigDict(frozen=True)

    execution_id: str
    runner: str
    started_at: Timestamp


INTERRUPTED = ExecutionReport(outcome=Outcome.INTERRUPTED)
"""What is known of an execution whose process died."""


def output_tail(text: str) -> str:
    """Return the last part of a run's output, as much of it as the ledger keeps."""
    if len(text) <= MAX_OUTPUT_TAIL_CHARACTERS:
        return text
    return "…" + text[-(MAX_OUTPUT_TAIL_CHARACTERS - 1) :]
