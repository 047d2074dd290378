from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.events import (
    ExecutionFinished,
    ExecutionStarted,
    FileBytesPurged,
    FileDeleted,
    FileGenerated,
    FileUploaded,
    LedgerEvent,
    LedgerOpened,
)
from domain.executions import Outcome
from infrastructure.views.projections import (
    ExecutionProjection,
    FileProjection,
    QuotaProjection,
    kinds_taken,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
LEDGER = uuid4()


def event(kind: type[LedgerEvent], **facts: Any) -> Any:
    """Make an event of one ledger."""
    common = {"originator_id": LEDGER, "originator_version": 1, "timestamp": NOW, "actor": "user:alice"}
    return kind(**common, **facts)


def uploaded(file_id: str = "aaaaaaaaaaaa", size_bytes: int = 7) -> Any:
    """Make an upload."""
    return event(
        FileUploaded,
        file_id=file_id,
        filename="sales.csv",
        extension=".csv",
        file_type="CSV",
        size_bytes=size_bytes,
        sha256="ab" * 32,
        expires_at=None,
        source="message:1",
    )


def generated() -> Any:
    """Make an output of a run."""
    facts = uploaded("bbbbbbbbbbbb", 5).model_dump() | {"execution_id": "run-1", "filename": "plot.png"}
    del facts["source"]
    return FileGenerated(**facts)


def started() -> Any:
    """Make the start of a run."""
    return event(
        ExecutionStarted,
        execution_id="run-1",
        code="1",
        code_sha256="cd" * 32,
        input_file_ids=(),
        model="m",
        runner="r",
    )


def finished() -> Any:
    """Make its end."""
    return event(
        ExecutionFinished,
        execution_id="run-1",
        outcome=Outcome.TIMED_OUT,
        exit_code=None,
        duration_ms=60_000,
        output_tail="",
        packages=(),
        loaded_file_ids=(),
        generated_file_ids=("bbbbbbbbbbbb",),
        skipped_outputs=(),
        tables=(),
    )


def deleted() -> Any:
    """Make the removal of the upload."""
    return event(FileDeleted, file_id="aaaaaaaaaaaa")


def test_an_uploaded_file_is_a_document_with_its_path() -> None:
    """All that a list shows is in the document, times as they were."""
    document = FileProjection(lambda user_id, name: f"/{user_id}/{name}").evolve({}, uploaded(), "alice")
    assert document == {
        "file_id": "aaaaaaaaaaaa",
        "user_id": "alice",
        "filename": "sales.csv",
        "file_path": "/alice/aaaaaaaaaaaa.csv",
        "file_type": "CSV",
        "file_size": 7,
        "sha256": "ab" * 32,
        "uploaded_at": NOW,
        "expires_at": None,
        "origin": "upload",
        "extension": ".csv",
    }


def test_a_generated_file_names_its_execution() -> None:
    """Where it came from is the run's id."""
    document = FileProjection(lambda _, name: name).evolve({}, generated(), "alice")
    assert document is not None
    assert document["origin"] == "run-1"


def test_a_removed_file_is_no_document() -> None:
    """Nothing is left of it."""
    assert FileProjection(lambda _, name: name).evolve({}, deleted(), "alice") is None


def test_quotas_follow_from_what_is_held() -> None:
    """Uploads and outputs apart, bytes together, and all down again at a removal."""
    projection = QuotaProjection()
    document: dict[str, Any] = {}
    seen = []
    for fact in (
        event(LedgerOpened, originator_topic="UserLedger", user_id="alice"),
        uploaded(),
        generated(),
        deleted(),
    ):
        document = projection.evolve(document, fact, "alice")
        seen.append((document["uploads"], document["generated"], document["size_bytes"]))
    assert seen == [(0, 0, 0), (1, 0, 7), (1, 1, 12), (0, 1, 5)]
    assert document["holdings"] == {"bbbbbbbbbbbb": {"size_bytes": 5, "is_upload": False}}


def test_a_projection_leaves_the_document_before_as_it_was() -> None:
    """Folding twice from the same document gives the same: nothing is changed in place."""
    projection = QuotaProjection()
    before = projection.evolve({}, uploaded(), "alice")
    first = projection.evolve(before, generated(), "alice")
    assert projection.evolve(before, generated(), "alice") == first
    assert before["generated"] == 0


def test_a_run_is_a_document_until_it_ends() -> None:
    """Its start opens the document, its end removes it."""
    projection = ExecutionProjection()
    running = projection.evolve({}, started(), "alice")
    assert running == {
        "execution_id": "run-1",
        "user_id": "alice",
        "started_at": NOW,
        "runner": "r",
        "model": "m",
    }
    assert projection.evolve(running, finished(), "alice") is None


@pytest.mark.parametrize(
    ("projection", "keys"),
    [
        (FileProjection(lambda _, name: name), ["aaaaaaaaaaaa", None, "aaaaaaaaaaaa", None]),
        (QuotaProjection(), [LEDGER.hex, None, LEDGER.hex, None]),
        (ExecutionProjection(), [None, "run-1", None, None]),
    ],
)
def test_each_view_takes_its_own_events(projection: Any, keys: list[str | None]) -> None:
    """An event that a view does not take changes nothing there."""
    purged = event(FileBytesPurged, file_id="aaaaaaaaaaaa", bytes_freed=7)
    taken = kinds_taken(projection)
    facts = (uploaded(), started(), deleted(), purged)
    assert [projection.key_of(fact) if type(fact) in taken else None for fact in facts] == keys
