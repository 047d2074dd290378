import json
from pathlib import Path

import pytest

from domain.executions import Outcome
from tests.support.sandboxes import Runs


@pytest.mark.attack(20)
def test_links_are_not_followed(attack: Runs, secret: Path) -> None:
    """A link in the working folder is named as skipped, wherever it leads."""
    targets = {
        "out.png": str(secret),
        "env": "/proc/self/environ",
        "up": "../../../etc",
        "abs": "/etc/shadow",
    }
    code = f"import os, json\nfor name, target in {json.dumps(targets)}.items(): os.symlink(target, name)"
    result = attack(code)
    assert result.outcome is Outcome.SUCCEEDED
    assert attack.host.outputs == {}
    assert sorted(line.split(":")[0] for line in result.skipped_outputs) == sorted(targets)
    assert all("a link" in line for line in result.skipped_outputs)


@pytest.mark.attack(20)
def test_a_linked_folder_is_not_entered(attack: Runs, secret: Path) -> None:
    """A folder that is a link does not lead the collection out."""
    attack(f"import os; os.symlink({str(secret.parent)!r}, 'folder'); open('mine.txt', 'w').write('x')")
    assert attack.host.outputs == {"mine.txt": b"x"}


@pytest.mark.attack(21, 22)
def test_pipes_and_sockets_are_skipped_without_waiting(attack: Runs) -> None:
    """A named pipe, which would block a reader, and a socket are named and left."""
    code = """
import os, socket
os.mkfifo('p.csv')
socket.socket(socket.AF_UNIX).bind('s.sock')
"""
    result = attack(code)
    assert attack.host.outputs == {}
    assert result.skipped_outputs == (
        "p.csv: not a regular file but a pipe",
        "s.sock: not a regular file but a socket",
    )


@pytest.mark.attack(22)
@pytest.mark.parametrize("kind", ["stat.S_IFCHR", "stat.S_IFBLK"])
def test_device_nodes_cannot_be_made(attack: Runs, kind: str) -> None:
    """No run can make a node of a device."""
    code = f"import os, stat; os.mknod('dev', {kind} | 0o666, os.makedev(1, 1))"
    assert "PermissionError" in attack(code).stderr


@pytest.mark.attack(23)
@pytest.mark.parametrize("source", ["/guest/runner.py", "/usr/bin/env", "/dev/null"])
def test_files_of_the_system_cannot_be_linked_into_the_folder(attack: Runs, source: str) -> None:
    """A hard link to anything outside the run's own file system is refused."""
    assert "OSError" in attack(f"import os; os.link({source!r}, 'mine')").stderr.replace(
        "PermissionError", "OSError"
    )


@pytest.mark.attack(24)
def test_deep_folders_are_left_at_the_depth_limit(attack: Runs) -> None:
    """A thousand nested folders are entered only so far, and that is said."""
    code = """
import os
for _ in range(1000):
    os.mkdir('d'); os.chdir('d')
open('bottom.txt', 'w').write('x')
"""
    result = attack(code)
    assert result.outcome is Outcome.SUCCEEDED
    assert attack.host.outputs == {}
    assert "nested deeper" in result.skipped_outputs[0]


@pytest.mark.attack(24)
def test_too_many_files_are_kept_only_up_to_the_limit(attack: Runs) -> None:
    """Of thousands of files the first ones are kept, and the rest is named and counted."""
    result = attack("for i in range(2500): open(f'{i:05}.txt', 'w').write('x')")
    assert len(attack.host.outputs) == 200
    assert "more than 200 files" in result.skipped_outputs[0]
    assert result.skipped_outputs[-1] == "… and 2280 more"


@pytest.mark.attack(13)
def test_sparse_files_count_with_the_size_that_copying_them_would_have(attack: Runs) -> None:
    """Files that pretend to be large are not copied beyond what a run may leave."""
    code = """
for i in range(10):
    with open(f'{i}.bin', 'wb') as f:
        f.truncate(20 * 2**20)
"""
    result = attack(code)
    assert sum(map(len, attack.host.outputs.values())) <= 32 * 2**20
    assert len(result.skipped_outputs) == 9


@pytest.mark.attack(25)
def test_files_without_permissions_do_no_harm(attack: Runs) -> None:
    """A file or folder that nobody may read is kept or named, and the rest is collected."""
    code = """
import os
open('a.txt', 'w').write('a'); os.chmod('a.txt', 0)
os.mkdir('b'); os.chmod('b', 0)
open('c.txt', 'w').write('c')
"""
    result = attack(code)
    assert result.outcome is Outcome.SUCCEEDED
    assert attack.host.outputs["c.txt"] == b"c"


@pytest.mark.attack(27)
def test_odd_names_arrive_as_text(attack: Runs) -> None:
    """A name of bytes that are no text, or that looks like a path, cannot confuse the host."""
    attack(r"open(b'/work/bad\xff\xfe.txt', 'wb').write(b'1'); open('a\\..\\evil.txt', 'w').write('2')")
    assert sorted(attack.host.outputs) == ["a\\..\\evil.txt", "bad\ufffd\ufffd.txt"]


