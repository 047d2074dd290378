"""How answers look to people."""

from collections.abc import Sequence
from datetime import date, datetime

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from application.audit import History, Why, event_data
from application.backup import Backup
from application.files import Listing
from application.ports.sandbox import Check
from application.ports.views import ViewDifference
from application.replay import ReplayReport
from application.run_code import Execution
from application.spending import Spending
from application.upload import Receipt
from application.verify import VerifyReport
from domain.executions import Outcome
from domain.files import LedgerFile
from domain.spending import MICROS
from interfaces.cli.documents import MigrationRow
from interfaces.cli.text import left_text, moment_text, safe_text
from interfaces.sizes import size_text
from interfaces.waits import wait_text

MAX_SHOWN_CHARACTERS = 12_000
SPENDING_DAYS = 14
_NEXT_STEPS = (
    "Ask me to analyse it, to draw it, or for insights, or write Python yourself:",
    "  · Analyze this data and show key statistics          /stats {name}",
    "  · Show me the first 10 rows                          /head {name}",
    "  · Create visualizations from this file               /plot {name}",
    "  · Plot correlations between all numeric columns      /correlations {name}",
    "  · /run with a fenced block:  df = load_file('{file_id}')",
)


def receipt(made: Receipt, now: datetime) -> RenderableType:
    """Return the card that answers an upload."""
    file = made.file
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column()
    facts.add_row("Name", Text(file.filename, style="bold"))
    facts.add_row("Type", file.file_type)
    facts.add_row("Size", size_text(file.size_bytes))
    facts.add_row("File ID", Text(file.file_id, style="cyan"))
    facts.add_row("Expires", expiry_text(file, now))
    facts.add_row("Your Files", count_text(made))
    for gone in made.evicted:
        facts.add_row("Made room", Text(f"{gone.filename} ({gone.file_id}), the oldest", style="yellow"))
    steps = Text("\n".join(_NEXT_STEPS).format(name=file.filename, file_id=file.file_id), style="dim")
    ready = Text("Ready for processing. What you can do now:")
    card = Group(facts, Text(), ready, steps)
    return Panel(card, title="File uploaded successfully", title_align="left", expand=False)


def expiry_text(file: LedgerFile, now: datetime) -> str:
    """Return the expiry, absolute and relative."""
    if file.expires_at is None:
        return "never"
    return f"{moment_text(file.expires_at)} ({left_text(file.expires_at, now)})"


def count_text(held: Listing | Receipt) -> str:
    """Return how many uploads are held, of how many, and what runs made, which counts apart."""
    return f"{held.count}/{held.limit}" + (f" · {held.generated} generated" if held.generated else "")


def listing(shown: Listing, now: datetime, *, is_current: bool = True) -> RenderableType:
    """Return the file list, the current one or that of another time."""
    title = f"Your Files: {count_text(shown)}"
    if not shown.files:
        hint = "Nothing here yet: upload a file with /upload PATH." if is_current else "No file at that time."
        return Text(f"{title}. {hint}")
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in ("File ID", "Name", "Type", "Size", "Uploaded (UTC)", "Time left", "From"):
        table.add_column(column, overflow="fold")
    for file in shown.files:
        table.add_row(
            Text(file.file_id, style="cyan"),
            Text(file.filename),
            file.file_type,
            size_text(file.size_bytes),
            f"{file.uploaded_at:%Y-%m-%d %H:%M}",
            left_text(file.expires_at, now),
            "you" if file.is_upload else "a run",
        )
    return table


def execution(done: Execution, paths: dict[str, str], *, with_output: bool = True) -> RenderableType:
    """Return a finished run: output, files, outcome."""
    parts: list[RenderableType] = []
    if with_output and done.stdout.strip():
        parts.append(Text(clipped(done.stdout)))
    if with_output and done.stderr.strip():
        parts.append(Text(clipped(done.stderr), style="red" if done.outcome is Outcome.FAILED else "dim"))
    for file in done.files:
        line = Text("  → ", style="green").append(file.filename, style="bold")
        line.append(f"  {size_text(file.size_bytes)}  {file.file_id}", style="cyan")
        parts.append(line.append(f"  {paths.get(file.file_id, '')}", style="dim"))
    parts += [Text(f"  not kept: {safe_text(why)}", style="yellow") for why in done.skipped_outputs]
    parts.append(_outcome(done))
    return Group(*parts)


def _outcome(done: Execution) -> Text:
    good = done.outcome is Outcome.SUCCEEDED
    text = Text("✓ " if good else "✗ ", style="green" if good else "red")
    took = f"{done.duration_ms / 1000:.2f} s{wait_text(done.package_wait_ms)}"
    text.append(f"{done.outcome.value.replace('_', ' ')} in {took}", style="dim")
    if done.packages_installed:
        text.append(f"; installed {', '.join(done.packages_installed)}", style="dim")
    if done.explanation:
        text.append(f"\n  {safe_text(done.explanation)}", style="yellow")
    return text


def clipped(text: str) -> str:
    """Return output fit for a screen: safe, its middle left out when it is long."""
    text = safe_text(text).rstrip("\n")
    if len(text) <= MAX_SHOWN_CHARACTERS:
        return text
    half = MAX_SHOWN_CHARACTERS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def spending(spent: Spending, today: date) -> RenderableType:
    """Return what asking the model took, a day a row, and what is left of today."""
    table = Table("Day (UTC)", "Asked", "Tokens in", "Tokens out", "Cost")
    for day in spent.days[-SPENDING_DAYS:]:
        cost = f"{day.cost_micros / MICROS:,.4f}" if day.cost_micros else "-"
        counts = (f"{number:,}" for number in (day.turns, day.input_tokens, day.output_tokens))
        table.add_row(day.day.isoformat(), *counts, cost)
    limit, used = spent.daily_token_limit, spent.on(today).tokens
    left = "no limit a day" if limit is None else f"{max(0, limit - used):,} of {limit:,} tokens"
    return Group(table, Text(f"Left today: {left}", style="dim"))


