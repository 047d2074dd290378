"""Whatever a run sends to its host: no frame stops it from answering, or leaves anything open."""

import json
import os
import selectors
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.executions import INTERRUPTED, ExecutionReport
from domain.ledger import UserLedger
from domain.metadata import Metadata
from infrastructure.clock import SystemClock
from infrastructure.sandbox import channel
from infrastructure.sandbox.broker import Broker
from infrastructure.sandbox.inputs import ForeignUidInputs
from infrastructure.sandbox.no_packages import NoPackages
from infrastructure.sandbox.provisioning import Provisioning
from infrastructure.sandbox.questions import Questions
from tests.support.fuzzing import tries
from tests.support.sandboxes import RecordingHost
from tests.support.waiting import wait_until

FILE_ID = "abcdefghijkl"
QUESTIONS = ["open", "files", "import", "saw", "tables", "identify", "head", "end", "stage", "name"]


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with keys that mean something, and others."""
    return st.dictionaries(st.sampled_from(QUESTIONS) | st.text(max_size=5), inner, max_size=4)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300) | st.just(FILE_ID)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | objects(inner), max_leaves=20)
frames = st.binary(max_size=300) | objects(values).map(lambda message: json.dumps(message).encode())


class Ear:
    """The host's end, served by a selector as a session does."""

    def __init__(self, folder: Path) -> None:
        (folder / "mine.csv").write_text("a\n1\n")
        self.selector = selectors.DefaultSelector()
        self.address = f"\0fuzz-{os.getpid()}-{id(self)}"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.address)
        self.listener.listen()
        self.listener.settimeout(0)
        self.packages = Provisioning(NoPackages(folder), "alice", modules=20, seconds=5)
        self.broker = Broker(
            RecordingHost(granted={FILE_ID: folder / "mine.csv"}), ForeignUidInputs(), self.packages
        )
        self.packages.serve(self.selector, lambda _: None)
        self.questions = Questions(self.listener, self.selector, at_once=10**6, in_all=10**9)
        self.questions.serve(self.broker.answer)

    def pump(self) -> None:
        """Serve until there is nothing left to do."""
        while ready := self.selector.select(0):
            for key, _ in ready:
                key.data()

    def send(self, *packets: bytes) -> None:
        """Send packets over one connection, and leave without a word."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as guest:
            guest.settimeout(0)
            guest.connect(self.address)
            for packet in packets:
                with suppress(OSError):  # the host has hung up
                    guest.send(packet)
                self.pump()
        self.pump()

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask what an honest guest asks."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as guest:
            guest.settimeout(0)
            guest.connect(self.address)
            channel.send(guest, question)
            self.pump()
            return channel.receive(guest)[0]

    def close(self) -> None:
        """Leave nothing."""
        self.packages.close()
        self.questions.close()
        self.listener.close()
        self.selector.close()


def open_descriptors() -> int:
    """Count what this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts, nothing else


@pytest.mark.fuzz
def test_no_frame_stops_the_host_from_answering(tmp_path: Path) -> None:
    """Bytes, odd values, several at once: the next question is answered, nothing stays open in the end."""
    before = open_descriptors()

    @tries(50)
    @given(packets=st.lists(frames, max_size=3))
    @example([json.dumps({"files": 10**30}).encode()])
    @example([json.dumps({"end": 10**30}).encode()])
    @example([json.dumps({"open": "\ud800"}).encode()])
    @example([json.dumps({"identify": "\ud800.csv", "head": "\ud800"}).encode()])
    @example([json.dumps({"import": ["\ud800", "a" * 9000, "", ".."]}).encode()])
    def goes_on(packets: list[bytes]) -> None:
        ear.send(*packets)
        assert [file["id"] for file in ear.answer({"files": 0})["files"]] == [FILE_ID]

    with closing(Ear(tmp_path)) as ear:
        goes_on()
    wait_until(lambda: open_descriptors() <= before)  # a call for packages may be under way


@pytest.mark.fuzz
@tries(20)
@given(claims=st.lists(values, max_size=3))
def test_whatever_a_run_claims_of_its_files_can_be_recorded(
    tmp_path_factory: pytest.TempPathFactory, claims: list[Any]
) -> None:
    """What is said of tables is cut to what the ledger takes, or left out."""
    with closing(Ear(tmp_path_factory.mktemp("claims"))) as ear:
        ear.answer({"files": 0})
        ear.send(json.dumps({"open": FILE_ID}).encode())
        for claim in claims:
            ear.send(json.dumps({"saw": FILE_ID, "tables": claim}).encode())
        report = ExecutionReport(outcome=INTERRUPTED.outcome, tables=ear.broker.tables)
    at = Metadata(timestamp=SystemClock().now(), actor="user:alice")
    ledger = UserLedger.open("alice", at)
    ledger.start_execution("run-1", "code", model=None, runner="r", metadata=at)
    ledger.finish_execution("run-1", report, metadata=at)
    assert all(event.model_dump_json() for event in ledger.pending_events)  # type: ignore[attr-defined]
