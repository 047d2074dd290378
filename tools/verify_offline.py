#!/usr/bin/env python3
"""Checks a fileledger ledger for an auditor: one file, the standard library only, none of the program's code.

    python3 verify_offline.py --journal DIR [--database ledger.db] [--checkpoint FILE --key KEY]
    python3 verify_offline.py --proof FILE --key KEY
    python3 verify_offline.py --trail FILE

It reads and never writes. Without the users' keys it cannot read names or code, and need
not: chain, Merkle tree and signatures stand on the stored bytes. Signatures need the
`cryptography` package; without it a checkpoint's root is checked, its signature is not, and
the exit code says so. Exit codes: 0 all is as it was written, 1 something is not, 2 wrong
usage, 3 a signature could not be checked.

What is checked:
- journal: segments `NNNNNNNN.jsonl` of JSON lines with sorted keys. The first line names the
  SHA-256 of the segment before and the event that this one goes on from; every other line is
  an event. Numbers and positions rise, versions of each ledger follow one another, and each
  digest is the SHA-256 over (digest before, position, ledger, version, topic, state), every
  field after its length in 8 bytes.
- database: the same chain over the rows, the digests beside them, the numbering.
- checkpoint: a C2SP note over origin, size and root of the RFC 9162 tree whose entries are
  the digests in the order of positions.
- proof: what `fileledger prove` printed.
- trail: what `fileledger history --jsonl` or `--csv` wrote, against the count and the SHA-256 in
  its last line.
"""

import argparse
import base64
import binascii
import csv
import hashlib
import io
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

START = b"fileledger chain v1"
ZEROS = "0" * 64
LARGEST = 2**63 - 1
Shape = dict[str, Callable[[object], bool]]
"""The fields of a JSON object, and what each must be."""


class Event(NamedTuple):
    """One event, of the journal or the database; `digest` is what is stored for it."""

    position: int
    ledger: str
    version: int
    topic: bytes
    state: bytes
    digest: bytes


class Findings:
    """What was found; notes are no faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.unchecked = False


def expected_digest(before: bytes, event: Event) -> bytes:
    """Return the digest that the chain demands of an event."""
    parts = (before, str(event.position), event.ledger, str(event.version), event.topic, event.state)
    hashed = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode()
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.digest()


def event_of(value: dict[str, Any]) -> Event:
    """Return the event that an object of the journal holds."""
    ledger, digest = value["ledger"], bytes.fromhex(value["digest"])
    topic, state = value["topic"].encode(), value["state"].encode()
    return Event(value["position"], ledger, value["version"], topic, state, digest)


class Chains:
    """Where each ledger's chain stands."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[int, bytes]] = {}

    def fault_of(self, event: Event) -> str:
        """Return what is wrong with the next event, nothing if it follows."""
        version, before = self._ends.get(event.ledger, (0, START))
        self._ends[event.ledger] = (event.version, event.digest)
        if event.version != version + 1:
            return f"event {version + 1} of ledger {event.ledger} is missing before event {event.version}"
        if expected_digest(before, event) != event.digest:
            return f"event {event.version} of ledger {event.ledger} is not what was written"
        return ""


# -- the journal ---------------------------------------------------------------


def read_line(line: bytes, shape: Shape) -> dict[str, Any] | None:
    """Return the object on a line, None when it is not exactly what the journal writes."""
    try:
        value = json.loads(line)
        spelled = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if spelled + b"\n" == line and fits(value, shape) else None


def is_count(value: object) -> bool:
    """Tell whether a value is a whole number that the journal can hold."""
    return type(value) is int and 0 <= value <= LARGEST


def is_text(value: object) -> bool:
    """Tell whether a value is a text."""
    return isinstance(value, str)


def is_digest(value: object) -> bool:
    """Tell whether a value is a SHA-256 in hexadecimal."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def is_ledger(value: object) -> bool:
    """Tell whether a value is a ledger's id."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value) is not None


def fits(value: object, shape: Shape) -> bool:
    """Tell whether a value is an object of exactly these fields."""
    return (
        isinstance(value, dict)
        and set(value) == set(shape)
        and all(is_right(value[name]) for name, is_right in shape.items())
    )


