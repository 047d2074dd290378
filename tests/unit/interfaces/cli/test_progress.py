"""What stops a run that somebody watches, and where its output goes in a pipe."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from interfaces.cli.progress import PipedObserver, WaitingObserver


@pytest.fixture
def observer() -> WaitingObserver:
    """Somebody who watches for alice, on no terminal."""
    return WaitingObserver(Console(stderr=True), "alice")


@pytest.fixture
def _usual_hangup() -> Iterator[None]:
    """Have SIGHUP end the program, as where nobody ran `nohup`, and put its handler back at the end."""
    usual = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, usual)


@pytest.mark.usefixtures("_usual_hangup")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_to_end_cancels_and_then_ends_the_program(
    observer: WaitingObserver, number: signal.Signals, status: int
) -> None:
    """The run and the shell are told what stopped it; afterwards the signal means what it meant before."""
    usual = signal.getsignal(number)
    with observer:
        signal.raise_signal(number)
        assert observer.cancelled_by() == f"system:signal-{number.name}"
    with pytest.raises(SystemExit) as left:
        observer.leave_if_told_to()
    assert left.value.code == status
    assert signal.getsignal(number) is usual


def test_a_second_signal_to_end_leaves_at_once(observer: WaitingObserver) -> None:
    """Whoever cannot wait for the run need not."""
    with observer:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(SystemExit):
            signal.raise_signal(signal.SIGTERM)


def test_the_keyboard_stops_in_the_name_of_the_user_and_ends_nothing(observer: WaitingObserver) -> None:
    """A console goes on after it."""
    with observer:
        signal.raise_signal(signal.SIGINT)
        assert observer.cancelled_by() == "user:alice"
    observer.leave_if_told_to()


@pytest.mark.usefixtures("_usual_hangup")
def test_a_signal_that_was_to_be_ignored_stays_ignored(observer: WaitingObserver) -> None:
    """With `nohup` a run survives its terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with observer:
        signal.raise_signal(signal.SIGHUP)
        assert not observer.cancelled_by()


def test_output_appears_as_it_is_printed_and_stderr_ends_its_line(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """Each stream on its own, to the character but for what steers terminals."""
    with PipedObserver(Console(stderr=True), "alice") as observer:
        observer.show_output("stdout", "a\r\n\tb")
        observer.show_output("stderr", "oh\x1b[2J")
        assert capfdbinary.readouterr() == (b"a\r\n\tb", "oh�[2J".encode())
        observer.end_output()
    assert capfdbinary.readouterr() == (b"", b"\n")


def test_a_reader_that_left_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fileledger run … | head -1` keeps what the run makes afterwards."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken, PipedObserver(Console(stderr=True), "alice") as observer:
        monkeypatch.setattr("sys.stdout", broken)
        observer.show_output("stdout", "one")
        observer.show_output("stdout", "two")
        observer.end_output()


def test_a_full_disk_is_told_after_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be printed is no success."""
    with Path("/dev/full").open("w") as full, PipedObserver(Console(stderr=True), "alice") as observer:
        monkeypatch.setattr("sys.stdout", full)
        observer.show_output("stdout", "one")
        with pytest.raises(OSError, match="No space"):
            observer.end_output()
