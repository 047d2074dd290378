import socket
import threading

import pytest

from domain.executions import Outcome
from tests.support.sandboxes import Runs


@pytest.mark.attack(37, 38)
@pytest.mark.parametrize(
    ("family", "kind", "address"),
    [
        ("AF_INET", "SOCK_STREAM", "('127.0.0.1', {port})"),
        ("AF_INET", "SOCK_STREAM", "('169.254.169.254', 80)"),
        ("AF_INET", "SOCK_DGRAM", "('192.0.2.1', 53)"),
        ("AF_INET6", "SOCK_STREAM", "('::1', {port})"),
        ("AF_INET", "SOCK_RAW", "('192.0.2.1', 0)"),
        ("AF_NETLINK", "SOCK_RAW", "(0, 0)"),
        ("AF_PACKET", "SOCK_RAW", "('lo', 0)"),
        ("AF_VSOCK", "SOCK_STREAM", "(2, 1)"),
        ("AF_ALG", "SOCK_SEQPACKET", "('hash', 'sha256')"),
        ("AF_BLUETOOTH", "SOCK_RAW", "(0,)"),
    ],
)
def test_no_network_socket_can_be_made(attack: Runs, family: str, kind: str, address: str) -> None:
    """Every family of sockets but that of the machine's own files is refused at once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        make = f"import socket\ns = socket.socket(socket.{family}, socket.{kind})\n"
        result = attack(f"{make}s.connect({address.format(port=port)})")
    assert "PermissionError: [Errno 1]" in result.stderr
    assert result.duration_ms < 5000


@pytest.mark.attack(37)
def test_names_cannot_be_looked_up(attack: Runs) -> None:
    """There is nobody to ask for an address."""
    assert "gaierror" in attack("import socket; socket.getaddrinfo('example.org', 80)").stderr


@pytest.mark.attack(35)
def test_an_abstract_socket_of_the_host_cannot_be_reached(attack: Runs) -> None:
    """Sockets without a path belong to a network namespace, and the run has its own."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0fileledger-test-of-the-sandbox")
        listening.listen()
        code = "import socket; socket.socket(socket.AF_UNIX).connect('\\0fileledger-test-of-the-sandbox')"
        assert "ConnectionRefusedError" in attack(code).stderr


@pytest.mark.attack(35)
def test_two_runs_at_once_cannot_talk(attack: Runs) -> None:
    """A socket that one run listens on does not exist for another."""
    listen = """
import socket, time
s = socket.socket(socket.AF_UNIX)
s.bind('\\0meet'); s.listen()
time.sleep(1.5)
"""
    call = """
import socket, time
for _ in range(8):
    time.sleep(0.1)
    try:
        socket.socket(socket.AF_UNIX).connect('\\0meet')
        print('met')
    except OSError as error:
        print(error.errno)
"""
    first = threading.Thread(target=attack, args=(listen,))
    first.start()
    result = Runs(attack.sandbox)(call)
    first.join()
    assert set(result.stdout.split()) == {"111"}


@pytest.mark.attack(39)
@pytest.mark.parametrize(
    "path", ["/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/notify"]
)
def test_sockets_of_services_are_absent(attack: Runs, path: str) -> None:
    """No service of the machine can be asked for anything."""
    assert attack.printed(f"import os; print(os.path.exists({path!r}))") == "False"


@pytest.mark.attack(40)
@pytest.mark.parametrize(
    "install",
    [
        "import subprocess, sys; subprocess.run([sys.executable, '-m', 'pip', 'install', 'x'], check=True)",
        "import subprocess; subprocess.run(['pip', 'install', 'x'], check=True)",
        "import urllib.request; urllib.request.urlopen('https://example.org/x.whl', timeout=5)",
    ],
    ids=["module", "program", "download"],
)
def test_nothing_is_installed_from_within(attack: Runs, install: str) -> None:
    """Installers fail soon, whether they are there or not: nothing can be fetched."""
    result = attack(install)
    assert result.outcome is Outcome.FAILED
    assert result.duration_ms < 15_000