PLACE: Shape = {"digest": is_digest, "number": is_count, "position": is_count}
HEADER: Shape = {
    "after": lambda value: fits(value, PLACE),
    "format": lambda value: value == "fileledger journal 1",
    "previous": is_digest,
    "segment": is_count,
}
EVENT: Shape = {
    "digest": is_digest,
    "ledger": is_ledger,
    "number": is_count,
    "position": is_count,
    "state": is_text,
    "topic": is_text,
    "version": is_count,
}


class JournalCheck:
    """One pass over a journal's folder."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self._folder, self._findings = folder, findings
        self._chains = Chains()
        self._number, self.position, self._digest = 0, 0, ZEROS
        self._before = ZEROS

    def events(self) -> Iterator[Event]:
        """Yield every event that can be read; faults go to the findings."""
        paths = sorted(path for path in self._folder.iterdir() if re.fullmatch(r"\d{8}\.jsonl", path.name))
        if not paths:
            self._findings.faults.append(f"journal: there is no segment in {self._folder}")
        for expected, path in enumerate(paths, 1):
            segment = int(path.stem)
            if segment != expected:
                self._fault(segment, 0, "a segment before this one is missing")
            yield from self._segment(segment, path, is_newest=path == paths[-1])

    def _segment(self, segment: int, path: Path, *, is_newest: bool) -> Iterator[Event]:
        hashed = hashlib.sha256()
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                hashed.update(line)
                if number == 1:
                    self._header(segment, line)
                elif is_newest and not line.endswith(b"\n"):
                    self._findings.notes.append(
                        f"journal: segment {segment}, line {number}: a write was cut off; no harm"
                    )
                else:
                    yield from self._event(segment, number, line)
        if path.stat().st_size == 0:
            self._fault(segment, 1, "the segment is empty")
        self._before = hashed.hexdigest()

    def _header(self, segment: int, line: bytes) -> None:
        header = read_line(line, HEADER)
        if header is None:
            self._fault(segment, 1, "this is no beginning of a segment")
            return
        after = (header["after"]["number"], header["after"]["position"], header["after"]["digest"])
        here = (self._number, self.position, self._digest)
        if (header["segment"], header["previous"], after) != (segment, self._before, here):
            self._fault(segment, 1, "the segment does not go on from the one before")
        self._number, self.position, self._digest = after

    def _event(self, segment: int, number: int, line: bytes) -> Iterator[Event]:
        value = read_line(line, EVENT)
        if value is None:
            self._number += 1
            self._fault(segment, number, "this is no line of the journal")
            return
        event = event_of(value)
        chain_fault = self._chains.fault_of(event)
        if value["number"] != self._number + 1:
            self._fault(segment, number, f"event number {self._number + 1} is missing")
        elif event.position <= self.position:
            self._fault(segment, number, "the positions do not rise")
        elif chain_fault:
            self._fault(segment, number, chain_fault)
        self._number, self.position, self._digest = value["number"], event.position, value["digest"]
        yield event

    def _fault(self, segment: int, line: int, detail: str) -> None:
        self._findings.faults.append(f"journal: segment {segment}, line {line}: {detail}")


# -- the database --------------------------------------------------------------

ROWS = """
    SELECT e.rowid, CAST(e.originator_id AS BLOB), e.originator_version, CAST(e.topic AS BLOB),
           CAST(e.state AS BLOB), CAST(d.digest AS BLOB)
    FROM stored_events AS e NOT INDEXED LEFT JOIN event_digests AS d
      ON d.originator_id = e.originator_id AND d.originator_version = e.originator_version
    ORDER BY e.rowid"""
LOST_DIGESTS = """
    SELECT count(*) FROM event_digests AS d WHERE NOT EXISTS (
        SELECT 1 FROM stored_events AS e
        WHERE e.originator_id = d.originator_id AND e.originator_version = d.originator_version)"""


def database_events(connection: sqlite3.Connection, findings: Findings) -> Iterator[Event]:
    """Yield the rows in order; faults of the chain go to the findings."""
    chains = Chains()
    for position, ledger, version, topic, state, digest in connection.execute(ROWS):
        name = (ledger or b"").decode("ascii", "backslashreplace")
        event = Event(
            position, name, version if type(version) is int else -1, topic or b"", state or b"", digest or b""
        )
        fault = chains.fault_of(event)
        if fault:
            findings.faults.append(f"database: position {position}: {fault}")
        yield event


def check_numbering(connection: sqlite3.Connection, findings: Findings) -> None:
    """Look for holes, a cut tail, digests without an event, and broken pages."""
    count, top = connection.execute(
        "SELECT count(*), coalesce(max(rowid), 0) FROM stored_events NOT INDEXED"
    ).fetchone()
    (ever,) = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'stored_events'"
    ).fetchone()
    if not count == top == ever:
        findings.faults.append(f"database: {count} events, the last at {top}, of {ever} ever written")
    (lost,) = connection.execute(LOST_DIGESTS).fetchone()
    if lost:
        findings.faults.append(f"database: {lost} digests have no event")
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            findings.faults.append(f"database: {line}")


def journal_reached(connection: sqlite3.Connection) -> int:
    """Return the position that the journal had come to, as the database remembers it."""
    rows = "SELECT max(notification_id) FROM tracking WHERE application_name = 'journal'"
    return int(connection.execute(rows).fetchone()[0] or 0)


# -- tree and signatures -------------------------------------------------------


class Tree:
    """The roots of a growing RFC 9162 tree at the sizes that are asked for."""

    def __init__(self, sizes: set[int]) -> None:
        self._sizes, self._stack = sizes, list[tuple[int, bytes]]()
        self.size, self.first = 0, b""
        self.roots: dict[int, bytes] = {}

    def add(self, digest: bytes) -> None:
        """Add an entry."""
        self.first = self.first or digest
        self._stack.append((1, hashlib.sha256(b"\x00" + digest).digest()))
        while len(self._stack) > 1 and self._stack[-1][0] == self._stack[-2][0]:
            (width, right), (_, left) = self._stack.pop(), self._stack.pop()
            self._stack.append((2 * width, hashlib.sha256(b"\x01" + left + right).digest()))
        self.size += 1
        if self.size in self._sizes:
            root = self._stack[-1][1]
            for _, left in reversed(self._stack[:-1]):
                root = hashlib.sha256(b"\x01" + left + root).digest()
            self.roots[self.size] = root


class Signed(NamedTuple):
    """What a checkpoint says."""

    name: str
    origin: str
    size: int
    root: bytes


def open_note(name: str, note: str, keys: list[str], findings: Findings) -> Signed | None:
    """Return what a note says, its signature checked; None when it cannot be trusted."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError, binascii.Error):
        findings.faults.append(f"{name}: this is no checkpoint")
        return None
    key = next((key for key in keys if key.partition("+")[0] == origin), None)
    if key is None:
        findings.faults.append(f"{name}: no --key of {origin!r} was given to check it with")
        return None
    fault = signature_fault(key, text, signatures, findings)
    if fault:
        findings.faults.append(f"{name}: {fault}")
        return None
    return Signed(name, origin, size, root)


