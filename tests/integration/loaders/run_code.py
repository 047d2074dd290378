"""Run pieces of code as the sandbox would, each in a folder of its own, and tell what came of it.

Runs under the interpreter of the code environment: `python run_code.py GUEST_FOLDER`,
with a list of cases on stdin. A case is `{"code", "granted"}`; an answer is
`{"printed", "error", "texts": {name: content}, "pictures": {name: [width, height, colours]}}`.
"""

import io
import json
import os
import sys
import tempfile
import traceback
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import observe_files  # type: ignore[import-not-found]  # beside this script
from PIL import Image


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Run one piece of code."""
    if case["granted"]:
        observe_files.GRANTED[case["granted"]["file_id"]] = SimpleNamespace(**case["granted"])
    printed, error = io.StringIO(), ""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                exec(case["code"], {})  # noqa: S102 - that is what this script is for
            except BaseException:  # noqa: BLE001 - whatever it is, the test wants to see it
                error = traceback.format_exc()
        made = sorted(Path(folder).iterdir())
        texts = {path.name: path.read_text("utf-8") for path in made if path.suffix == ".csv"}
        pictures = {path.name: measure(path) for path in made if path.suffix == ".png"}
        os.chdir("/")
    return {"printed": printed.getvalue(), "error": error, "texts": texts, "pictures": pictures}


def measure(path: Path) -> list[int]:
    """Return width, height and how many colours a picture has."""
    with Image.open(path) as picture:
        colours = picture.convert("RGB").getcolors(1 << 24)
        return [*picture.size, len(colours or ())]


def main() -> None:
    """Answer every case."""
    observe_files.stand_in_for_the_host(sys.argv[1])
    cases = json.load(sys.stdin)
    json.dump([run(case) for case in cases], sys.stdout)


if __name__ == "__main__":
    main()
