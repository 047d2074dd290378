"""Mail, calendars, contacts, references, subtitles, translations and games."""

import io
import mailbox
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_email(source: Source, options: Options) -> EmailMessage:
    """Return the message."""
    refuse(options)
    return _message(source.read())


def load_mbox(source: Source, options: Options) -> list[EmailMessage]:
    """Return the messages of a mailbox."""
    refuse(options)
    with source.temporary_copy(".mbox") as path:
        box = mailbox.mbox(path, create=False)
        try:
            return [_message(box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118 - iterating yields messages
        finally:
            box.close()


def load_calendar(source: Source, options: Options) -> Any:
    """Return the calendar; its entries are `events` and `todos`."""
    import icalendar  # noqa: PLC0415 - rarely needed

    refuse(options)
    return icalendar.Calendar.from_ical(source.text())


def load_ris(source: Source, options: Options) -> list[dict[str, Any]]:
    """Return the references."""
    import rispy  # noqa: PLC0415 - rarely needed

    refuse(options)
    return list(rispy.loads(source.text()))


def load_subtitles(source: Source, options: Options) -> Any:
    """Return the subtitles; times are in milliseconds."""
    import pysubs2  # noqa: PLC0415 - rarely needed

    refuse(options)
    return pysubs2.SSAFile.from_string(source.text())


def load_contacts(source: Source, options: Options) -> list[Any]:
    """Return the cards of a vCard file."""
    import vobject  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return list(vobject.readComponents(source.text()))


def load_bibtex(source: Source, options: Options) -> list[dict[str, str]]:
    """Return the entries, each with its type and key among its fields."""
    import bibtexparser  # noqa: PLC0415 - it comes as a package

    refuse(options)
    if not hasattr(bibtexparser, "parse_string"):
        return list(bibtexparser.loads(source.text()).entries)
    library = bibtexparser.parse_string(source.text())
    return [
        {"ENTRYTYPE": entry.entry_type, "ID": entry.key} | {field.key: field.value for field in entry.fields}
        for entry in library.entries
    ]


def load_msg(source: Source, options: Options) -> Any:
    """Return a message of Outlook."""
    import extract_msg  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return extract_msg.openMsg(source.read())


def load_gettext(source: Source, options: Options) -> Any:
    """Return a catalogue of translations, in source or compiled."""
    import polib  # noqa: PLC0415 - it comes as a package

    refuse(options)
    if source.kind.file_type == "Gettext":
        return polib.pofile(source.text())
    with source.temporary_copy(".mo") as path:
        return polib.mofile(path)


def load_chess(source: Source, options: Options) -> list[Any]:
    """Return the games."""
    import chess.pgn  # noqa: PLC0415 - it comes as a package

    refuse(options)
    text = io.StringIO(source.text())
    return list(iter(lambda: chess.pgn.read_game(text), None))


def _message(content: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(content)