def signature_fault(key: str, text: str, signatures: str, findings: Findings) -> str:
    """Return what is wrong with a note's signature, nothing if it holds or cannot be checked here."""
    name, _, encoded = key.partition("+")[0], *key.partition("+")[2].partition("+")[1:]
    try:
        public = base64.b64decode(encoded, validate=True)
        lines = [line.rpartition(" ") for line in signatures.splitlines()]
        made = [
            base64.b64decode(last, validate=True) for start, _, last in lines if start == f"\u2014 {name}"
        ]
    except binascii.Error:
        return "key or signature is not spelled as it should be"
    key_id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    ours = [signature[4:] for signature in made if signature[:4] == key_id]
    if not ours or public[:1] != b"\x01":
        return "it is not signed by the key that was given"
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - optional
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError:
        findings.unchecked = True
        findings.notes.append("no signature was checked: the cryptography package is not installed")
        return ""
    try:
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(ours[0], text.encode())
    except (InvalidSignature, ValueError):
        return "the signature does not hold: the note was altered"
    return ""


def hold_against(signed: list[Signed], source: str, tree: Tree, findings: Findings) -> None:
    """Compare what was signed with the tree of a source."""
    for note in signed:
        if tree.size < note.size:
            findings.faults.append(
                f"{note.name}: {note.size} events were signed, the {source} holds {tree.size}"
            )
        elif tree.roots.get(note.size) != note.root:
            findings.faults.append(f"{note.name}: the {source} does not begin with the events signed")


