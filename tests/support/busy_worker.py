"""Uploads, runs and deletes without end, and notes what was acknowledged: made to be killed."""

import itertools
import json
import random
import sys
from pathlib import Path

from interfaces.wiring import Wiring


def work(data_dir: Path, acknowledgements: Path) -> None:
    """Work as alice until somebody kills the process."""
    with Wiring.load(data_dir) as wiring, acknowledgements.open("a", buffering=1) as notes:
        wiring.start()
        for number in itertools.count():
            content = random.randbytes(random.choice((10, 5_000, 300_000)))
            receipt = wiring.upload(
                "alice", f"{number}.bin", [content], source=f"{id(notes)}:{random.random()}"
            )
            notes.write(json.dumps({"uploaded": receipt.file.file_id}) + "\n")
            if number % 3 == 1:
                victim = random.choice(wiring.list_files("alice").files)
                notes.write(json.dumps({"deleting": victim.file_id}) + "\n")
                wiring.delete_file("alice", victim.file_id)
            if number % 4 == 2:
                wiring.run_code("alice", f"open('out{number}.txt', 'w').write('x' * {number})")


work(Path(sys.argv[1]), Path(sys.argv[2]))
