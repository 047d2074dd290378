import json
import logging
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pymongo.errors import ConnectionFailure, OperationFailure

from domain.errors import EnvironmentFaultError
from infrastructure.views.client import connect
from infrastructure.views.embedded import EmbeddedServer
from infrastructure.views.guarded_server import GuardedServer
from infrastructure.views.mongo_views import MongoViews
from migrations import apply_migrations
from tests.integration.infrastructure.views.observing import stored_documents
from tests.integration.infrastructure.views.stories import Story, locate, naive_views
from tests.support.waiting import wait_until

PATIENCE_S = 30
USER_PROGRAM = """
import sys
from contextlib import suppress
from pathlib import Path
from infrastructure.views.embedded import EmbeddedServer
print(EmbeddedServer(Path(sys.argv[1]), Path(sys.argv[2])).start(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, mongodb_python: Path) -> Path:
    """Make a home of the server once, and stop it: to make one costs a start more."""
    folder = tmp_path_factory.mktemp("made") / "mongodb"
    with EmbeddedServer(folder, mongodb_python):
        pass
    wait_until(lambda: not is_running(folder))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Iterator[Path]:
    """Return a folder of the test's own, in which the server ran once."""
    folder = tmp_path / "data" / "mongodb"
    shutil.copytree(made, folder)
    yield folder
    wait_until(lambda: not is_running(folder))


@pytest.fixture
def start_user(folder: Path, mongodb_python: Path) -> Iterator[Callable[[], "User"]]:
    """Start processes that use the server."""
    users: list[User] = []

    def start() -> User:
        users.append(User(folder, mongodb_python))
        return users[-1]

    yield start
    for user in users:
        user.kill()


class User:
    """A process that uses the server until it is killed."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER_PROGRAM, str(folder), str(python)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def uri(self) -> str:
        """Wait until it found the server, and return where."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self, signal_number: int = signal.SIGKILL) -> None:
        """Send it, and all of its process group, a signal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal_number)
        self.process.communicate()


def is_running(folder: Path) -> bool:
    """Tell whether a server or guard lives in a folder."""
    return GuardedServer(folder, folder / "users.lock").is_running()


def state_of(folder: Path) -> dict[str, int]:
    """Return what the guard wrote down."""
    return {
        name: value
        for name, value in json.loads((folder / "server.json").read_text()).items()
        if name != "version"
    }


def documents_at(uri: str) -> int:
    """Count what was kept by `keep_a_document`."""
    with connect(uri).client as client:
        return client["fileledger"]["kept"].count_documents({})


def keep_a_document(uri: str) -> None:
    """Store something."""
    with connect(uri).client as client:
        client["fileledger"]["kept"].insert_one({})


def test_the_first_start_makes_a_private_server_with_a_password(tmp_path: Path, mongodb_python: Path) -> None:
    """Nobody else on the machine gets in: not by the folder, nor the port, nor the process list."""
    folder = tmp_path / "mongodb"
    with EmbeddedServer(folder, mongodb_python) as uri:
        assert uri.startswith("mongodb://fileledger:")
        password = uri.split(":")[2].split("@")[0]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (kept,) = folder.glob("secantus-*/password")
        assert kept.read_text() == password
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        for stranger in (uri.replace(f"fileledger:{password}@", ""), uri.replace(password, "guess")):
            with connect(stranger).client as client, pytest.raises(OperationFailure):
                client["fileledger"]["kept"].find_one()
        for process in ("pid", "guard_pid"):
            for file in ("cmdline", "environ"):
                assert password.encode() not in Path(f"/proc/{state_of(folder)[process]}/{file}").read_bytes()
        keep_a_document(uri)
        assert documents_at(uri) == 1
    wait_until(lambda: not is_running(folder))


def test_what_was_stored_is_there_at_the_next_start(folder: Path, mongodb_python: Path) -> None:
    """A clean stop keeps the storage."""
    with EmbeddedServer(folder, mongodb_python) as uri:
        keep_a_document(uri)
    wait_until(lambda: not is_running(folder))
    assert not (folder / "server.json").exists()
    with EmbeddedServer(folder, mongodb_python) as uri:
        assert documents_at(uri) == 1


def test_a_server_launched_beforehand_is_the_one_that_is_used(folder: Path, mongodb_python: Path) -> None:
    """Who launches it does not wait for it, and joins it later; who leaves without joining leaves none."""
    server = EmbeddedServer(folder, mongodb_python)
    try:
        server.launch()
        assert is_running(folder)
        wait_until((folder / "server.json").exists)
        launched = state_of(folder)["pid"]
        server.launch()
        server.start()
        assert state_of(folder)["pid"] == launched
    finally:
        server.close()
    wait_until(lambda: not is_running(folder))


def test_a_second_process_uses_the_running_server(
    folder: Path, mongodb_python: Path, start_user: Callable[[], User]
) -> None:
    """Who comes second finds the same server, and it outlives the first."""
    first = start_user()
    uri = first.uri()
    server = EmbeddedServer(folder, mongodb_python)
    assert server.start() == uri
    first.kill()
    keep_a_document(uri)
    assert documents_at(uri) == 1
    server.close()
    wait_until(lambda: not is_running(folder))


def test_the_server_stops_when_its_users_are_killed(folder: Path, start_user: Callable[[], User]) -> None:
    """Kill -9 of all users leaves no server behind."""
    users = [start_user() for _ in range(2)]
    assert users[0].uri() == users[1].uri()
    pids = state_of(folder)
    for user in users:
        user.kill()
    wait_until(lambda: not is_running(folder))
    wait_until(lambda: not (is_alive(pids["pid"]) or is_alive(pids["guard_pid"])))


def is_alive(pid: int) -> bool:
    """Tell whether a process lives (a dead one that nobody buried does not)."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_control_c_in_the_terminal_does_not_reach_the_server(
    folder: Path, mongodb_python: Path, start_user: Callable[[], User]
) -> None:
    """The signal goes to the process group of the user; the server is in none of its."""
    user = start_user()
    user.uri()
    with EmbeddedServer(folder, mongodb_python) as uri:
        user.kill(signal.SIGINT)
        keep_a_document(uri)
        assert documents_at(uri) == 1


