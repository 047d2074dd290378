"""Somebody who can write every file of the data folder, and knows how the ledger is made."""

import sqlite3
from pathlib import Path

from infrastructure.ledger.chain import GENESIS, chain_digest


class Intruder:
    """Changes a ledger's database behind the program's back, its traces covered as well as can be."""

    def __init__(self, folder: Path) -> None:
        self.database = sqlite3.connect(folder / "ledger" / "ledger.db", isolation_level=None)
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in self.database.execute(triggers).fetchall():
            self.database.execute(f"DROP TRIGGER {name}")

    def close(self) -> None:
        """Leave."""
        self.database.close()

    def cut_tail(self, keep: int) -> None:
        """Remove every event after position `keep`, and what would tell that there were any."""
        self._remove(
            "SELECT rowid, originator_id, originator_version FROM stored_events WHERE rowid > ?", keep
        )
        self.database.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", (keep,))

    def delete_ledger(self, ledger_hex: str) -> None:
        """Remove a user's ledger with its digests; number the others' events anew, their chains mended."""
        self._remove(
            "SELECT rowid, originator_id, originator_version FROM stored_events WHERE originator_id = ?",
            ledger_hex,
        )
        rows = self.database.execute("SELECT rowid FROM stored_events ORDER BY rowid").fetchall()
        for position, (old,) in enumerate(rows, 1):
            self.database.execute("UPDATE stored_events SET rowid = ? WHERE rowid = ?", (position, old))
        self.database.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", (len(rows),))
        self.mend_chains()

    def rewrite(self, position: int, old: str, new: str) -> None:
        """Change an event's stored bytes, the chain mended."""
        change = "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), ?, ?) AS BLOB)"
        self.database.execute(f"{change} WHERE rowid = ?", (old, new, position))
        self.mend_chains()

    def swap(self, position: int, other: int) -> None:
        """Exchange what two events hold, the chains mended."""
        read = "SELECT topic, state FROM stored_events WHERE rowid = ?"
        held = {at: self.database.execute(read, (at,)).fetchone() for at in (position, other)}
        write = "UPDATE stored_events SET topic = ?, state = ? WHERE rowid = ?"
        self.database.execute(write, (*held[position], other))
        self.database.execute(write, (*held[other], position))
        self.mend_chains()

    def mend_chains(self) -> None:
        """Compute every digest anew."""
        self.database.execute("DELETE FROM event_digests")
        chains: dict[str, bytes] = {}
        rows = (
            "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events ORDER BY rowid"
        )
        for position, ledger, version, topic, state in self.database.execute(rows).fetchall():
            if not isinstance(ledger, str) or not isinstance(version, int):
                continue  # somebody damaged the row before
            digest = chain_digest(chains.get(ledger, GENESIS), position, (ledger, version), topic, state)
            chains[ledger] = digest
            self.database.execute("INSERT INTO event_digests VALUES (?,?,?)", (ledger, version, digest))

    def forget_followers(self) -> None:
        """Remove how far journal and policies had come."""
        self.database.execute("DELETE FROM tracking")

    def _remove(self, select: str, value: object) -> None:
        for position, *place in self.database.execute(select, (value,)).fetchall():
            self.database.execute(
                "DELETE FROM event_digests WHERE originator_id = ? AND originator_version = ?", place
            )
            self.database.execute("DELETE FROM stored_events WHERE rowid = ?", (position,))
