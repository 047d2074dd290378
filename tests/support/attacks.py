"""The attacks that the sandbox is tested with, by number: tests carry them as `@pytest.mark.attack(8, 10)`.

As a plugin of pytest (`-p tests.support.attacks`, see `make attacks`) it prints a
table of what became of each, and lets nobody forget one.
"""

import os
from collections import defaultdict
from collections.abc import Iterator

import pytest

ATTACKS = {
    1: "a loop without end",
    2: "sleep with every signal ignored",
    3: "a loop inside the interpreter's own code",
    4: "more memory than allowed",
    5: "anonymous files that no file system limits",
    6: "shared memory larger than its folder",
    7: "System V and POSIX objects of the machine",
    8: "a fork bomb",
    9: "a thread bomb",
    10: "a fork bomb where the program runs as root",
    11: "a disk bomb",
    12: "an inode bomb",
    13: "sparse files larger than all disks",
    14: "a flood of output",
    15: "both streams and one line without end",
    16: "output that is no text, or plays with screens",
    17: "every processor kept busy",
    18: "crashes of the interpreter",
    19: "files that unpack to far more than they are",
    20: "outputs that are links to secrets",
    21: "outputs that make their reader wait",
    22: "outputs that are sockets or devices",
    23: "hard links to files of others",
    24: "folders without bottom, files without number",
    25: "outputs without permissions",
    26: "an output that is larger than memory",
    27: "outputs with names and contents that deceive",
    28: "files of the host",
    29: "environment of the host",
    30: "descriptors of the host",
    31: "files of other users",
    32: "forged messages to the host",
    33: "writing to an input",
    34: "poison for the next run",
    35: "talking to a run of another user",
    36: "keyrings and queues that runs share",
    37: "the network",
    38: "sockets of the kernel's other families",
    39: "sockets of the machine's services",
    40: "installing packages from within",
    41: "namespaces, mounts and roots",
    42: "the memory of other processes",
    43: "killing other processes",
    44: "programs that become root",
    45: "typing into a terminal",
    46: "switches of the kernel",
    47: "overwriting the interpreter",
    48: "code that runs before the filter",
    49: "tricks against guards inside Python",
    50: "stopping whoever would stop it",
    51: "imports of names that only look like packages",
    52: "packages that would run code to be installed",
    53: "packages that are bombs, or endless to fetch",
    54: "writing into shared packages",
    55: "one package wanted twice, and installs that are killed",
    56: "imports without end",
    57: "many runs of many users at once",
    58: "the program's death in the middle of a run",
    59: "a machine that can build no boundary",
    # beyond the usual list
    60: "memory of the kernel that no page counts",
    61: "hiding from who counts memory",
    62: "calls of the kernel by old and new doors",
    63: "locks, leases and notices on files that others use",
    64: "what a fork learns or changes of the zygote's other forks",
    65: "priorities, processors and the order of being killed",
    66: "writing around files that can only be read",
    67: "the processes' own files in /proc",
    68: "attributes and modes of outputs",
    69: "filters, tracing and other machinery of the kernel",
    70: "descriptors and events without number",
}

_OUTCOMES = {"passed": "passed", "failed": "failed", "error": "failed", "skipped": "skipped"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the report of each test carry its numbers, also from a process of pytest-xdist."""
    for item in items:
        for mark in item.iter_markers("attack"):
            item.user_properties += [("attack", number) for number in mark.args]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    results = _results(terminalreporter)
    terminalreporter.section(f"attacks, carried out as {'root' if os.getuid() == 0 else 'an ordinary user'}")
    for number, attack in ATTACKS.items():
        counts = results[number]
        result = "RED" if counts["failed"] else "green" if counts["passed"] else "NOT RUN"
        terminalreporter.write_line(f"{number:3}  {attack:58} {sum(counts.values()):4} tests  {result}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail when an attack has no test that ran, unless tests were chosen by hand."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    chosen = session.config.getoption("keyword")
    if reporter is None or hasattr(session.config, "workerinput") or chosen or exitstatus:
        return
    results = _results(reporter)
    if any(not results[number]["passed"] for number in ATTACKS):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _results(reporter: pytest.TerminalReporter) -> dict[int, dict[str, int]]:
    """Count tests by number of attack and by outcome."""
    results: dict[int, dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(("passed", "failed", "skipped"), 0)
    )
    for outcome, report in _reports(reporter):
        for name, number in report.user_properties:
            if name == "attack" and isinstance(number, int):
                results[number][outcome] += 1
    return results


def _reports(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, pytest.TestReport]]:
    for category, outcome in (
        ("passed", "passed"),
        ("failed", "failed"),
        ("error", "failed"),
        ("skipped", "skipped"),
    ):
        for report in reporter.stats.get(category, []):
            yield outcome, report
