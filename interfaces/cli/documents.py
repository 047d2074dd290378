"""The JSON documents of the command line: the contract, in one place.

Times are ISO 8601 in UTC with `Z`, sizes bytes, durations milliseconds.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from application.audit import History, Why, event_data
from application.backup import Backup
from application.compare import Difference
from application.files import Listing
from application.forget import Erasure
from application.ports.ledger import Recorded
from application.ports.sandbox import Check
from application.provenance import Trace
from application.replay import ReplayReport
from application.run_code import Execution
from application.upload import Receipt
from application.verify import VerifyReport
from domain.files import LedgerFile
from domain.metadata import time_text

Document = dict[str, Any]


class MigrationRow(Protocol):
    """A migration and when it was applied (None: it is pending)."""

    @property
    def number(self) -> int:
        """Its number."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def applied_at(self) -> datetime | None:
        """When it was applied."""


def time_or_null(moment: datetime | None) -> str | None:
    """Return a time as text; None stays None."""
    return None if moment is None else time_text(moment)


def file_document(user_id: str, file: LedgerFile) -> Document:
    """Return FILE."""
    return {
        "file_id": file.file_id,
        "user_id": user_id,
        "filename": file.filename,
        "file_type": file.file_type,
        "file_size": file.size_bytes,
        "sha256": file.sha256,
        "uploaded_at": time_text(file.uploaded_at),
        "expires_at": time_or_null(file.expires_at),
        "origin": file.origin,
    }


def event_document(recorded: Recorded) -> Document:
    """Return EVENT."""
    event = recorded.event
    return {
        "sequence": event.originator_version,
        "position": recorded.position,
        "at": time_text(event.timestamp),
        "type": event.TOPIC,
        "actor": event.actor,
        "cause": event.cause,
        "data": event_data(event),
    }


def listing_document(listing: Listing) -> Document:
    """Return a file list."""
    return {
        "user_id": listing.user_id,
        "count": listing.count,
        "limit": listing.limit,
        "files": [file_document(listing.user_id, file) for file in listing.files],
    }


def upload_document(
    user_id: str, receipts: Sequence[Receipt], errors: Sequence[Document], limit: int
) -> Document:
    """Return what one or more uploads did; `errors` name the paths that were not taken."""
    evicted = [file.file_id for receipt in receipts for file in receipt.evicted]
    return {
        "files": [file_document(user_id, receipt.file) for receipt in receipts],
        "evicted": evicted,
        "count": receipts[-1].count if receipts else None,
        "limit": limit,
        "errors": list(errors),
    }


def execution_document(user_id: str, execution: Execution, paths: dict[str, str]) -> Document:
    """Return one run; `paths` say where its files can be found, by file id."""
    files = [file_document(user_id, file) | {"path": paths.get(file.file_id)} for file in execution.files]
    return {
        "execution_id": execution.execution_id,
        "outcome": execution.outcome.value,
        "exit_code": execution.exit_code,
        "stdout": execution.stdout,
        "stderr": execution.stderr,
        "duration_ms": execution.duration_ms,
        "explanation": execution.explanation,
        "files": files,
        "packages_installed": list(execution.packages_installed),
        "package_wait_ms": execution.package_wait_ms,
        "skipped_outputs": list(execution.skipped_outputs),
        "stopped_by": execution.stopped_by,
    }


def history_document(history: History) -> Document:
    """Return one page of the audit trail."""
    return {
        "user_id": history.user_id,
        "events": [event_document(recorded) for recorded in history.events],
        "next": history.next,
    }


def why_document(why: Why) -> Document:
    """Return why a file is there or gone."""
    return {
        "file_id": why.file_id,
        "state": why.state.value,
        "because": [event_document(recorded) for recorded in why.because],
        "text": why.text,
    }


def replay_document(report: ReplayReport) -> Document:
    """Return what a replay did."""
    views = [
        {
            "name": view.name,
            "digest_before": view.digest_before,
            "digest_after": view.digest_after,
            "documents": view.documents,
            "difference": asdict(view.difference),
        }
        for view in report.views
    ]
    return {
        "events": report.events,
        "resumed_events": report.resumed_events,
        "views": views,
        "duration_ms": report.duration_ms,
    }


def verify_document(report: VerifyReport) -> Document:
    """Return what a verification found."""
    problems = [
        {"user_id": p.user_id, "sequence": p.sequence, "kind": p.kind, "detail": p.detail}
        for p in report.problems
    ]
    return {
        "ok": report.ok,
        "events": report.events,
        "users": report.users,
        "blobs": report.blobs,
        "problems": problems,
    }


def erasure_document(erasure: Erasure) -> Document:
    """Return what an erasure did away with."""
    return {
        "user_id": erasure.user_id,
        "files_purged": erasure.files_purged,
        "keys_destroyed": erasure.keys_destroyed,
    }


def doctor_document(checks: Sequence[Check]) -> Document:
    """Return what works here; optional parts that are off do not make it not ok."""
    return {
        "ok": all(check.ok or check.optional for check in checks),
        "checks": [
            {"name": check.name, "ok": check.ok, "detail": check.detail, "remedy": check.remedy}
            for check in checks
        ],
    }


def migration_document(migration: MigrationRow) -> Document:
    """Return a migration's state; `applied_at` is null when it is pending."""
    return {
        "number": migration.number,
        "name": migration.name,
        "applied_at": time_or_null(migration.applied_at),
    }


def backup_document(backup: Backup) -> Document:
    """Return what a backup holds."""
    return {
        "folder": str(backup.folder),
        "events": backup.events,
        "users": backup.users,
        "files": backup.files,
        "bytes": backup.size_bytes,
    }


def difference_document(difference: Difference) -> Document:
    """Return what came and went between two times."""
    user_id = difference.user_id
    return {
        "user_id": user_id,
        "since": time_text(difference.since),
        "until": time_text(difference.until),
        "added": [file_document(user_id, file) for file in difference.added],
        "removed": [file_document(user_id, file) for file in difference.removed],
    }


def trace_document(trace: Trace) -> Document:
    """Return the graph of a file."""
    nodes = [
        {"id": node.node_id, "kind": node.kind.value, "label": node.label, "at": time_text(node.at)}
        for node in trace.graph.nodes
    ]
    edges = [
        {"source": edge.source, "target": edge.target, "sha256": edge.sha256} for edge in trace.graph.edges
    ]
    return {"file_id": trace.file_id, "reverse": trace.is_reverse, "nodes": nodes, "edges": edges}
