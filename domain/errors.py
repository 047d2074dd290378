"""Every error that the program raises on purpose.

A message says what happened, why, and what to do next; interfaces print it as
it stands. The classes carry the meaning, so that interfaces can choose an exit
code or a tone without reading the text.
"""

MAX_SHOWN_CHARACTERS = 40


class FileLedgerError(Exception):
    """Base of all errors that a user may see."""


class UsageError(FileLedgerError):
    """The request itself is wrong; repeating it unchanged cannot help."""


class InvalidValueError(UsageError, ValueError):
    """A value breaks a rule of the domain (a user id, a time, a limit)."""


class NoSuchFileError(UsageError):
    """No live file of that id belongs to the asking user.

    Absent, gone and foreign files are the same on purpose: an answer that told
    them apart would tell one user about another's files.
    """

    def __init__(self, file_id: str) -> None:
        shown = file_id if len(file_id) <= MAX_SHOWN_CHARACTERS else f"{file_id[:MAX_SHOWN_CHARACTERS]}…"
        self.file_id = shown
        super().__init__(f"You have no file {shown!r}. List your files to see their ids.")


class DeliveredBeforeError(UsageError):
    """A delivery came again whose file has left the list since."""

    def __init__(self, file_id: str) -> None:
        self.file_id = file_id
        super().__init__(
            f"This upload was taken before, as {file_id}, and has left your list since "
            "(ask why with that id). Send the file anew to have it back."
        )


class RefusedError(FileLedgerError):
    """The domain refuses a well-formed request (too large, over quota)."""


class FileTooLargeError(RefusedError):
    """The file is larger than one file may be."""

    def __init__(self, filename: str, limit_bytes: int) -> None:
        self.filename, self.limit_mb = filename, limit_bytes / 2**20
        super().__init__(
            f"{filename!r} is larger than the limit of {self.limit_mb:g} MB for one file "
            "(MAX_FILE_SIZE_MB). Nothing was saved; compress or split it and upload it again."
        )


class QuotaExceededError(RefusedError):
    """The file can never fit into the user's space, whatever is evicted."""

    def __init__(self, filename: str, limit_bytes: int) -> None:
        self.filename, self.limit_mb = filename, limit_bytes / 2**20
        super().__init__(
            f"{filename!r} does not fit into your space of {self.limit_mb:g} MB "
            "(MAX_BYTES_PER_USER_MB). Nothing was saved."
        )


class HeldError(RefusedError):
    """A hold lies on what was to go."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} under a hold by the operators, so it stays for now. Nothing was changed; ask them why."
        )


class HeldFilesFullError(RefusedError):
    """The files that would make room are under a hold."""

    def __init__(self, filename: str) -> None:
        super().__init__(
            f"There is no room for {filename!r}: the files that would make room are under a hold by the "
            "operators. Nothing was saved. Delete a file that is not held, or ask the operators."
        )


class ErasureUnderWayError(RefusedError):
    """The user's data is being erased; nothing else may be recorded until that is done."""

    def __init__(self) -> None:
        super().__init__("Your data is just being erased. Nothing was saved; try again in a moment.")


class ConflictError(FileLedgerError):
    """Another writer saved to the same ledger first; load again and decide again."""


class ReplayCancelledError(FileLedgerError):
    """Whoever asked for a replay stopped it; the views are as they were."""


class EnvironmentFaultError(FileLedgerError):
    """The machine cannot do it (disk full, server gone, no sandbox); names cause and remedy."""


class UnreadableError(EnvironmentFaultError):
    """The disk has the bytes and reports an error at reading them (EIO)."""


class IntegrityFaultError(FileLedgerError):
    """Stored data is not what was written."""


class LedgerCutError(IntegrityFaultError):
    """The ledger is shorter than what was read from it before; nothing may be added to it unseen."""