@pytest.mark.attack(27)
def test_a_name_cannot_forge_lines(attack: Runs) -> None:
    """Line breaks, escapes and characters that turn the direction of writing do not get through."""
    result = attack(r"import os; os.symlink('/', 'a\nb.txt: kept\x1b[2J\u202e')")
    assert result.skipped_outputs == ("a_b.txt: kept_[2J_: not a regular file but a link",)


@pytest.mark.attack(27)
def test_hidden_files_and_bytecode_are_nobodys_results(attack: Runs) -> None:
    """What begins with a dot does not turn up as an output, and is named in one line."""
    code = """
import os
os.makedirs('.cache/x'); open('.cache/x/y', 'w').write('y'); open('.hidden', 'w').write('z')
open('helper.py', 'w').write('A = 1'); import helper; print(helper.A)
"""
    result = attack(code)
    assert list(attack.host.outputs) == ["helper.py"]
    assert result.skipped_outputs == (
        "2 hidden files are not kept (a name that begins with a dot): .cache, .hidden",
    )


def test_many_hidden_files_are_named_in_one_line(attack: Runs) -> None:
    """A few stand for all, however many there are and wherever they lie."""
    code = "import os\nos.mkdir('a')\nfor n in range(2000): open(f'a/.{n:04}', 'w').close()"
    told = "2000 hidden files are not kept (a name that begins with a dot): a/.0000, a/.0001, a/.0002, …"
    assert attack(code).skipped_outputs == (told,)


def test_what_libraries_keep_at_home_is_not_spoken_of(attack: Runs) -> None:
    """The home folder is another one than the working folder."""
    code = "from pathlib import Path\n(Path.home() / '.library').mkdir()\n(Path.home() / 'data').mkdir()"
    result = attack(code)
    assert (result.exit_code, result.skipped_outputs, attack.host.outputs) == (0, (), {})


@pytest.mark.attack(20)
def test_a_process_that_outlives_the_code_cannot_change_outputs(attack: Runs) -> None:
    """Nothing of the run lives when its files are looked at."""
    code = """
import os, time
open('result.txt', 'w').write('honest')
if os.fork() == 0:
    os.setsid()
    while True:
        open('result.txt', 'a').write('x' * 1000)
time.sleep(0.2)
"""
    attack(code)
    first = attack.host.outputs["result.txt"]
    assert first.startswith(b"honest")
    assert attack.printed("print(1)") == "1"


@pytest.mark.attack(20, 23)
@pytest.mark.parametrize(
    "make",
    [
        "os.link('/proc/self/environ', 'out')",
        "os.link('/proc/self/exe', 'out')",
        "os.link('/proc/self/fd/0', 'out', follow_symlinks=True)",
        "os.symlink('/proc/self/root', 'out')",
        "os.symlink('out', 'out')",
        "[os.symlink(f'l{i + 1}', f'l{i}') for i in range(60)]; os.symlink('/', 'l60')",
        "os.symlink('/dev/stdin', 'out')",
    ],
)
def test_nothing_outside_is_collected_by_any_link(attack: Runs, make: str) -> None:
    """Links to processes, to themselves and in long rows are refused or skipped."""
    result = attack(f"import os\n{make}")
    assert attack.host.outputs == {}
    assert result.skipped_outputs or "Error" in result.stderr


@pytest.mark.attack(24, 68)
def test_names_and_attributes_without_measure_are_refused(attack: Runs) -> None:
    """Names end at 255 bytes and paths at 4 kB, and attributes count as the folder's room."""
    code = r"""
import os
def refused(action):
    try:
        return action() is not None
    except OSError:
        return True
print(refused(lambda: open('x' * 256, 'w')), refused(lambda: open('/'.join(['d'] * 65536), 'w')))
stored = 0
open('a.txt', 'w').write('a')
try:
    for i in range(10_000):
        os.setxattr('a.txt', f'user.{i}', bytes(60_000)); stored += 60_000
except OSError: pass
print(stored < 64 * 2**20)
"""
    result = attack(code)
    assert result.stdout.split() == ["True", "True", "True"]
    assert attack.host.outputs == {"a.txt": b"a"}


@pytest.mark.attack(20, 68)
def test_a_folder_that_is_swapped_while_it_is_looked_at_leads_nowhere(attack: Runs, secret: Path) -> None:
    """A process that exchanges files and links until it is killed wins no race against the collection."""
    code = f"""
import os
os.mkdir('a'); open('a/file.txt', 'w').write('mine')
if os.fork() == 0:
    os.setsid()
    while True:
        os.rename('a', 'b'); os.symlink({str(secret.parent)!r}, 'a'); os.remove('a'); os.rename('b', 'a')
"""
    attack(code)
    assert b"not for you" not in b"".join(attack.host.outputs.values())
    assert set(attack.host.outputs) <= {"a/file.txt", "b/file.txt"}
