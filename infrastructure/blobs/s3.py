"""Blobs in an S3 bucket: `{prefix}/{user_id}/{file_id}{ext}`.

A blob is staged in a local folder like any other, hashed on the way, and sent
whole when it is committed: the service shows an object only after the last byte
arrived, so nobody sees half of one. Reading copies the object into a file
without a name, because a run gets descriptors and not addresses.

No lock reaches across machines. What no event names is therefore an orphan only
once it is older than `GRACE`: between commit and event lie milliseconds.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from application.ports.blobs import Stray
from application.ports.clock import Clock
from domain.errors import EnvironmentFaultError, IntegrityFaultError
from domain.files import check_user_id
from infrastructure.blobs.staging import StagedFile, StagingFolder
from infrastructure.files import make_private_folder, os_errors

if TYPE_CHECKING:  # the library has these for type checkers only
    from obstore.store import ClientConfig, RetryConfig, S3Config

GRACE = timedelta(hours=1)

CLIENT: "ClientConfig" = {"connect_timeout": "5s", "timeout": "60s", "allow_http": True}
RETRY: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}


class S3BlobStore:
    """`BlobStore` in a bucket of S3, or of a service that speaks its protocol."""

    def __init__(self, store: S3Store, where: str, scratch: Path, clock: Clock) -> None:
        """`where`: the URL that people know it by; `scratch`: a local folder for bytes on their way."""
        self._store, self._where = store, where.rstrip("/")
        self._scratch, self._clock = scratch, clock
        self._staging = StagingFolder(scratch / "staging")

    @contextmanager
    def stage(self, user_id: str) -> Iterator[StagedFile]:
        """Open a staging blob; bytes not committed when the block ends are gone."""
        owner = check_user_id(user_id)

        def send(content: Path, name: str) -> None:
            with self._faults("save the file"):
                obstore.put(self._store, f"{owner}/{Path(name).name}", content)

        with self._staging.open(send) as staged:
            yield staged

    def open(self, user_id: str, name: str) -> BinaryIO:
        """Open a copy of a blob for reading."""
        with self._faults("read the file"):
            try:
                arriving = obstore.get(self._store, _key(user_id, name)).stream()
            except (NotFoundError, FileNotFoundError) as error:
                msg = f"The bytes of {name} are missing in {self._where}. `fileledger verify` tells more."
                raise IntegrityFaultError(msg) from error
            with os_errors("read the file"):
                return self._local(arriving)

    def _local(self, arriving: Iterator[object]) -> BinaryIO:
        make_private_folder(self._scratch)
        with TemporaryFile(dir=self._scratch) as copy:
            for chunk in arriving:
                copy.write(memoryview(chunk))  # type: ignore[arg-type]  # obstore.Bytes is a buffer
            copy.flush()
            return Path(f"/proc/self/fd/{copy.fileno()}").open("rb")  # read-only, unlike the one it opens

    def locate(self, user_id: str, name: str) -> str:
        """Return the blob's URL."""
        return f"{self._where}/{_key(user_id, name)}"

    def purge(self, user_id: str, name: str) -> int:
        """Remove a blob and return the bytes freed; 0 when it was gone already."""
        key = _key(user_id, name)
        with self._faults("delete the file"):
            try:
                size_bytes = obstore.head(self._store, key)["size"]
            except (NotFoundError, FileNotFoundError):
                return 0
            obstore.delete(self._store, key)
        return size_bytes

    def names(self, user_id: str | None = None) -> Iterator[tuple[str, str]]:
        """Yield (user_id, name) of every committed blob, of one user or of all."""
        for owner, name, _, _ in self._objects(user_id):
            yield owner, name

    def discard_orphans(
        self, is_recorded: Callable[[str, str], bool], user_id: str | None = None
    ) -> list[str]:
        """Remove what dead processes staged here, and objects past their grace that no event names."""
        gone = self._staging.sweep()
        for owner, name, age, _ in list(self._objects(user_id)):
            if age > GRACE and not is_recorded(owner, name):
                self.purge(owner, name)
                gone.append(f"{owner}/{name}")
        return gone

    def strays(self, is_recorded: Callable[[str, str], bool]) -> Iterator[Stray]:
        """Yield the objects past their grace that no event names."""
        for owner, name, age, size_bytes in self._objects(None):
            if age > GRACE and not is_recorded(owner, name):
                yield Stray(f"{owner}/{name}", size_bytes)

    def discard_set_aside(self, user_id: str) -> None:
        """Remove what is below the user's part of `quarantine/`."""
        with self._faults("delete what was set aside"):
            for page in obstore.list(self._store, f"quarantine/{check_user_id(user_id)}"):
                obstore.delete(self._store, [found["path"] for found in page])

    def set_aside(self, where: str) -> str:
        """Move an object below `quarantine/`, under a name of its own."""
        target = f"quarantine/{where}.{token_hex(4)}"
        with self._faults("set bytes aside"), suppress(NotFoundError, FileNotFoundError):
            obstore.rename(self._store, where, target)
        return f"{self._where}/{target}"

    def check(self) -> str:
        """Return the bucket's URL, after it answered."""
        with self._faults("list the files"):
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        return f"in {self._where}, which answers"

    def _objects(self, user_id: str | None) -> Iterator[tuple[str, str, timedelta, int]]:
        prefix = None if user_id is None else check_user_id(user_id)
        now = self._clock.now()
        with self._faults("list the files"):
            for page in obstore.list(self._store, prefix):
                for found in page:
                    owner, _, name = found["path"].partition("/")
                    if name and "/" not in name:
                        yield owner, name, now - found["last_modified"], found["size"]

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        try:
            yield
        except BaseError as error:
            why = " ".join(str(error).split("\n", 1)[0].split())[:200]
            msg = f"Cannot {doing}: {self._where} says: {why}. Check BLOB_URL, AWS_* and that service."
            raise EnvironmentFaultError(msg) from error


def connect(url: str, access: "S3Config") -> S3Store:
    """Return the bucket of `s3://bucket/prefix`.

    What `access` leaves out comes from the process's environment (AWS_*) and the
    machine's role.
    """
    parts = urlsplit(url)
    prefix = parts.path.strip("/") or None
    return S3Store(parts.netloc, prefix=prefix, config=access, client_options=CLIENT, retry_config=RETRY)


def _key(user_id: str, name: str) -> str:
    return f"{check_user_id(user_id)}/{Path(name).name}"
