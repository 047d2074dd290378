"""Blobs in a bucket, when the service fails as services do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.blobs.s3 import S3BlobStore, connect
from infrastructure.clock import SystemClock
from tests.support.fault_table import record
from tests.support.s3 import KEYS, FaultyProxy

CONTENT = b"a,b\n1,2\n" * 100_000
NAME = "abc123xyz789.csv"


@pytest.fixture
def proxy(s3_address: tuple[str, int]) -> Iterator[FaultyProxy]:
    """Stand between the store and its service."""
    with FaultyProxy(s3_address) as proxy:
        yield proxy


@pytest.fixture
def blobs(proxy: FaultyProxy, bucket: str, tmp_path: Path) -> S3BlobStore:
    """Return a store behind the proxy."""
    store = connect(f"s3://{bucket}", {**KEYS, "endpoint": proxy.url})
    return S3BlobStore(store, f"s3://{bucket}", tmp_path, SystemClock())


def keep(blobs: S3BlobStore) -> None:
    """Commit a blob of alice's."""
    with blobs.stage("alice") as staged:
        staged.write(CONTENT)
        staged.commit(NAME)


def test_errors_that_pass_are_waited_out(blobs: S3BlobStore, proxy: FaultyProxy) -> None:
    """Two 500s on the way in and on the way out cost time, not bytes."""
    proxy.errors = 2
    keep(blobs)
    proxy.errors = 2
    with blobs.open("alice", NAME) as file:
        assert file.read() == CONTENT
    assert proxy.errors == 0
    record("S3 answers 500 a while", "keep, read", times=4, acknowledged=2, recovers="by itself")


def test_a_body_that_breaks_off_never_passes_for_the_file(blobs: S3BlobStore, proxy: FaultyProxy) -> None:
    """Half of the bytes and an end: the rest is fetched, or it is an error; never half a file."""
    keep(blobs)
    proxy.halves = 1
    with blobs.open("alice", NAME) as file:
        assert file.read() == CONTENT
    assert proxy.halves == 0
    record("S3 sends half a body", "read", acknowledged=1, recovers="by itself: it fetches the rest")


def test_errors_that_stay_are_one_clear_line_and_nothing_is_kept(
    blobs: S3BlobStore, proxy: FaultyProxy, tmp_path: Path
) -> None:
    """The user hears what failed and where; what was staged is gone, and the next try works."""
    proxy.errors = 100
    with pytest.raises(EnvironmentFaultError, match="Cannot save the file: s3://bucket-") as raised:
        keep(blobs)
    assert "\n" not in str(raised.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    proxy.errors = 0
    keep(blobs)
    assert list(blobs.names()) == [("alice", NAME)]
    says = str(raised.value)
    record("S3 answers 500 only", "keep", acknowledged=1, says=says, recovers="at the next try")


def test_a_young_blob_without_an_event_is_spared(blobs: S3BlobStore) -> None:
    """It may be about to be recorded by another machine."""
    keep(blobs)
    assert blobs.discard_orphans(lambda *_: False) == []
    assert list(blobs.names()) == [("alice", NAME)]


def test_no_key_is_in_an_error(bucket: str, tmp_path: Path) -> None:
    """A service that is not there is named without the secret."""
    store = connect(
        f"s3://{bucket}", {**KEYS, "secret_access_key": "s3cr3t", "endpoint": "http://127.0.0.1:9"}
    )
    with pytest.raises(EnvironmentFaultError) as raised:
        keep(S3BlobStore(store, f"s3://{bucket}", tmp_path, SystemClock()))
    assert "s3cr3t" not in str(raised.value)


def test_the_check_asks_the_service(blobs: S3BlobStore, proxy: FaultyProxy) -> None:
    """A bucket that answers is named; a service that only fails is an error."""
    assert "which answers" in blobs.check()
    proxy.errors = 100
    with pytest.raises(EnvironmentFaultError, match="Check BLOB_URL"):
        blobs.check()
