"""What every blob store does: the folder, and the bucket of a real S3 server over HTTP."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from application.ports.blobs import BlobStore
from domain.errors import IntegrityFaultError
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.blobs.s3 import GRACE, S3BlobStore, connect
from infrastructure.clock import SystemClock
from tests.support.s3 import KEYS

CONTENT = b"a,b\n1,2\n" * 1000
NAME = "abc123xyz789.csv"


class LaterClock(SystemClock):
    """The clock of somebody who comes back after the grace."""

    def now(self) -> datetime:
        """Return the time then."""
        return super().now() + GRACE + timedelta(minutes=1)


def bucket_store(
    tmp_path: Path, address: tuple[str, int], bucket: str, clock: SystemClock | None = None
) -> S3BlobStore:
    """Return a store in a bucket of the local server."""
    url = f"s3://{bucket}/some/prefix"
    store = connect(url, {**KEYS, "endpoint": f"http://{address[0]}:{address[1]}"})
    return S3BlobStore(store, url, tmp_path, clock or SystemClock())


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Return an empty store that takes old leftovers for orphans at once."""
    if request.param == "folder":
        return FolderBlobStore(tmp_path / "user_files")
    address, bucket = request.getfixturevalue("s3_address"), request.getfixturevalue("bucket")
    return bucket_store(tmp_path, address, bucket, LaterClock())


def keep(blobs: BlobStore, name: str = NAME, content: bytes = CONTENT, user: str = "alice") -> None:
    """Commit a blob."""
    with blobs.stage(user) as staged:
        staged.write(content)
        staged.commit(name)


def test_committed_bytes_are_read_back_with_their_digest(blobs: BlobStore) -> None:
    """Size and digest are those of what was written, in pieces."""
    with blobs.stage("alice") as staged:
        staged.write(CONTENT[:7])
        staged.write(CONTENT[7:])
        assert (staged.size_bytes, staged.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
        staged.commit(NAME)
    with blobs.open("alice", NAME) as file:
        assert file.read() == CONTENT


def test_a_blob_is_opened_as_a_descriptor_that_cannot_write(blobs: BlobStore) -> None:
    """A run gets it as it is: it can be mapped and sought, not changed."""
    keep(blobs)
    with blobs.open("alice", NAME) as file:
        assert os.pread(file.fileno(), 4, 4) == CONTENT[4:8]
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(file.fileno(), b"x")


def test_an_empty_and_a_large_blob_come_back_whole(blobs: BlobStore) -> None:
    """No byte, and more than one part of an upload."""
    large = os.urandom(1 << 20) * 12
    keep(blobs, "empty0000000.txt", b"")
    keep(blobs, "large0000000.bin", large)
    with blobs.open("alice", "empty0000000.txt") as empty, blobs.open("alice", "large0000000.bin") as file:
        assert (empty.read(), file.read() == large) == (b"", True)


def test_bytes_not_committed_leave_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    """A staging that ends without commit is gone from disk and store."""
    with blobs.stage("alice") as staged:
        staged.write(CONTENT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert list(blobs.names()) == []


def test_a_purge_frees_the_bytes_once(blobs: BlobStore) -> None:
    """The second purge of the same blob frees nothing and is no error; reading it is one clear line."""
    keep(blobs)
    assert blobs.purge("alice", NAME) == len(CONTENT)
    assert blobs.purge("alice", NAME) == 0
    with pytest.raises(IntegrityFaultError, match=f"The bytes of {NAME} are missing"):
        blobs.open("alice", NAME)


def test_a_name_cannot_leave_its_users_place(blobs: BlobStore) -> None:
    """Path parts in a blob's name are cut off, for reading and for writing."""
    assert blobs.locate("alice", "../../etc/passwd").endswith("/alice/passwd")
    keep(blobs, "../../bob/stolen000000.csv")
    assert list(blobs.names()) == [("alice", "stolen000000.csv")]


def test_names_are_those_of_one_user_or_of_all(blobs: BlobStore) -> None:
    """A user whose id begins like another's is another user."""
    for user in ("alice", "alice2", "bob"):
        keep(blobs, user=user)
    assert sorted(blobs.names()) == [("alice", NAME), ("alice2", NAME), ("bob", NAME)]
    assert list(blobs.names("alice")) == [("alice", NAME)]
    assert list(blobs.names("carol")) == []


def test_the_sweep_takes_what_no_event_names_and_nothing_else(blobs: BlobStore) -> None:
    """A recorded blob stays, an orphan goes, of one user or of all."""
    keep(blobs, "recorded0000.csv")
    keep(blobs, "orphan000000.csv")
    assert blobs.discard_orphans(lambda *_: False, "bob") == []
    assert blobs.discard_orphans(lambda _, name: name.startswith("recorded")) == ["alice/orphan000000.csv"]
    assert list(blobs.names()) == [("alice", "recorded0000.csv")]