def test_processes_that_start_at_once_share_one_server(start_user: Callable[[], User]) -> None:
    """A race of first users ends with one server."""
    users = [start_user() for _ in range(4)]
    assert len({user.uri() for user in users}) == 1


def test_starts_while_the_server_stops_find_a_new_one(folder: Path, mongodb_python: Path) -> None:
    """Whoever comes while the guard stops the server waits for that, and starts it again."""
    for round_ in range(3):
        with EmbeddedServer(folder, mongodb_python) as uri:
            keep_a_document(uri)
            assert documents_at(uri) == round_ + 1


def test_a_server_killed_under_its_users_comes_back_at_the_same_address(
    folder: Path, mongodb_python: Path
) -> None:
    """Views go on with the client that they have: the server is revived at their next question."""
    story = Story()
    story.upload()
    server = EmbeddedServer(folder, mongodb_python)
    uri = server.start()
    database = connect(uri, timeout_ms=500)
    with database.client:
        apply_migrations(database)

        def revive() -> None:
            assert server.start() == uri
            apply_migrations(database)

        views = MongoViews(database, story.store, locate, revive=revive)
        for victim in ("pid", "guard_pid"):
            views.catch_up()
            os.kill(state_of(folder)[victim], signal.SIGKILL)
            story.upload()
            assert views.catch_up() == story.store.head()
            assert stored_documents(database) == naive_views(story.store.events)
    server.close()


def test_a_port_taken_by_another_program_is_told(folder: Path, mongodb_python: Path) -> None:
    """The server died, somebody else listens there now: old clients cannot find it, new ones can."""
    server, other = EmbeddedServer(folder, mongodb_python), EmbeddedServer(folder, mongodb_python)
    server.start()
    state = state_of(folder)
    os.kill(state["pid"], signal.SIGKILL)
    wait_until(lambda: not is_running(folder))
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", state["port"]))
        squatter.listen()
        with pytest.raises(EnvironmentFaultError, match="another port"):
            server.start()
        assert documents_at(other.start()) == 0
    server.close()
    other.close()


def test_kill_9_amid_writes_loses_nothing_that_matters(folder: Path, mongodb_python: Path) -> None:
    """Killed at any moment of catching up, the server comes back with a state to go on from."""
    story = Story()
    for _ in range(15):
        story.upload("alice", hours=3)
        story.start("bob")
        story.finish("bob")
        story.expire("alice")
    server = EmbeddedServer(folder, mongodb_python)
    database = connect(server.start(), timeout_ms=2000)
    with database.client:
        apply_migrations(database)

        def revive() -> None:
            server.start()
            apply_migrations(database)

        views = MongoViews(database, story.store, locate, revive=revive, events_a_batch=5)

        def kill() -> None:
            with suppress(OSError, KeyError):
                os.kill(state_of(folder)["pid"], signal.SIGKILL)

        for after_s in (0.02, 0.1):
            killer = threading.Timer(after_s, kill)
            killer.start()
            views.catch_up()
            killer.join()
        views.catch_up()
        assert stored_documents(database) == naive_views(story.store.events)
    server.close()