# -- proofs --------------------------------------------------------------------


def fold_inclusion(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that an inclusion path leads to (RFC 9162, 2.1.3.2), None when it does not fit."""
    place, last, reached = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place % 2 or place == last:
            reached = hashlib.sha256(b"\x01" + sibling + reached).digest()
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            reached = hashlib.sha256(b"\x01" + reached + sibling).digest()
        place, last = place // 2, last // 2
    return reached if last == 0 else None


def fold_consistency(old: Signed, new: Signed, path: list[bytes]) -> bool:
    """Tell whether a consistency path leads from one root to the other (RFC 9162, 2.1.4.2)."""
    if old.size == new.size:
        return old.root == new.root and not path
    if not 0 < old.size < new.size or not (path or old.size & (old.size - 1) == 0):
        return False
    rest = path if old.size & (old.size - 1) else [old.root, *path]
    place, last = old.size - 1, new.size - 1
    while place % 2:
        place, last = place // 2, last // 2
    small = large = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            small = hashlib.sha256(b"\x01" + sibling + small).digest()
            large = hashlib.sha256(b"\x01" + sibling + large).digest()
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            large = hashlib.sha256(b"\x01" + large + sibling).digest()
        place, last = place // 2, last // 2
    return last == 0 and (small, large) == (old.root, new.root)


def check_proof(path: Path, keys: list[str], findings: Findings) -> None:
    """Check a document of `fileledger prove`."""
    try:
        proof = json.loads(path.read_bytes())
        siblings = [bytes.fromhex(text) for text in proof["path"]]
        if proof["proof"] == "inclusion":
            holds = _inclusion_holds(proof, siblings, keys, findings)
        else:
            old, new = (open_note(name, proof[name], keys, findings) for name in ("old", "new"))
            holds = old is not None and new is not None and fold_consistency(old, new, siblings)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        findings.faults.append(f"{path}: this is no proof ({type(error).__name__})")
        return
    if not holds:
        findings.faults.append(f"{path}: the proof does not hold")


def _inclusion_holds(
    proof: dict[str, Any], siblings: list[bytes], keys: list[str], findings: Findings
) -> bool:
    signed = open_note("checkpoint", proof["checkpoint"], keys, findings)
    value, before = proof["event"], bytes.fromhex(proof["previous"] or "") or START
    digest = expected_digest(before, event_of(value))
    leaf = hashlib.sha256(b"\x00" + digest).digest()
    return (
        signed is not None
        and digest.hex() == value["digest"]
        and 0 < value["number"] <= signed.size
        and fold_inclusion(leaf, value["number"] - 1, signed.size, siblings) == signed.root
    )


# -- trails ----------------------------------------------------------------------


def check_trail(path: Path, findings: Findings) -> None:
    """Check an audit trail that `fileledger history --jsonl` or `--csv` wrote, against its trailer."""
    csv.field_size_limit(2**31 - 1)  # code can be long
    content = path.read_bytes()
    begin = content.rstrip(b"\r\n").rfind(b"\n") + 1
    body, end = content[:begin], content[begin:]
    try:
        said = json.loads(end) if end.startswith(b"{") else _csv_trailer(end.decode())
        facts = said["data"]
        is_whole = said["type"] == "Trailer" and end.endswith(b"\n")
        same = facts["sha256"] == hashlib.sha256(body).hexdigest()
        counted = len(body.splitlines()) if end.startswith(b"{") else len(_rows(body)) - 1
    except (ValueError, KeyError, TypeError, csv.Error):
        is_whole, same, counted, facts = False, False, 0, {}
    if not is_whole:
        findings.faults.append(f"{path}: it does not end with a whole trailer: it was cut, or is no trail")
    elif not same or facts["events"] != counted:
        findings.faults.append(f"{path}: it is not what its trailer tells: lines were altered or removed")


def _csv_trailer(row: str) -> dict[str, Any]:
    kind, _, _, data = next(csv.reader([row]))[3:]
    return {"type": kind, "data": json.loads(data)}


def _rows(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode(), newline="")))


# -- all together --------------------------------------------------------------


def watched(events: Iterator[Event], tree: Tree) -> Iterator[Event]:
    """Pass events on, each an entry of the tree."""
    for event in events:
        tree.add(event.digest)
        yield event


def differences(journal: Iterator[Event], database: Iterator[Event]) -> Iterator[str]:
    """Yield how the two differ up to the journal's end; both are read to theirs."""
    ours, theirs = next(journal, None), next(database, None)
    while ours is not None:
        named = f"event {ours.version} of ledger {ours.ledger}"
        if theirs is None or ours.position < theirs.position:
            yield f"position {ours.position}: {named} is gone from the database"
            ours = next(journal, None)
        elif theirs.position < ours.position:
            yield f"position {theirs.position}: the journal does not have the event"
            theirs = next(database, None)
        else:
            if ours != theirs:
                yield f"position {ours.position}: {named} was altered"
            ours, theirs = next(journal, None), next(database, None)
    for _ in database:
        pass


def check(arguments: argparse.Namespace, findings: Findings) -> str:
    """Check what was given; return a line that says what that was."""
    signed = [
        note
        for path in arguments.checkpoint
        if (note := open_note(str(path), path.read_text("utf-8", "replace"), arguments.key, findings))
    ]
    sizes = {note.size for note in signed}
    trees = {"journal": Tree(sizes), "database": Tree(sizes)}
    lines = JournalCheck(arguments.journal, findings)
    journal = watched(lines.events(), trees["journal"])
    if arguments.database:
        check_database(arguments, (journal, trees["database"]), lines, findings)
    elif arguments.journal:
        for _ in journal:
            pass
    given = [name for name in trees if getattr(arguments, name)]
    for name in given:
        hold_against(signed, name, trees[name], findings)
    for path in arguments.proof:
        check_proof(path, arguments.key, findings)
    for path in arguments.trail:
        check_trail(path, findings)
    seen = [f"{trees[name].size} events of the {name}" for name in given]
    trails = [f"{len(arguments.trail)} trails"] if arguments.trail else []
    return ", ".join([*seen, f"{len(signed)} checkpoints", f"{len(arguments.proof)} proofs", *trails])


def check_database(
    arguments: argparse.Namespace,
    sides: tuple[Iterator[Event], Tree],
    lines: JournalCheck,
    findings: Findings,
) -> None:
    """Check the database by itself, and against the journal if there is one."""
    connection = sqlite3.connect(f"{arguments.database.absolute().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda data: data.decode(errors="replace")
    try:
        database = watched(database_events(connection, findings), sides[1])
        journal = sides[0] if arguments.journal else iter(())
        findings.faults += [f"journal and database: {found}" for found in differences(journal, database)]
        check_numbering(connection, findings)
        reached = journal_reached(connection)
        if arguments.journal and lines.position < reached:
            findings.faults.append(
                f"journal: it ends at position {lines.position}, yet had come to {reached}"
            )
    except sqlite3.Error as error:
        findings.faults.append(f"database: it cannot be read: {error}")
    finally:
        connection.close()


def main() -> int:
    """Run the checks that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--journal", type=Path, help="the folder of the journal's segments")
    parser.add_argument("--database", type=Path, help="the ledger's SQLite file, or a copy of it")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="a checkpoint's file")
    parser.add_argument("--key", action="append", default=[], help="a verifier key")
    parser.add_argument("--proof", type=Path, action="append", default=[], help="what `prove` printed")
    parser.add_argument("--trail", type=Path, action="append", default=[], help="a history, JSONL or CSV")
    arguments = parser.parse_args()
    if not (arguments.journal or arguments.database or arguments.proof or arguments.trail):
        parser.error("give --journal, --database, --proof or --trail")
    findings = Findings()
    try:
        seen = check(arguments, findings)
    except OSError as error:
        parser.error(f"cannot read {error.filename}: {error.strerror}")
    for note in dict.fromkeys(findings.notes):
        print(f"note: {note}")
    for fault in findings.faults:
        print(f"FAULT: {fault}")
    print(f"{'NOT SOUND' if findings.faults else 'sound'}: {seen}")
    return 1 if findings.faults else 3 if findings.unchecked else 0


if __name__ == "__main__":
    sys.exit(main())
