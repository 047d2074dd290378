"""The blob store that the settings ask for."""

from pathlib import Path
from typing import TYPE_CHECKING

from application.ports.blobs import BlobStore
from application.ports.clock import Clock
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config


def create_blob_store(settings: Settings, data_dir: Path, clock: Clock) -> BlobStore:
    """Return blobs in the bucket of BLOB_URL, or else in a folder."""
    if settings.blob_url is None:
        return FolderBlobStore(data_dir / "user_files")
    from infrastructure.blobs.s3 import S3BlobStore, connect  # noqa: PLC0415 - only who uses it pays for it

    bucket = connect(settings.blob_url, _access(settings))
    return S3BlobStore(bucket, settings.blob_url, data_dir, clock)


def _access(settings: Settings) -> "S3Config":
    access: S3Config = {}
    if settings.aws_endpoint_url:
        access["endpoint"] = settings.aws_endpoint_url
    if settings.aws_region:
        access["region"] = settings.aws_region
    if settings.aws_access_key_id and settings.aws_secret_access_key:
        access["access_key_id"] = settings.aws_access_key_id.get_secret_value()
        access["secret_access_key"] = settings.aws_secret_access_key.get_secret_value()
    return access