def test_a_first_start_killed_half_way_is_made_again(tmp_path: Path, mongodb_python: Path) -> None:
    """The server that was open for a moment goes with its maker; the next start makes a home of its own."""
    folder = tmp_path / "mongodb"
    user = User(folder, mongodb_python)
    wait_until(lambda: any(folder.glob("new-*/server.json")))
    (workshop,) = folder.glob("new-*")
    user.kill()
    wait_until(lambda: not GuardedServer(workshop, folder / "users.lock").is_running())
    assert not any(folder.glob("secantus-*"))
    with EmbeddedServer(folder, mongodb_python) as uri:
        assert documents_at(uri) == 0
        assert not workshop.exists()
    wait_until(lambda: not is_running(folder))


def test_a_stale_state_file_is_no_server(folder: Path, mongodb_python: Path) -> None:
    """What a machine that lost power left in writing is not believed."""
    stale = {"port": 9, "version": "0.0.0", "pid": 1, "guard_pid": 1}
    (folder / "server.json").write_text(json.dumps(stale))
    with EmbeddedServer(folder, mongodb_python) as uri:
        keep_a_document(uri)
        assert documents_at(uri) == 1


def test_a_damaged_storage_is_dropped_and_made_anew(
    folder: Path, mongodb_python: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Views can be rebuilt: a storage that the server cannot open is no reason to stop, and is told."""
    for file in folder.glob("secantus-*/storage/*"):
        if file.is_file():
            file.write_bytes(b"damage" * 1000)
    with caplog.at_level(logging.WARNING), EmbeddedServer(folder, mongodb_python) as uri:
        assert documents_at(uri) == 0
    assert "dropping the embedded MongoDB's storage" in caplog.text


def test_the_storage_of_another_version_is_dropped(
    folder: Path, mongodb_python: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No storage is carried from one version of the server to another."""
    (home,) = folder.glob("secantus-*")
    other = home.rename(folder / "secantus-0.0.1")
    with caplog.at_level(logging.WARNING), EmbeddedServer(folder, mongodb_python) as uri:
        assert documents_at(uri) == 0
        assert home.exists()
        assert not other.exists()
    assert "another version" in caplog.text


def test_a_server_that_is_not_installed_is_named_with_the_remedy(tmp_path: Path) -> None:
    """Without the server's environment: how to get it, or what to use instead."""
    with pytest.raises(EnvironmentFaultError, match=r"make setup.*MONGODB_URI"):
        EmbeddedServer(tmp_path / "mongodb", tmp_path / "bin" / "python").start()


def test_a_server_that_cannot_run_says_what_it_said(tmp_path: Path) -> None:
    """A broken environment is told with the last line of the server's own log."""
    (tmp_path / "lib/python3.0/site-packages/secantusdb-0.dist-info").mkdir(parents=True)
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho the library is missing >&2\nexit 1\n")
    python.chmod(0o755)
    server = EmbeddedServer(tmp_path / "mongodb", python)
    with pytest.raises(EnvironmentFaultError, match=r"the library is missing.*MONGODB_URI"):
        server.start()
    server.close()


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path, mongodb_python: Path) -> None:
    """A file in the way is told as such."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(EnvironmentFaultError, match="Cannot keep the embedded MongoDB"):
        EmbeddedServer(tmp_path / "data" / "mongodb", mongodb_python).start()


def test_a_stranger_who_came_in_while_it_was_open_is_found(folder: Path, mongodb_python: Path) -> None:
    """A second user of the server is none of ours: nothing is trusted to it any more."""
    server = EmbeddedServer(folder, mongodb_python)
    with connect(server.start()).client as client:
        client.admin.command("createUser", "stranger", pwd="x", roles=["root"])
    with pytest.raises(EnvironmentFaultError, match="tampered with"):
        server.start()
    server.close()


def test_a_renewed_server_is_empty_and_known_to_its_users_as_before(
    folder: Path, mongodb_python: Path
) -> None:
    """What was stored is in no file of it any more; the same address serves; once an occasion."""

    def is_stored() -> bool:
        return any(b"zanzibar" in path.read_bytes() for path in folder.rglob("*") if path.is_file())

    with EmbeddedServer(folder, mongodb_python) as server_uri, connect(server_uri).client as client:
        views = client["fileledger"]["views"]
        views.insert_many([{"name": "zanzibar" * 100, "number": number} for number in range(500)])
        views.delete_many({})
        EmbeddedServer(folder, mongodb_python).renew("first")
        assert not is_stored()
        with suppress(ConnectionFailure):
            client.admin.command("ping")
        assert views.count_documents({}) == 0
        views.insert_one({"name": "kept"})
        EmbeddedServer(folder, mongodb_python).renew("first")
        assert views.count_documents({}) == 1


def test_a_machine_without_loopback_is_told_so_at_once(folder: Path, mongodb_python: Path) -> None:
    """Nothing can reach the server there, however long one waits."""
    alone = ["unshare", "-rn"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs a network namespace of its own")
    command = [*alone, sys.executable, "-c", USER_PROGRAM, str(folder), str(mongodb_python)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert "loopback interface is down" in ended.stderr.splitlines()[-1]
