"""Files as the ledger knows them: identity, names, order. Bytes live elsewhere."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain.errors import InvalidValueError
from domain.metadata import Timestamp

UPLOAD_ORIGIN = "upload"
MAX_FILENAME_CHARACTERS = 200
_USER_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
_FILE_ID = re.compile(r"[a-z0-9]{12}")
_EXTENSION = re.compile(r"(\.tar)?\.[A-Za-z0-9_+-]{1,16}$")


def check_user_id(user_id: str) -> str:
    """Return `user_id` when it is fit to name a ledger and a folder.

    Raises:
        InvalidValueError: it is empty, longer than 64 characters, or holds
            characters that could leave the user's folder.
    """
    if not _USER_ID.fullmatch(user_id):
        msg = (
            f"{user_id[:80]!r} is no user id: 1 to 64 letters, digits or _.@- are allowed, "
            "and the first may not be a dot, an @ or a dash."
        )
        raise InvalidValueError(msg)
    return user_id


def is_file_id(text: str) -> bool:
    """Tell whether `text` has the shape of a file id (12 of a-z and 0-9)."""
    return _FILE_ID.fullmatch(text) is not None


def clean_filename(filename: str) -> str:
    """Return a display name without paths, control or direction-changing characters.

    Names are hostile: they are shown in terminals, chats and prompts.
    """
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c if unicodedata.category(c)[0] != "C" else "_" for c in base).strip(" .")
    if len(kept) > MAX_FILENAME_CHARACTERS:
        extension = file_extension(kept)
        kept = kept[: MAX_FILENAME_CHARACTERS - len(extension)] + extension
    return kept or "unnamed"


def file_extension(filename: str) -> str:
    """Return the lower-case extension with its dot (`.csv`, `.tar.gz`), or an empty string."""
    match = _EXTENSION.search(filename)
    return match.group(0).lower() if match and match.start() > 0 else ""


UserId = Annotated[str, AfterValidator(check_user_id)]


class LedgerFile(BaseModel):
    """A live file: what a user may list, load, download and delete.

    `expires_at` is None for a file that never expires. `origin` is `upload`, or
    the id of the execution that generated the file.
    """

    model_config = ConfigDict(frozen=True)

    file_id: str
    filename: str
    extension: str
    file_type: str
    size_bytes: int = Field(ge=0)
    sha256: str
    uploaded_at: Timestamp
    expires_at: Timestamp | None
    origin: str = UPLOAD_ORIGIN

    @property
    def is_upload(self) -> bool:
        """Whether a person brought the file (else an execution made it)."""
        return self.origin == UPLOAD_ORIGIN

    def is_due(self, now: Timestamp) -> bool:
        """Whether the file's time is over at `now`."""
        return self.expires_at is not None and self.expires_at <= now


class NewFile(BaseModel):
    """A file that asks to be recorded; its bytes are already kept as a blob."""

    model_config = ConfigDict(frozen=True)

    file_id: str = Field(pattern=_FILE_ID.pattern)
    filename: str
    file_type: str
    size_bytes: int = Field(ge=0)
    sha256: str

    @property
    def extension(self) -> str:
        """Extension of the cleaned name, the one its blob carries."""
        return file_extension(self.filename)


def blob_name(file_id: str, extension: str) -> str:
    """Return the name of a file's blob inside its user's folder."""
    return f"{file_id}{extension}"
