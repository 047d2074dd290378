"""How bytes become a file that may ask to be recorded: kept first, named and typed on the way."""

from collections.abc import Iterable

from application.ports.blobs import StagedBlob
from application.ports.clock import Ids
from domain.errors import FileTooLargeError
from domain.file_types import HEAD_BYTES, identify
from domain.files import NewFile, blob_name, clean_filename


def take_in(
    staged: StagedBlob, filename: str, chunks: Iterable[bytes], ids: Ids, *, limit_bytes: int | None = None
) -> NewFile:
    """Write `chunks` to a staging blob, commit it under a new file id, and describe the file.

    Raises:
        FileTooLargeError: there are more than `limit_bytes`; nothing is committed.
        EnvironmentFaultError: the disk cannot take it.
    """
    name, head = clean_filename(filename), b""
    for chunk in chunks:
        if limit_bytes is not None and staged.size_bytes + len(chunk) > limit_bytes:
            raise FileTooLargeError(name, limit_bytes)
        head += chunk[: HEAD_BYTES - len(head)]
        staged.write(chunk)
    new = NewFile(
        file_id=ids.file_id(),
        filename=name,
        file_type=identify(name, head).label,
        size_bytes=staged.size_bytes,
        sha256=staged.sha256,
    )
    staged.commit(blob_name(new.file_id, new.extension))
    return new
