"""Attacks on other users, through the whole use case: ledger, files and a real sandbox."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from application.policy import UsagePolicy
from application.run_code import RunCode
from domain.executions import Outcome
from domain.retention import Limits
from infrastructure.clock import RandomIds
from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.house import House
from tests.support.sandboxes import MEBIBYTE


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with a small limit on the size of a file."""
    return House(tmp_path / "house", UsagePolicy(limits=Limits(max_file_bytes=MEBIBYTE)))


@pytest.fixture
def run(house: House, sandbox: BubblewrapSandbox) -> RunCode:
    """The use case of running code, over a real sandbox."""
    return RunCode(house.ledgers, house.blobs, sandbox, RandomIds(), house.runners, house.policy, house.queue)


@pytest.mark.attack(57, 31, 35)
def test_twenty_runs_of_five_users_do_not_meet(house: House, run: RunCode) -> None:
    """All end well, and each sees its own user's file, and nothing of any other run."""
    users = [f"user{number}" for number in range(5)]
    ids = {
        user: house.upload("own.csv", f"a\n{user}\n".encode(), user_id=user).file.file_id for user in users
    }
    code = f"""
import os, socket
found = []
for file_id in {sorted(ids.values())}:
    try:
        found.append(str(load_file(file_id).iloc[0, 0]))
    except FileNotFoundError:
        pass
s = socket.socket(socket.AF_UNIX); s.bind('\\0here')
left = [name for place in ('/work', '/tmp', '/dev/shm') for name in os.listdir(place) if name[0] != '.']
for path in ('/dev/shm/mine', '/tmp/mine', found[0] + '.txt'):
    open(path, 'w').write('x')
print(found, left, [name for name in os.listdir('/proc') if name.isdigit()])
"""
    with ThreadPoolExecutor(20) as pool:
        runs = [(user, pool.submit(run, user, code)) for user in users for _ in range(4)]
    for user, each in runs:
        execution = each.result()
        assert execution.outcome is Outcome.SUCCEEDED, execution
        assert execution.stdout == f"['{user}'] [] ['1']\n"
        assert [file.filename for file in execution.files] == [f"{user}.txt"]


@pytest.mark.attack(26)
def test_a_huge_output_is_named_and_left(house: House, run: RunCode) -> None:
    """A legal file beyond the limit is not kept and not held in memory; the ones beside it are."""
    before = _resident_mb()
    execution = run("alice", "open('big.bin', 'wb').truncate(31 * 2**20); open('small.txt', 'w').write('x')")
    assert [file.filename for file in execution.files] == ["small.txt"]
    assert [line.split(":")[0] for line in execution.skipped_outputs] == ["big.bin"]
    assert _resident_mb() - before < 15
    assert len(house.on_disk()) == 1


@pytest.mark.attack(27, 68)
def test_deceiving_outputs_are_kept_under_names_of_our_own(house: House, run: RunCode) -> None:
    """Whatever a file is called or contains, on disk it is an id, and nobody may execute it."""
    code = r"""
import os
names = ['SPOILER_x.png', 'report.pdf.exe', 'x.html', 'a\nb.csv', '\u202egnp.exe', 'con.txt', '-rf']
for name in [*names, 'n' * 255]:
    open(name, 'w').write('MZ<script>alert(1)</script>%PDF')
    os.chmod(name, 0o6777)
    try:
        os.setxattr(name, 'user.evil', b'x' * 100)
    except OSError:
        pass
"""
    execution = run("alice", code)
    assert len(execution.files) == 8
    assert all(file.filename.isprintable() and "\n" not in file.filename for file in execution.files)
    kept = [path for path in (house.folder / "user_files").rglob("*") if path.is_file()]
    assert {path.name[:12] for path in kept} == {file.file_id for file in execution.files}
    assert not any(path.stat().st_mode & 0o6111 for path in kept)
    assert not any(os.listxattr(path) for path in kept)


def _resident_mb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // MEBIBYTE
