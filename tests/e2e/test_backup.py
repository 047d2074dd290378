"""A backup is made while the program goes on, and can be used as it is."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.audit import HistoryFilter
from domain.errors import RefusedError
from interfaces.wiring import Wiring
from tests.support.program import Program


@pytest.fixture
def wiring(program: Program) -> Iterator[Wiring]:
    """Return the program's use cases, without a process."""
    with Wiring.load(program.data_dir) as wiring:
        yield wiring


def test_a_backup_holds_what_the_data_folder_held(program: Program, wiring: Wiring, tmp_path: Path) -> None:
    """History and bytes are the same, what was deleted is in neither; the command says how to use it."""
    kept, gone = (
        wiring.upload("alice", "a.csv", [b"a,b\n1,2\n"], source=f"test:{number}").file.file_id
        for number in range(2)
    )
    wiring.delete_file("alice", gone)
    wiring.purge.catch_up()
    target = tmp_path / "backup"
    said = program.run("backup", str(target)).stdout
    assert "5 events of 1 user and 1 file (8 B)" in said
    with Wiring.load(target) as copy:
        assert copy.history("alice", HistoryFilter()) == wiring.history("alice", HistoryFilter())
        _, content = copy.open_file("alice", kept)
        with content:
            assert content.read() == b"a,b\n1,2\n"
        assert {name for _, name in copy.blobs.names()} == {f"{kept}.csv"}
    with pytest.raises(RefusedError, match="something in"):
        wiring.back_up(target)
    with pytest.raises(RefusedError, match="inside the data folder"):
        wiring.back_up(program.data_dir / "backup")


@pytest.mark.parametrize("with_keys", [True, False])
def test_a_backup_during_uploads_is_sound(tmp_path: Path, *, with_keys: bool) -> None:
    """While another thread uploads, evicts and purges, each backup verifies."""
    with Wiring.load(tmp_path / "data") as wiring:
        stop = threading.Event()

        def upload() -> None:
            for number in range(400):
                if stop.is_set():
                    return
                wiring.upload("alice", f"{number}.csv", [b"a,b\n1,2\n"], source=f"test:{number}")
                wiring.purge.catch_up()

        wiring.upload("alice", "first.csv", [b"a"], source="test:first")
        writer = threading.Thread(target=upload)
        writer.start()
        try:
            for number in range(2):
                made = wiring.back_up(tmp_path / f"backup{number}", with_keys=with_keys)
                assert (made.folder / "keys").exists() == with_keys
        finally:
            stop.set()
            writer.join()
