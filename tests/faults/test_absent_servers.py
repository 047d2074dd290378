"""Servers that go away under the program at work, and come back: MongoDB by URI, and the embedded one."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.settings import load_settings
from infrastructure.views.guarded_server import free_port
from infrastructure.views.server_program import ServerProgram
from interfaces.wiring import Wiring
from tests.support.fault_table import record
from tests.support.faulty_disk import FULL, on_faulty_disk
from tests.support.fonts import lend_fonts
from tests.support.sweep import STRIDE
from tests.support.waiting import wait_until

AWAY_S = 60.0 if STRIDE == 1 else 5.0
CONTENT = b"a,b\n1,2\n"


class OwnMongoDB:
    """A server by URI that keeps what it has while it is away."""

    def __init__(self, folder: Path, python: Path) -> None:
        folder.mkdir()
        self.port = free_port()
        program = ServerProgram.find(python)
        self._command = program.command(self.port, folder / "storage", folder / "settings.toml", auth=False)

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true&serverSelectionTimeoutMS=500"

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(tmp_path: Path, mongodb_python: Path) -> Iterator[OwnMongoDB]:
    """Serve a MongoDB of the test's own."""
    server = OwnMongoDB(tmp_path / "mongodb", mongodb_python)
    server.start()
    yield server
    server.kill()


class Work:
    """Somebody who uploads, lists and, with `runs`, runs code without end, and knows what was answered."""

    def __init__(self, wiring: Wiring, *, runs: bool) -> None:
        self.wiring, self._runs = wiring, runs
        self.uploaded: list[str] = []
        self.ran: list[str] = []
        self.lists = 0
        self.said: list[str] = []
        self.uploads_said: list[str] = []
        self._done = Event()
        self._threads = [Thread(target=self._upload), Thread(target=self._list)]

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End with what is begun."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _upload(self) -> None:
        while not self._done.wait(0.05):
            number = len(self.uploaded)
            user_id = f"user{number // 10}"
            try:
                receipt = self.wiring.upload(user_id, f"{number}.csv", [CONTENT], source=f"source {number}")
                self.uploaded.append(receipt.file.file_id)
                if self._runs:
                    self.ran.append(self.wiring.run_code(user_id, "print('works')").stdout.strip())
            except EnvironmentFaultError as error:
                self.uploads_said.append(str(error))

    def _list(self) -> None:
        while not self._done.wait(0.05):
            try:
                self.wiring.list_files("user0")
                self.lists += 1
            except EnvironmentFaultError as error:
                self.said.append(str(error))

    def goes_on(self) -> None:
        """Wait until there were more answers of each kind."""
        uploads, lists = len(self.uploaded), self.lists
        wait_until(lambda: len(self.uploaded) > uploads and self.lists > lists)


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_while_mongodb_is_away_files_are_taken_and_lists_come_back_with_it(
    tmp_path: Path, server: OwnMongoDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uploads and runs need no view; lists say what is wrong; nobody has to do anything when it is back."""
    monkeypatch.setenv("MONGODB_URI", server.uri)
    monkeypatch.setenv("MAX_FILES_PER_USER", "100")
    work = at_work_while(tmp_path / "data", server, runs=True)
    assert all("no server answers" in words or "connection was lost" in words for words in work.said), (
        work.said
    )
    assert work.said
    assert not work.uploads_said
    assert set(work.ran) <= {"works"}
    record(
        f"MongoDB away for {AWAY_S:g} s",
        "upload, list, run",
        acknowledged=len(work.uploaded) + work.lists + len(work.ran),
        says=work.said[0],
        recovers="by itself: uploads and runs go on, lists when it is back",
    )


def at_work_while(data: Path, server: OwnMongoDB, *, runs: bool) -> Work:
    """Let a program work while the server goes and comes back; what was done is there, and returned."""
    data.mkdir(mode=0o700)
    lend_fonts(data / "sandbox")
    with Wiring(load_settings(data)) as wiring:
        wiring.begin()
        with Work(wiring, runs=runs) as work:
            work.goes_on()
            server.kill()
            before = len(work.uploaded)
            time.sleep(AWAY_S)
            wait_until(lambda: len(work.uploaded) > before and bool(work.said))
            server.start()
            work.goes_on()
        wiring.settle()
        assert listed(wiring, work) == set(work.uploaded)
        assert wiring.verify().ok
        for view in wiring.views.rebuild(dry_run=True):
            assert view.digest_before == view.digest_after
    return work


def listed(wiring: Wiring, work: Work) -> set[str]:
    """Return the files in the lists of all who uploaded."""
    users = {f"user{number // 10}" for number in range(len(work.uploaded))}
    return {file.file_id for user in users for file in wiring.list_files(user).files}


@pytest.mark.thorough
def test_the_embedded_server_is_back_before_anybody_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed (SIGKILL) three times under uploads, lists and runs: every answer comes, none is an error."""
    monkeypatch.delenv("MONGODB_URI", raising=False)
    monkeypatch.setenv("MAX_FILES_PER_USER", "100")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    lend_fonts(data / "sandbox")
    with Wiring(load_settings(data)) as wiring:
        wiring.begin()
        with Work(wiring, runs=True) as work:
            for _ in range(3):
                work.goes_on()
                os.kill(json.loads((data / "mongodb" / "server.json").read_text())["pid"], signal.SIGKILL)
                work.goes_on()
        wiring.settle()
        assert listed(wiring, work) == set(work.uploaded)
        assert wiring.verify().ok
        for view in wiring.views.rebuild(dry_run=True):
            assert view.digest_before == view.digest_after
    assert not work.said + work.uploads_said
    assert set(work.ran) == {"works"}
    record(
        "embedded MongoDB killed (SIGKILL)",
        "upload, list, run",
        times=3,
        acknowledged=len(work.uploaded) + work.lists + len(work.ran),
        recovers="by itself: the next question starts it again",
    )


def test_the_embedded_server_outlives_a_full_disk_and_a_rebuild_on_one_says_so(tmp_path: Path) -> None:
    """It uses its storage no more, even when there is room again: then it is started anew, unasked."""
    data, is_full = tmp_path / "data", Event()

    def use() -> tuple[str, list[str]]:
        with Wiring(load_settings(data)) as wiring:
            wiring.begin()
            wiring.upload("alice", "a.csv", [CONTENT], source="a")
            wiring.settle()
            is_full.set()
            with pytest.raises(EnvironmentFaultError) as told:
                wiring.replay()
            is_full.clear()
            wiring.upload("alice", "b.csv", [CONTENT], source="b")
            files = wiring.list_files("alice").files
            wiring.settle()
            assert all(view.digest_before == view.digest_after for view in wiring.replay().views)
            return str(told.value), sorted(file.filename for file in files)

    outcome = on_faulty_disk(FULL, 1, use, data / "mongodb", counts=is_full.is_set)

    assert outcome.result is not None, outcome.error
    said, listed = outcome.result
    assert "as after a write that its disk did not take" in said
    assert listed == ["a.csv", "b.csv"]
    record(
        "disk of the embedded MongoDB full (ENOSPC)",
        "rebuild of the views",
        acknowledged=2,
        says=said,
        recovers="by itself, when there is room",
    )
