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

    def expire(self, now: datetime) -> list[str]:
        """Drop what is due."""
        return [
            self._drop(f, "expired")
            for f in list(self.files)
            if f.expires_at is not None and f.expires_at <= now
        ]

    def upload(self, file: NaiveFile, source: str, now: datetime) -> str | None:
        """Add an upload; None when it can never fit."""
        if source in self.sources:
            return self.sources[source]
        self.expire(now)
        if file.size_bytes > self.max_bytes:
            return None
        while sum(f.is_upload for f in self.files) + 1 > self.max_files:
            self._drop(next(f for f in self.files if f.is_upload), "evicted")
        while sum(f.size_bytes for f in self.files) + file.size_bytes > self.max_bytes:
            self._drop(self.files[0], "evicted")
        self.files.append(file)
        self.sources[source] = file.file_id
        return file.file_id

    def generate(self, files: list[NaiveFile], now: datetime) -> list[str]:
        """Add a run's outputs; return the ids of those that found room."""
        self.expire(now)
        kept: list[str] = []
        for file in files:
            uploads = sum(f.size_bytes for f in self.files if f.is_upload)
            if len(kept) == self.max_generated_files or uploads + file.size_bytes > self.max_bytes:
                continue
            while sum(not f.is_upload for f in self.files) + 1 > self.max_generated_files:
                self._drop(next(f for f in self.files if not f.is_upload), "evicted")
            while sum(f.size_bytes for f in self.files) + file.size_bytes > self.max_bytes:
                self._drop(next(f for f in self.files if not f.is_upload), "evicted")
            self.files.append(file)
            kept.append(file.file_id)
        return kept

    def delete(self, file_id: str, now: datetime) -> bool:
        """Drop one live file; False when there is none."""
        for file in self.files:
            if file.file_id == file_id and (file.expires_at is None or file.expires_at > now):
                self._drop(file, "deleted")
                return True
        return False

    def _drop(self, file: NaiveFile, why: str) -> str:
        self.files.remove(file)
        self.gone[file.file_id] = why
        return file.file_id
