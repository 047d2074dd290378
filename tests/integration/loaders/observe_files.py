"""Load files with `load_file` and tell what came out, as JSON.

Runs under the interpreter of the code environment: `python observe_files.py GUEST_FOLDER`,
with a list of cases on stdin.
A case is `{"path", "filename", "beside", "options", "look"}`, where `beside` has the paths of other files of
the user by name; an answer is `{"printed", "error"}` or `{"printed", "object": …}`.
"""

import importlib.util
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

sys.path.append(str(Path(__file__).parents[3]))

from domain import file_types

GRANTED: dict[str, SimpleNamespace] = {}


def open_granted(file_id: str) -> SimpleNamespace:
    """Stand in for the host: a fresh, read-only descriptor, and nothing else of the file system."""
    for case in list(GRANTED.values()):
        if file_id in case.beside:
            return SimpleNamespace(
                fd=os.open(case.beside[file_id], os.O_RDONLY),
                file_id=file_id,
                filename=file_id,
                kind=identify_start(file_id, case.beside[file_id]),
            )
    if file_id not in GRANTED:
        raise FileNotFoundError(file_id)
    case = GRANTED[file_id]
    return SimpleNamespace(
        fd=os.open(case.path, os.O_RDONLY),
        file_id=file_id,
        filename=case.filename,
        kind=identify_start(case.filename, case.path),
    )


def identify_start(filename: str, path: str) -> SimpleNamespace:
    """Identify a file by its name and start."""
    with Path(path).open("rb") as file:
        return identify(filename, file.read(file_types.HEAD_BYTES))


def identify(filename: str, head: bytes) -> SimpleNamespace:
    """Stand in for the host, by its own table."""
    kind = file_types.identify(filename, head)
    loader = file_types.loader_of(kind)
    return SimpleNamespace(
        file_type=kind.label,
        family=str(kind.family),
        loader=kind.loader,
        library=loader.library,
        needs=loader.needs,
    )


def observe(case: dict[str, Any]) -> dict[str, Any]:
    """Load one file and describe the result."""
    from load_file import load_file  # noqa: PLC0415 - found in the folder given as argument

    GRANTED["abcdefghijkl"] = SimpleNamespace(**case)
    printed = io.StringIO()
    with redirect_stdout(printed):
        try:
            answer = {"object": look(load_file("abcdefghijkl", **case["options"]), case["look"])}
        except Exception as error:  # noqa: BLE001 - whatever it is, the test wants to see it
            answer = {"error": f"{type(error).__name__}: {error}"}
    return {"printed": printed.getvalue(), **answer}


def look(value: Any, expression: str) -> Any:
    """Return what an expression makes of `it`, as JSON; without one, all of a small object."""
    if not expression:
        return describe(value)
    return json.loads(json.dumps(eval(expression, {"it": value}), default=plain))  # noqa: S307 - of a test's table


def plain(value: Any) -> Any:
    """Return what JSON lacks as something that it has."""
    return value.item() if hasattr(value, "item") else dict(value) if hasattr(value, "keys") else str(value)


def describe(value: Any) -> Any:
    """Return a JSON value that tells all of a small object; what JSON lacks is `{"type": …}`."""
    kind = type(value).__name__
    if kind in {"DataFrame", "GeoDataFrame"}:
        return describe_table(value)
    if isinstance(value, Mapping) and not hasattr(value, "visititems"):
        rows = {str(key): describe(item) for key, item in value.items()}
        return rows if kind == "dict" else {"type": kind, "items": rows}
    if isinstance(value, list):
        return [describe(item) for item in value]
    if hasattr(value, "get_chunk"):
        return {"parts": [describe_table(part) for part in value]}
    if value is None or isinstance(value, bool | int | str):
        return value
    return {"type": kind, **describe_other(value)}


def describe_table(df: Any) -> dict[str, Any]:
    """Return columns, dtypes, rows as lists, and attributes of a table."""
    cells = df.astype(object).where(df.notna(), None).to_numpy().tolist()
    return {
        "type": type(df).__name__,
        "columns": [str(name) for name in df.columns],
        "dtypes": [str(dtype) for dtype in df.dtypes],
        "rows": [[describe_cell(cell) for cell in row] for row in cells],
        "attrs": {key: describe(item) for key, item in df.attrs.items()},
        "crs": str(getattr(df, "crs", None)),
    }


def describe_cell(cell: Any) -> Any:
    """Return numbers and None as they are, all else as text."""
    return cell if cell is None or isinstance(cell, int | float) else str(cell)


def describe_other(value: Any) -> dict[str, Any]:
    """Return what is worth checking of arrays, pictures, trees and models."""
    if hasattr(value, "visititems"):
        nodes: list[Any] = []
        value.visititems(lambda _, node: nodes.append(node))
        return {"datasets": {node.name: describe(node[()]) for node in nodes if hasattr(node, "dtype")}}
    if hasattr(value, "tolist"):
        values = json.loads(json.dumps(value.tolist(), default=str).replace("NaN", "null"))
        return {"shape": list(getattr(value, "shape", ())), "dtype": str(value.dtype), "values": values}
    if hasattr(value, "getpixel"):
        return {"size": list(value.size), "mode": value.mode, "pixel": str(value.getpixel((0, 0)))}
    if hasattr(value, "iter"):
        return {"tags": [element.tag for element in value.iter()]}
    if hasattr(value, "predict"):
        return {"prediction": round(float(value.predict([[2.0]])[0]), 6)}
    return {"text": str(value)}


def require(names: Sequence[str]) -> None:
    """Stand in for the host's packages: nothing is installed here."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            msg = f"No module named {name!r}."
            raise ModuleNotFoundError(msg, name=name)


def stand_in_for_the_host(guest_folder: str) -> None:
    """Let the guest's modules be found, and answer what they ask of the host."""
    sys.path.insert(0, guest_folder)
    files = ModuleType("host_files")
    files.open_granted, files.identify = open_granted, identify  # type: ignore[attr-defined]
    files.Reference = str  # type: ignore[attr-defined]
    packages = ModuleType("host_packages")
    packages.require = require  # type: ignore[attr-defined]
    sys.modules |= {"host_files": files, "host_packages": packages}


def main() -> None:
    """Answer every case."""
    stand_in_for_the_host(sys.argv[1])
    before = set(sys.modules)
    import_module("load_file")
    imported = {name.split(".")[0] for name in set(sys.modules) - before}
    cases = json.load(sys.stdin)
    json.dump({"imports": sorted(imported), "answers": [observe(case) for case in cases]}, sys.stdout)


if __name__ == "__main__":
    main()
