"""What changed in a user's file list between two times."""

from dataclasses import dataclass
from datetime import datetime

from application.audit import ReadPastFiles
from domain.errors import InvalidValueError
from domain.files import LedgerFile


@dataclass(frozen=True)
class Difference:
    """The files that came and went; applied to the list at `since` it gives the list at `until`."""

    user_id: str
    since: datetime
    until: datetime
    added: tuple[LedgerFile, ...]
    removed: tuple[LedgerFile, ...]


class CompareFiles:
    """The difference of two past lists."""

    def __init__(self, past_files: ReadPastFiles) -> None:
        self._past_files = past_files

    def __call__(self, user_id: str, since: datetime, until: datetime) -> Difference:
        """Return what came and went from `since` to `until`.

        Raises:
            InvalidValueError: the times stand the wrong way round.
        """
        if until < since:
            msg = f"The second time ({until.isoformat()}) lies before the first ({since.isoformat()})."
            raise InvalidValueError(msg)
        before = {file.file_id: file for file in self._past_files.as_of(user_id, since).files}
        after = {file.file_id: file for file in self._past_files.as_of(user_id, until).files}
        return Difference(
            user_id,
            since,
            until,
            tuple(file for file_id, file in after.items() if file_id not in before),
            tuple(file for file_id, file in before.items() if file_id not in after),
        )
