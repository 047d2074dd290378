"""What a run could learn or change of other runs that were forked from the same process."""

import pytest

from tests.support.sandboxes import Runs


@pytest.mark.attack(64)
def test_memory_of_a_fork_is_its_own(attack: Runs) -> None:
    """What a run writes over the interpreter's own objects and code is not there for the next one."""
    attack("""
import ctypes, json, mmap, numpy, sys
ctypes.memset(id(7) + 24, 9, 1)
ctypes.memset(id(json.dumps.__code__) + 16, 0, 8)
libc = ctypes.CDLL(None)
address = ctypes.cast(libc.getpid, ctypes.c_void_p).value
libc.mprotect(ctypes.c_void_p(address & ~4095), ctypes.c_size_t(4096), 7)
ctypes.memset(address, 0xCC, 1)
""")
    code = "import json, os\nprint(json.dumps(3 + 4), os.getpid())"
    assert attack.printed(code) == "7 1"


@pytest.mark.attack(64)
def test_forks_share_no_memory_that_can_be_written(attack: Runs) -> None:
    """No mapping of a run is shared and writable: there is no page to leave a message in."""
    code = "print([line for line in open('/proc/self/maps') if {'w', 's'} <= set(line.split()[1])])"
    assert attack.printed(code) == "[]"


@pytest.mark.attack(34, 64)
def test_named_objects_are_gone_with_their_run(attack: Runs) -> None:
    """Semaphores, shared memory, sockets, pipes and files by name begin anew with every run."""
    code = """
import os, socket
from multiprocessing import shared_memory
names = [name for place in ('/work', '/dev/shm', '/tmp') for name in os.listdir(place)]
area = shared_memory.SharedMemory('meet', create=True, size=4096)
area.buf[0] = 1
os.mkfifo('/tmp/pipe'); os.makedirs('/work/a'); open('/work/a/b', 'w').write('x')
socket.socket(socket.AF_UNIX).bind('/tmp/socket')
ends = socket.socket(socket.AF_UNIX); ends.bind('\\0meet'); ends.listen()
print(sorted(names), flush=True)
os._exit(0)
"""
    assert [attack.printed(code) for _ in range(3)] == ["['.code', '.home', '.matplotlib']"] * 3


@pytest.mark.attack(64)
def test_descriptors_of_a_fork_carry_nothing_over(attack: Runs) -> None:
    """Flags, owners and buffers that a run sets on its descriptors are not those of the next one."""
    attack("""
import fcntl, os
for fd in range(3):
    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND | os.O_ASYNC)
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
""")
    code = """
import fcntl, os
flags = [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in range(3)]
owners = [fcntl.fcntl(fd, fcntl.F_GETOWN) for fd in range(3)]
print([bool(flag & (os.O_NONBLOCK | os.O_APPEND)) for flag in flags], owners)
"""
    assert attack.printed(code) == "[False, False, False] [0, 0, 0]"


@pytest.mark.attack(64)
def test_what_forks_have_in_common_is_no_secret(attack: Runs) -> None:
    """Forks share hash seeds and addresses; nothing that is drawn in a run is drawn again in another."""
    code = """
import os, random, secrets, ssl, tempfile, uuid
import numpy as np
print(random.getrandbits(64), secrets.token_hex(8), uuid.uuid4(), os.urandom(8).hex(), np.random.rand(),
      np.random.default_rng().random(), ssl.RAND_bytes(8).hex(), tempfile.mktemp(), uuid.uuid1().hex[:12])
"""
    drawn = [attack.printed(code).split() for _ in range(3)]
    assert [len(set(column)) for column in zip(*drawn, strict=True)] == [3] * 9
