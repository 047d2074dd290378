"""All benchmarks one after the other, then the table of all goals; `make bench` runs it, with ARGS.

Each part has a time limit, so that all of it ends; one that fails or takes longer leaves what
stood on its page, which the table then tells as it is.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import summary
from benchmarks.page import PAGE


@dataclass(frozen=True)
class Part:
    """A benchmark: its module, and the minutes after which it is given up."""

    module: str
    limit_min: int


PARTS = (
    Part("benchmarks.sandbox", 25),
    Part("benchmarks.replay", 30),
    Part("benchmarks.files", 15),
    Part("benchmarks.load", 40),
    Part("benchmarks.chat", 15),
)


def main(arguments: Sequence[str], parts: Sequence[Part] = PARTS) -> int:
    """Run the parts and write the table; 0, or 1 when a part has no result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short forms; nothing is written")
    parser.add_argument("--summary", action="store_true", help="only write the table of all goals anew")
    options = parser.parse_args(arguments)
    failed = [] if options.summary else [part for part in parts if not _succeeds(part, quick=options.quick)]
    if not options.quick:
        print(summary.write())
        print(f"bench: written to docs/{PAGE.name}", file=sys.stderr)
    for part in failed:
        print(f"bench: {part.module} has no result; its page shows what it showed before", file=sys.stderr)
    return int(bool(failed))


def _succeeds(part: Part, *, quick: bool) -> bool:
    print(f"bench: {part.module}, at most {part.limit_min} minutes", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", part.module, "--quick" if quick else "--write"]
    try:
        return subprocess.run(command, timeout=part.limit_min * 60, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
