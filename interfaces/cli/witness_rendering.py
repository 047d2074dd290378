"""How answers about journal and checkpoints look to people."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from application.checkpoints import Taken
from application.ports.journal import JournalStatus, RestoreReport
from interfaces.cli.text import moment_text
from interfaces.sizes import size_text


def journal(status: JournalStatus, set_aside: str | None) -> RenderableType:
    """Return what a journal holds."""
    many = "" if status.segments == 1 else "s"
    size = f"{status.segments} segment{many}, {size_text(status.size_bytes)}"
    lines = [Text(f"{status.events} events up to position {status.position} in {status.folder} ({size}).")]
    if set_aside:
        lines.append(Text(f"The journal before is in {set_aside}.", style="yellow"))
    return Group(*lines)


def checkpoints(taken: Sequence[Taken], copy: Path | None) -> RenderableType:
    """Return checkpoints, with the key that checks them."""
    if not taken:
        return Text("No checkpoints yet; `fileledger checkpoint` takes one.")
    lines = [
        Text(
            f"{one.checkpoint.size} events, {moment_text(one.checkpoint.at)}, "
            f"root {one.checkpoint.root.hex()[:16]}: {one.note.where}"
        )
        for one in taken
    ]
    lines.append(Text(f"Verifier key: {taken[-1].verifier_key}", style="dim"))
    if copy:
        lines.append(Text(f"A copy is in {copy}."))
    else:
        lines.append(Text("Keep a copy, and the verifier key, where the ledger is not.", style="dim"))
    return Group(*lines)


def restored(report: RestoreReport) -> RenderableType:
    """Return what a restore built, and what is still missing."""
    lines = [Text(f"{report.events} events of {report.ledgers} ledgers restored.", style="green")]
    if report.torn:
        lines.append(
            Text("The journal ended in the midst of a write; that line was left out.", style="yellow")
        )
    if report.without_key:
        lines.append(
            Text(
                f"{report.without_key} ledgers have no key here: their personal fields cannot be read. Put "
                "the keys folder of the backup in its place, unless these users were erased.",
                style="yellow",
            )
        )
    lines.append(Text("Next: `fileledger verify`, then `fileledger replay` for the views.", style="dim"))
    return Group(*lines)
