#!/usr/bin/env python3
"""Runs the commands in a document's ```console blocks and writes beneath each what it printed.

    tools/examples.py docs/audit.md

Lines that begin with `$ ` are commands; all run in one shell, in a new folder, with the
checkout's `.venv/bin` first on the PATH. So every output in the document is a real one.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
MARK = "-- end of output --"
COLUMNS = "108"


@contextmanager
def shell(folder: Path) -> Iterator[Callable[[str], str]]:
    """Give a function that runs a command in one and the same shell and returns what it printed."""
    environment = {
        "PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "FILELEDGER_DATA_DIR": "data",
        "PROJECT": str(PROJECT),
        "COLUMNS": COLUMNS,
        "LANG": "C.UTF-8",
    }
    process = subprocess.Popen(
        ["/bin/bash"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    given, said = process.stdin, process.stdout
    assert given is not None  # noqa: S101 - both were asked for
    assert said is not None  # noqa: S101

    def run(command: str) -> str:
        given.write(f"{command}\necho '{MARK}'\n")
        given.flush()
        lines: list[str] = []
        for line in said:
            if line.endswith(f"{MARK}\n"):
                lines.append(line.removesuffix(f"{MARK}\n"))
                break
            lines.append(line)
        printed = "".join(f"{line.rstrip()}\n" if line.endswith("\n") else line for line in lines)
        return printed.replace(f"{folder}/", "").replace(f"{PROJECT}/", "")

    try:
        yield run
    finally:
        given.close()
        process.wait()


def renewed(block: str, run: Callable[[str], str]) -> str:
    """Return a block with its commands as they stand and their outputs as they are now."""
    parts: list[str] = []
    lines = iter(block.splitlines())
    for line in lines:
        if not line.startswith("$ "):
            continue
        command = [line]
        while command[-1].endswith("\\"):
            command.append(next(lines))
        written = "\n".join(command)
        output = run(written.removeprefix("$ "))
        parts.append(f"{written}\n{output}" + ("" if output.endswith("\n") or not output else "\n"))
    return "".join(parts)


def main() -> None:
    """Renew the documents that are named on the command line."""
    for name in sys.argv[1:]:
        document = Path(name)
        with tempfile.TemporaryDirectory() as folder, shell(Path(folder)) as run:
            text = BLOCK.sub(lambda found: renewed(found[0], run), document.read_text(encoding="utf-8"))
        document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
