import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.sandbox.bubblewrap import find_bwrap
from infrastructure.sandbox.inputs import ForeignUidInputs, InputError, Inputs, ReadOnlyMountInputs
from tests.support.sandboxes import config


@pytest.fixture(params=["foreign uid", "read-only mount"])
def inputs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Inputs]:
    """Both ways of handing a file over."""
    settings = config(tmp_path)
    bwrap = find_bwrap(settings)
    assert bwrap is not None
    made = ForeignUidInputs() if request.param == "foreign uid" else ReadOnlyMountInputs(settings, bwrap)
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A private file."""
    made = tmp_path / "file.txt"
    made.write_text("content")
    made.chmod(0o600)
    return made


def test_a_shared_descriptor_reads_the_same_file_from_its_start(inputs: Inputs, path: Path) -> None:
    """The new descriptor has a position of its own and cannot write."""
    with path.open("rb") as file:
        file.read(3)
        shared = inputs.share(file.fileno())
    assert os.read(shared, 100) == b"content"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(shared, b"x")
    os.close(shared)


def test_a_file_opened_for_writing_is_never_handed_over(inputs: Inputs, path: Path) -> None:
    """Only what was opened for reading may leave."""
    with path.open("r+b") as file, pytest.raises(InputError, match="opened for reading"):
        inputs.share(file.fileno())


def test_a_folder_is_never_handed_over(inputs: Inputs, path: Path) -> None:
    """A descriptor of a folder would be a way to all that is in it."""
    folder = os.open(path.parent, os.O_RDONLY)
    with pytest.raises(InputError, match="regular file"):
        inputs.share(folder)
    os.close(folder)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[ReadOnlyMountInputs]:
    """The way by a read-only mount."""
    settings = config(tmp_path)
    bwrap = find_bwrap(settings)
    assert bwrap is not None
    made = ReadOnlyMountInputs(settings, bwrap)
    yield made
    made.close()


def test_the_owner_can_change_nothing_through_a_read_only_mount(
    mounted: ReadOnlyMountInputs, path: Path
) -> None:
    """Not even a process of the same user can write or change the mode through the descriptor."""
    with path.open("rb") as file:
        shared = mounted.share(file.fileno())
    for change in (
        lambda: os.open(f"/proc/self/fd/{shared}", os.O_RDWR),
        lambda: os.fchmod(shared, 0o666),
        lambda: os.utime(shared, (0, 0)),
    ):
        with pytest.raises(OSError, match="Read-only file system"):
            change()
    os.close(shared)


def test_a_deleted_or_replaced_file_is_refused(mounted: ReadOnlyMountInputs, path: Path) -> None:
    """A name that leads to another file than the descriptor does is not trusted."""
    with path.open("rb") as file:
        path.unlink()
        with pytest.raises(InputError):
            mounted.share(file.fileno())
        path.write_text("another")
        with pytest.raises(InputError):
            mounted.share(file.fileno())


def test_the_helper_is_started_again_when_it_died(mounted: ReadOnlyMountInputs, path: Path) -> None:
    """After a failure the next file is handed over again."""
    with path.open("rb") as file:
        os.close(mounted.share(file.fileno()))
        mounted.close()
        os.close(mounted.share(file.fileno()))