def history(page: History) -> RenderableType:
    """Return the audit trail as a table."""
    if not page.events:
        return Text("No events.")
    table = Table(title=f"History of {page.user_id}", title_justify="left", title_style="bold")
    for column in ("#", "When (UTC)", "What", "Who", "Details"):
        table.add_column(column, overflow="fold")
    for recorded in page.events:
        event = recorded.event
        table.add_row(
            str(event.originator_version),
            f"{event.timestamp:%Y-%m-%d %H:%M:%S}",
            event.TOPIC,
            Text(safe_text(event.actor)),
            Text(_details(event_data(event))),
        )
    more = [Text(f"More: continue with --after {page.next}", style="dim")] if page.next is not None else []
    return Group(table, *more)


def _details(data: dict[str, object]) -> str:
    wanted = (
        "file_id",
        "filename",
        "size_bytes",
        "rule",
        "displaced_by",
        "reason",
        "execution_id",
        "outcome",
        "bytes_freed",
        "first_sequence",
        "last_sequence",
        "model",
        "input_tokens",
        "output_tokens",
    )
    facts = [
        f"{data[name]}" if name != "size_bytes" else size_text(int(str(data[name])))
        for name in wanted
        if data.get(name) is not None
    ]
    if isinstance(code := data.get("code"), str):
        facts.append(safe_text(code.strip().splitlines()[0][:60] if code.strip() else ""))
    return " · ".join(facts)


def why(answer: Why) -> RenderableType:
    """Return why a file is there or gone."""
    return Panel(
        Text(safe_text(answer.text)),
        title=f"{answer.file_id}: {answer.state.value}",
        title_align="left",
        expand=False,
    )


def replay(report: ReplayReport) -> RenderableType:
    """Return what a replay did."""
    title = f"{report.events} events replayed in {report.duration_ms} ms"
    if report.resumed_events:
        title += f", the first {report.resumed_events} by the replay that was interrupted"
    table = Table(title=title, title_justify="left")
    for column in ("View", "Documents", "Digest before", "Digest after", ""):
        table.add_column(column)
    for view in report.views:
        same = view.digest_before == view.digest_after
        verdict = Text("same", style="green") if same else Text(_counts(view.difference), style="yellow")
        table.add_row(
            view.name, str(view.documents), view.digest_before[:16], view.digest_after[:16], verdict
        )
    examples = [f"  {view.name} {words}" for view in report.views for words in view.difference.examples]
    return Group(table, *(Text(safe_text(line)) for line in examples))


def _counts(difference: ViewDifference) -> str:
    """Return how a live view differed, in words."""
    counts = ("missing", "altered", "surplus")
    return ", ".join(f"{count} {kind}" for kind in counts if (count := getattr(difference, kind)))


def verification(report: VerifyReport) -> RenderableType:
    """Return what a verification found."""
    seen = f"{report.events} events of {report.users} ledgers and {report.blobs} files checked"
    if report.ok:
        return Text(f"✓ {seen}: everything is as it was written.", style="green")
    found = len(report.problems)
    lines = [Text(f"✗ {seen}: {found} problem{'s' * (found != 1)}.", style="red")]
    for problem in report.problems:
        place = f"user {problem.user_id}" if problem.user_id else "the whole ledger"
        place += f", event {problem.sequence}" if problem.sequence is not None else ""
        lines.append(Text(safe_text(f"  {place}: {problem.kind}: {problem.detail}")))
    lines.append(
        Text(
            "Keep a copy of the data folder as it is, then restore from a backup or the journal.",
            style="yellow",
        )
    )
    return Group(*lines)


def checks(made: Sequence[Check]) -> RenderableType:
    """Return doctor's findings."""
    table = Table.grid(padding=(0, 2))
    for check in made:
        mark = (
            Text("✓", style="green")
            if check.ok
            else Text("–" if check.optional else "✗", style="yellow" if check.optional else "red")
        )
        detail = Text(check.detail, overflow="fold")
        if check.remedy:
            detail.append(f"\n→ {check.remedy}", style="yellow")
        table.add_row(mark, Text(check.name, style="bold"), detail)
    return table


def migrations(rows: Sequence[MigrationRow]) -> RenderableType:
    """Return the migrations with their state."""
    table = Table.grid(padding=(0, 2))
    for row in rows:
        state = f"applied {moment_text(row.applied_at)}" if row.applied_at else "pending"
        table.add_row(f"{row.number:04d}", row.name, state)
    return table


def backup(made: Backup) -> RenderableType:
    """Return what a backup holds, and how to use it."""
    files = "1 file" if made.files == 1 else f"{made.files} files"
    users = "1 user" if made.users == 1 else f"{made.users} users"
    return Text(
        f"✓ {made.events} events of {users} and {files} ({size_text(made.size_bytes)}) are in "
        f"{made.folder}, verified.\nTo use it: stop the program, and put the folder in the place of the data "
        f"folder, or try it: fileledger --data-dir {made.folder} files --user ID",
        style="green",
    )


def show(console: Console, what: RenderableType) -> None:
    """Print something rendered; data in it is never taken for markup."""
    console.print(what, markup=False)
