"""The offline verifier: alone, and beside `verify` on good and damaged ledgers."""

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from application.prove import Prove
from domain.ledger import UserLedger
from interfaces.cli.witness_documents import consistency_document, inclusion_document
from tests.support.house import House
from tests.support.intruder import Intruder
from tests.support.program import PROJECT

TOOL = PROJECT / "tools" / "verify_offline.py"
PLACE = re.compile(r"segment (\d+), line ([1-9]\d*)")


def load_tool() -> ModuleType:
    """Return the tool as a module."""
    spec = importlib.util.spec_from_file_location("verify_offline", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_offline"] = module
    spec.loader.exec_module(module)
    return module


tool = load_tool()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a house with three users, several segments and two checkpoints."""
    folder = tmp_path_factory.mktemp("pristine")
    house = House(folder)
    for number in range(4):
        for user_id in ("alice", "bob", "carol"):
            house.upload(f"{number}.csv", user_id=user_id)
        if number in {1, 3}:
            house.checkpoints.take()
    house.store.close()
    return folder


def offline(folder: Path, key: str) -> list[str]:
    """Return the faults that the tool finds in a house."""
    findings = tool.Findings()
    arguments = Namespace(
        journal=folder / "journal",
        database=folder / "ledger" / "ledger.db",
        checkpoint=sorted((folder / "checkpoints").iterdir()),
        key=[key],
        proof=[],
        trail=[],
    )
    tool.check(arguments, findings)
    return list(findings.faults)


def verifier_key(folder: Path) -> str:
    """Return the operator's verifier key, as it was noted."""
    return (folder / "verifier.key").read_text("utf-8").strip()


def run_tool(*arguments: str, isolated: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the tool as an auditor does; `isolated`: on an interpreter without any package."""
    options = ["-I", "-S"] if isolated else []
    command = [sys.executable, *options, str(TOOL), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def places(texts: Iterable[str]) -> set[str]:
    """Return the lines of the journal that findings name."""
    return {match[0] for text in texts if (match := PLACE.search(text))}


# -- damages -------------------------------------------------------------------

Damage = Callable[[Path, int, int], None]


def segment_at(folder: Path, at: int) -> Path:
    """Return one of the journal's segments, writable."""
    paths = sorted((folder / "journal").iterdir())
    path = paths[at % len(paths)]
    path.chmod(0o600)
    return path


def flip_in_journal(folder: Path, at: int, more: int) -> None:
    """Flip a bit of a segment."""
    path = segment_at(folder, at)
    content = bytearray(path.read_bytes())
    content[more % len(content)] ^= 1 << (at % 8)
    path.write_bytes(content)


def with_lines(change: Callable[[list[bytes], int], None]) -> Damage:
    """Return a damage that changes a segment's list of lines."""

    def damage(folder: Path, at: int, more: int) -> None:
        path = segment_at(folder, at)
        lines = path.read_bytes().splitlines(keepends=True)
        if lines:
            change(lines, more % len(lines))
        path.write_bytes(b"".join(lines))

    return damage


def truncate(folder: Path, at: int, more: int) -> None:
    """Cut a segment off."""
    path = segment_at(folder, at)
    path.write_bytes(path.read_bytes()[: more % path.stat().st_size])


def forge(lines: list[bytes], at: int) -> None:
    """Change what an event says, in the journal's spelling."""
    lines[at] = lines[at].replace(b"2026", b"2027", 1)


def swap(lines: list[bytes], at: int) -> None:
    """Move a line to the front."""
    lines.insert(0, lines.pop(at))


def tear(lines: list[bytes], at: int) -> None:
    """Begin another line, after that many."""
    lines[at + 1 :] = [b"{"]


def flip_in_checkpoint(folder: Path, at: int, more: int) -> None:
    """Flip a bit of a checkpoint."""
    path = sorted((folder / "checkpoints").iterdir())[at % 2]
    content = bytearray(path.read_bytes())
    content[more % len(content)] ^= 1 << (at % 7)
    path.write_bytes(content)


def intrude(act: Callable[[Intruder, int, int], object]) -> Damage:
    """Return a damage to the database; `act` gets a position and a number."""

    def damage(folder: Path, at: int, more: int) -> None:
        intruder = Intruder(folder)
        try:
            act(intruder, at % 18 + 1, more)
        finally:
            intruder.close()

    return damage


def sql(statement: str) -> Damage:
    """Return a damage by a statement at a position."""
    return intrude(lambda intruder, at, _: intruder.database.execute(statement, (at,)))


def flip_in_state(intruder: Intruder, at: int, more: int) -> None:
    """Flip a bit of a stored state."""
    row = intruder.database.execute("SELECT state FROM stored_events WHERE rowid = ?", (at,)).fetchone()
    if row is not None:
        state = bytearray(row[0])
        state[more % len(state)] ^= 1 << (at % 8)
        intruder.database.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", (bytes(state), at))


DIGEST_REMOVED = """
    DELETE FROM event_digests WHERE (originator_id, originator_version) =
    (SELECT originator_id, originator_version FROM stored_events WHERE rowid = ?)"""
DIGEST_ALTERED = """
    UPDATE event_digests SET digest = x'00' WHERE (originator_id, originator_version) =
    (SELECT originator_id, originator_version FROM stored_events WHERE rowid = ?)"""
USERS = ("alice", "bob", "carol")
DAMAGES: dict[str, Damage] = {
    "nothing": intrude(lambda *_: None),
    "flip in journal": flip_in_journal,
    "line removed": with_lines(lambda lines, at: lines.__delitem__(at)),
    "line doubled": with_lines(lambda lines, at: lines.insert(at, lines[at])),
    "lines swapped": with_lines(swap),
    "line forged": with_lines(forge),
    "line without end": with_lines(tear),
    "garbage line": with_lines(lambda lines, at: lines.insert(at, b'{"a":[1e999,"\\ud800"]}\n')),
    "journal cut": truncate,
    "segment removed": lambda folder, at, _: segment_at(folder, at).unlink(),
    "flip in checkpoint": flip_in_checkpoint,
    "tail cut": intrude(lambda intruder, at, _: intruder.cut_tail(at)),
    "ledger deleted": intrude(
        lambda intruder, at, _: intruder.delete_ledger(UserLedger.create_id(USERS[at % 3]).hex)
    ),
    "middle rewritten": intrude(lambda intruder, at, _: intruder.rewrite(at, '"2026', '"2027')),
    "flip in state": intrude(flip_in_state),
    "row removed": sql("DELETE FROM stored_events WHERE rowid = ?"),
    "digest removed": sql(DIGEST_REMOVED),
    "digest altered": sql(DIGEST_ALTERED),
    "row moved": sql("UPDATE stored_events SET rowid = rowid + 1000 WHERE rowid = ?"),
    "version altered": sql("UPDATE stored_events SET originator_version = 'x' WHERE rowid = ?"),
    "topic altered": sql("UPDATE stored_events SET topic = 'FileDeleted' WHERE rowid = ?"),
    "ledger altered": sql("UPDATE stored_events SET originator_id = x'ff00' WHERE rowid = ?"),
    "position forged": sql("UPDATE tracking SET notification_id = 1000 + ?"),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(sorted(DAMAGES)), min_size=1, max_size=2),
    at=st.integers(0, 10_000),
    more=st.integers(0, 10_000),
)
@example(names=["nothing"], at=0, more=0)
def test_audit_12_it_agrees_with_verify_on_good_and_damaged_ledgers(
    pristine: Path, names: list[str], at: int, more: int
) -> None:
    """Whatever is done to database, journal or checkpoints: both find it, in the same lines, or neither."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "house"
        shutil.copytree(pristine, folder)
        key = verifier_key(folder)
        for name in names:
            DAMAGES[name](folder, at, more)
        faults = offline(folder, key)
        house = House(folder)
        problems = house.verify().problems
        house.store.close()
        # Verify lets the journal catch up first, be it with what an intruder put behind its end.
        later = offline(folder, key)
    assert bool(faults) == bool(problems) == bool(later), (faults, problems, later)
    theirs = places(fault for fault in later if fault.startswith("journal:"))
    ours = places(problem.detail for problem in problems if problem.kind == "journal")
    assert theirs == ours


@pytest.mark.parametrize("name", sorted(set(DAMAGES) - {"nothing"}))
def test_audit_12_each_kind_of_damage_is_found_by_both(pristine: Path, tmp_path: Path, name: str) -> None:
    """No kind of damage that the agreement is tested with is one that both overlook."""
    shutil.copytree(pristine, tmp_path / "house")
    DAMAGES[name](tmp_path / "house", 4, 1500)
    assert offline(tmp_path / "house", verifier_key(tmp_path / "house"))
    house = House(tmp_path / "house")
    assert house.verify().problems
    house.store.close()


def test_audit_12_every_flipped_byte_of_the_journal_is_found(pristine: Path, tmp_path: Path) -> None:
    """No byte of a segment may differ: the tool alone finds each flip (every 41st is tried)."""
    journal = tmp_path / "journal"
    shutil.copytree(pristine / "journal", journal)
    for path in sorted(journal.iterdir()):
        path.chmod(0o600)
        content = path.read_bytes()
        for at in range(0, len(content) - 1, 41):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            findings = tool.Findings()
            list(tool.JournalCheck(journal, findings).events())
            assert findings.faults, (path.name, at)
        path.write_bytes(content)


def test_audit_12_it_runs_on_a_bare_interpreter(pristine: Path) -> None:
    """Without any package everything but the signature is checked, and the exit code says so."""
    checkpoints = [f"--checkpoint={path}" for path in sorted((pristine / "checkpoints").iterdir())]
    journal = f"--journal={pristine / 'journal'}"
    assert run_tool(journal, isolated=True).returncode == 0
    key = f"--key={verifier_key(pristine)}"
    ended = run_tool(journal, *checkpoints, key, isolated=True)
    assert ended.returncode == 3
    assert "no signature was checked" in ended.stdout
    assert run_tool(journal, *checkpoints, key).returncode == 0
    assert run_tool(journal, *checkpoints).returncode == 1  # nobody said whose signature is trusted


def test_audit_12_it_shares_no_code_with_the_program() -> None:
    """It imports the standard library, and cryptography where it is there, and nothing else."""
    tree = ast.parse(TOOL.read_text("utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_audit_12_proofs_hold_and_forged_ones_do_not(pristine: Path, tmp_path: Path) -> None:
    """Inclusion and consistency proofs pass as they are made; no changed field of theirs does."""
    house = House(pristine)
    prove, key = Prove(house.journal, house.checkpoints), f"--key={verifier_key(pristine)}"
    documents = [inclusion_document(prove.inclusion(position)) for position in (1, 7, 12)]
    documents.append(consistency_document(prove.consistency()))
    house.store.close()
    path = tmp_path / "proof.json"
    for document in documents:
        path.write_text(json.dumps(document))
        assert run_tool(f"--proof={path}", key).returncode == 0
        for forged in _forgeries(document):
            path.write_text(json.dumps(forged))
            findings = tool.Findings()
            tool.check_proof(path, [verifier_key(pristine)], findings)
            assert findings.faults, forged


def _forgeries(document: dict[str, object]) -> Iterator[dict[str, object]]:
    path = document["path"]
    assert isinstance(path, list)
    yield {**document, "path": path[:-1]}
    yield {**document, "path": [*path, "00" * 32]}
    yield {**document, "path": ["00" * 32, *path[1:]]}
    if document["proof"] == "inclusion":
        event = document["event"]
        assert isinstance(event, dict)
        for name, other in (
            ("number", event["number"] + 1),
            ("state", "{}"),
            ("position", 99),
            ("version", 9),
        ):
            yield {**document, "event": {**event, name: other}}
    else:
        yield {**document, "old": document["new"], "new": document["old"]}


def test_audit_12_wrong_usage_is_said(tmp_path: Path) -> None:
    """Nothing to check, or a file that is not there, is wrong usage."""
    assert run_tool().returncode == 2
    assert run_tool(f"--journal={tmp_path / 'none'}").returncode == 2
