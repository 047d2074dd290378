"""The command that holds the disk against the ledger: fsck."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from application.file_check import DamagedFile
from application.fsck import Action, FsckReport, Step
from domain.damage import Damage
from domain.errors import UsageError
from interfaces.cli.options import AsJson
from interfaces.cli.session import ExitCode, people, print_document, session_of
from interfaces.cli.text import safe_text
from interfaces.sizes import size_text

_ACTION_WORDS = {
    Action.SET_ASIDE: "set {what} aside, into quarantine/",
    Action.RESTORE: "restore {file} from its copy {what}",
    Action.RECORD_LOSS: "record that {file} is lost (FileLost): it leaves the list",
}


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(fsck)


def fsck(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend it: append events, restore bytes or set them aside.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --repair: say what it would do, and do nothing.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Hold the disk against the ledger: files whose bytes are missing or altered, bytes of no file."""
    if dry_run and not repair:
        msg = "--dry-run goes with --repair; without --repair nothing is changed anyway."
        raise UsageError(msg)
    with session_of(context).wiring() as wiring:
        report = wiring.fsck(repair=repair and not dry_run)
        if report.taken:
            wiring.settle()
    following = next_step(report, is_dry_run=dry_run)
    if as_json:
        print_document(_document(report, following))
    else:
        people().print(_rendered(report, following), markup=False)
    return ExitCode.DONE if report.is_mended else ExitCode.FOUND_WRONG


def next_step(report: FsckReport, *, is_dry_run: bool) -> str:
    """Return what to do now, empty when nothing is."""
    if report.unreadable:
        return "Run `fileledger verify`: it names the damaged events; restore the ledger, then fsck again."
    if report.left and report.taken == len(report.plan):
        return "Check the disk; what it cannot read: put it back from a backup, or delete the file."
    if not report.plan:
        return ""
    if report.taken:
        return "Run `fileledger verify`. What was set aside is in quarantine/ until you remove it."
    if is_dry_run:
        return "Run `fileledger fsck --repair` to do so, or put the bytes back from a backup first."
    return "Run `fileledger fsck --repair --dry-run` to see what a repair would do."


def _document(report: FsckReport, following: str) -> dict[str, Any]:
    steps = [_step_document(step) for step in report.plan]
    return {
        "ok": report.is_mended,
        "missing": _damaged_documents(report, Damage.MISSING),
        "orphans": [{"path": stray.where, "size_bytes": stray.size_bytes} for stray in report.strays],
        "altered": _damaged_documents(report, Damage.ALTERED),
        "unreadable": list(report.unreadable),
        "unreadable_files": _damaged_documents(report, Damage.UNREADABLE),
        "planned": steps[report.taken :],
        "repaired": steps[: report.taken],
        "next": following or None,
    }


def _damaged_documents(report: FsckReport, damage: Damage) -> list[dict[str, Any]]:
    return [_damaged_document(damaged) for damaged in report.damaged if damaged.damage is damage]


def _damaged_document(damaged: DamagedFile) -> dict[str, Any]:
    path = f"{damaged.user_id}/{damaged.name}"
    names = {"file_id": damaged.file.file_id, "filename": damaged.file.filename}
    return {"user_id": damaged.user_id, **names, "path": path}


def _step_document(step: Step) -> dict[str, Any]:
    file_id = step.damaged.file.file_id if step.damaged else None
    return {"action": step.action.value, "what": step.what, "file_id": file_id}


def _rendered(report: FsckReport, following: str) -> RenderableType:
    lines = [
        *(f"{it.damage.value}: {it.user_id}/{it.name} ({it.file.filename})" for it in report.damaged),
        *(f"orphan: {stray.where} ({size_text(stray.size_bytes)})" for stray in report.strays),
        *(f"unreadable: ledger {ledger}" for ledger in report.unreadable),
    ]
    if not lines:
        return Text("✓ Every file's bytes are on disk as they were recorded, and nothing else is.", "green")
    title = Text(f"{'✓ mended' if report.is_mended else '✗ found'}: {len(lines)}")
    title.stylize("green" if report.is_mended else "red")
    would = "" if report.taken else "would "
    steps = [Text(safe_text(f"  {would}{_words(step)}"), "dim") for step in report.plan]
    found = [Text(safe_text(f"  {line}")) for line in lines]
    return Group(title, *found, *steps, Text(f"Next: {following}", "yellow"))


def _words(step: Step) -> str:
    file = f"{step.damaged.file.file_id} ({step.damaged.file.filename})" if step.damaged else ""
    return _ACTION_WORDS[step.action].format(what=step.what, file=file)
