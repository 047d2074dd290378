"""The JSON documents about journal, checkpoints and proofs."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from application.checkpoints import Taken
from application.ports.journal import JournalStatus, RestoreReport
from application.prove import ConsistencyProof, InclusionProof
from domain.metadata import time_text
from interfaces.cli.documents import Document


def journal_document(status: JournalStatus, set_aside: str | None) -> Document:
    """Return what a journal holds; `set_aside` is where the one before went."""
    return {
        "folder": status.folder,
        "segments": status.segments,
        "size_bytes": status.size_bytes,
        "events": status.events,
        "position": status.position,
        "set_aside": set_aside,
    }


def checkpoint_document(taken: Taken) -> Document:
    """Return one checkpoint."""
    return {
        "origin": taken.checkpoint.origin,
        "events": taken.checkpoint.size,
        "root": taken.checkpoint.root.hex(),
        "at": time_text(taken.checkpoint.at),
        "path": taken.note.where,
        "verifier_key": taken.verifier_key,
        "note": taken.note.text,
    }


def checkpoints_document(taken: Sequence[Taken], copy: Path | None) -> Document:
    """Return checkpoints, and where a copy of the first went."""
    return {"checkpoints": [checkpoint_document(one) for one in taken], "copy": str(copy) if copy else None}


def inclusion_document(proof: InclusionProof) -> Document:
    """Return a proof that an event is under a checkpoint."""
    return {
        "proof": "inclusion",
        "checkpoint": proof.checkpoint.note.text,
        "event": orjson.loads(proof.event.line),
        "previous": proof.event.previous.hex() if proof.event.previous else None,
        "path": [beside.hex() for beside in proof.path],
    }


def consistency_document(proof: ConsistencyProof) -> Document:
    """Return a proof that one checkpoint goes on from another."""
    return {
        "proof": "consistency",
        "old": proof.old.note.text,
        "new": proof.new.note.text,
        "path": [beside.hex() for beside in proof.path],
    }


def restore_document(report: RestoreReport) -> Document:
    """Return what a restore built."""
    return {
        "events": report.events,
        "users": report.ledgers,
        "without_key": report.without_key,
        "torn": report.torn,
    }
