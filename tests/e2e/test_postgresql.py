"""The program on a ledger in PostgreSQL."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.support.postgresql import PostgreSQLServer, postgresql_server, postgresql_url, with_password
from tests.support.program import Program

__all__ = ["postgresql_server", "postgresql_url"]


@pytest.fixture
def on_postgresql(served: Program, postgresql_url: str) -> Program:
    """Return the program on a database of its own."""
    return replace(
        served, environment=served.environment | {"LEDGER_URL": with_password(postgresql_url, "sesame")}
    )


def test_the_ledger_lives_in_the_database_and_comes_back_from_journal_and_backup(
    on_postgresql: Program, postgresql_server: PostgreSQLServer, table: Path, tmp_path: Path
) -> None:
    """Upload, list, audit, verify; a backup that works without a server; a restore into an empty database."""
    program = on_postgresql
    uploaded = program.json("upload", "--user", "alice", str(table))["files"][0]
    assert [file["file_id"] for file in program.json("files", "--user", "alice")["files"]] == [
        uploaded["file_id"]
    ]
    assert program.json("why", uploaded["file_id"])["state"] == "live"
    assert program.json("verify")["ok"]
    assert not (program.data_dir / "ledger").exists()

    doctor = program.run("doctor", "--json")
    assert "2 events, append-only and chained, in PostgreSQL database test_" in doctor.stdout
    assert "sesame" not in doctor.stdout + doctor.stderr

    backup = tmp_path / "backup"
    assert program.json("backup", str(backup))["events"] == 2
    alone = replace(program, data_dir=backup, environment={**program.environment, "LEDGER_URL": ""})
    assert alone.json("verify")["events"] == 2

    refused = program.run("restore", str(backup / "journal"))
    assert refused.returncode == 1
    assert "Name an empty database in LEDGER_URL" in refused.stderr
    with psycopg.connect(postgresql_server.url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE second")
    second = postgresql_server.url.replace("/postgres?", "/second?")
    anew = replace(program, environment=program.environment | {"LEDGER_URL": second})
    assert anew.json("restore", str(program.data_dir / "journal"))["events"] == 2
    assert anew.json("verify")["events"] == 2


def test_a_server_that_is_gone_is_one_clear_line(served: Program) -> None:
    """Which setting, why and what to do, and never the password."""
    gone = replace(
        served, environment=served.environment | {"LEDGER_URL": "postgresql://u:sesame@127.0.0.1:9/name"}
    )
    ended = gone.run("files", "--user", "alice")
    assert ended.returncode == 3
    assert "LEDGER_URL cannot be used" in ended.stderr
    assert "Connection refused" in ended.stderr
    assert "sesame" not in ended.stderr
    assert "Traceback" not in ended.stderr
