"""Pure rules of retention and quota: when a file expires, and who makes room."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.files import LedgerFile
from domain.metadata import to_utc_milliseconds

NEVER_EXPIRES_HOURS = -1.0


class EvictionRule(StrEnum):
    """The limit that an evicted file gave way to."""

    MAX_FILES = "max_files"
    MAX_GENERATED_FILES = "max_generated_files"
    MAX_BYTES = "max_bytes"


@dataclass(frozen=True)
class Limits:
    """What one user may hold at once."""

    max_files: int = 20
    max_generated_files: int = 20
    max_bytes: int = 1024 * 2**20
    max_file_bytes: int = 50 * 2**20

    def of(self, rule: EvictionRule) -> int:
        """Return the value of the limit that `rule` names."""
        return int(getattr(self, rule.value))


@dataclass(frozen=True)
class Eviction:
    """A decision that `file` leaves because of `rule`."""

    file: LedgerFile
    rule: EvictionRule


def expiry_of(uploaded_at: datetime, expiration_hours: float) -> datetime | None:
    """Return when a file uploaded at `uploaded_at` expires; None means never (-1 hours)."""
    if expiration_hours == NEVER_EXPIRES_HOURS:
        return None
    return to_utc_milliseconds(uploaded_at + timedelta(hours=expiration_hours))


def make_room(
    files: Sequence[LedgerFile],
    size_bytes: int,
    limits: Limits,
    *,
    for_upload: bool,
    held: Collection[str] = (),
) -> list[Eviction] | None:
    """Choose who leaves so that a newcomer of `size_bytes` fits; None when it cannot fit.

    `files` are the live files, oldest first; those whose ids are `held` stay. Uploads and generated files are
    counted apart. For bytes an upload displaces the oldest of both kinds; an
    output displaces outputs only, so that a run never costs a person an upload.
    """
    rule = EvictionRule.MAX_FILES if for_upload else EvictionRule.MAX_GENERATED_FILES
    peers = [file for file in files if file.is_upload == for_upload]
    surplus = max(0, len(peers) + 1 - limits.of(rule))
    leaving = [file for file in peers if file.file_id not in held][:surplus]
    if len(leaving) < surplus:
        return None
    evictions = [Eviction(file, rule) for file in leaving]
    gone = {eviction.file.file_id for eviction in evictions}
    remaining = [file for file in files if file.file_id not in gone]
    displaceable = remaining if for_upload else [file for file in remaining if not file.is_upload]
    overweight = total_bytes(remaining) + size_bytes - limits.max_bytes
    for file in displaceable:
        if file.file_id in held:
            continue
        if overweight <= 0:
            break
        evictions.append(Eviction(file, EvictionRule.MAX_BYTES))
        overweight -= file.size_bytes
    return evictions if overweight <= 0 and limits.of(rule) > 0 else None


def total_bytes(files: Iterable[LedgerFile]) -> int:
    """Return the bytes that `files` hold together."""
    return sum(file.size_bytes for file in files)
