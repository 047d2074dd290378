"""The rules of a user's ledger written down naively, to hold the aggregate against."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class NaiveFile:
    """A file: id, who made it, size, times."""

    file_id: str
    size_bytes: int
    expires_at: datetime | None
    is_upload: bool = True


@dataclass
class NaiveLedger:
    """A list of files in order of arrival, and nothing clever."""

    max_files: int
    max_generated_files: int
    max_bytes: int
    files: list[NaiveFile] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    held: set[str | None] = field(default_factory=set)

    def live(self, now: datetime) -> list[NaiveFile]:
        """Return what can be used."""
        return [file for file in self.files if not self._is_due(file, now)]

    def expire(self, now: datetime) -> list[str]:
        """Drop what is due."""
        return [self._drop(file, "expired") for file in list(self.files) if self._is_due(file, now)]

    def upload(self, file: NaiveFile, source: str, now: datetime) -> str | None:
        """Add an upload; None when it can never fit."""
        if source in self.sources:
            return self.sources[source]
        self.expire(now)
        if not self._make_room(file):
            return None
        self.files.append(file)
        self.sources[source] = file.file_id
        return file.file_id

    def generate(self, files: list[NaiveFile], now: datetime) -> list[str]:
        """Add a run's outputs; return the ids of those that found room."""
        self.expire(now)
        kept: list[str] = []
        for file in files:
            if len(kept) < self.max_generated_files and self._make_room(file):
                self.files.append(file)
                kept.append(file.file_id)
        return kept

    def delete(self, file_id: str, now: datetime) -> bool:
        """Drop one live file; False when there is none, or a hold lies on it."""
        for file in self.live(now):
            if file.file_id == file_id and not self._is_held(file):
                self._drop(file, "deleted")
                return True
        return False

    def _make_room(self, new: NaiveFile) -> bool:
        """Drop what has to make room for a newcomer; nothing, when there can be none."""
        left = list(self.files)
        most = self.max_files if new.is_upload else self.max_generated_files
        while sum(file.is_upload == new.is_upload for file in left) + 1 > most:
            if not self._drop_first(left, [file for file in left if file.is_upload == new.is_upload]):
                return False
        while sum(file.size_bytes for file in left) + new.size_bytes > self.max_bytes:
            if not self._drop_first(left, [file for file in left if new.is_upload or not file.is_upload]):
                return False
        for file in [file for file in self.files if file not in left]:
            self._drop(file, "evicted")
        return True

    def _drop_first(self, left: list[NaiveFile], candidates: list[NaiveFile]) -> bool:
        free = [file for file in candidates if not self._is_held(file)]
        if free:
            left.remove(free[0])
        return bool(free)

    def _is_held(self, file: NaiveFile) -> bool:
        return bool(self.held & {None, file.file_id})

    def _is_due(self, file: NaiveFile, now: datetime) -> bool:
        return file.expires_at is not None and file.expires_at <= now and not self._is_held(file)

    def _drop(self, file: NaiveFile, why: str) -> str:
        self.files.remove(file)
        self.held.discard(file.file_id)
        self.gone[file.file_id] = why
        return file.file_id
