"""What a run shows of itself: the value of a last bare expression, and tracebacks of the user's own code."""

import ast
import linecache
import os
import resource
import sys
import traceback
from contextlib import suppress
from types import CodeType
from typing import Any

MAIN = "main.py"
_WORK = "/work/"
_DRAWING_LIBRARIES = ("matplotlib.", "mpl_toolkits.", "seaborn.")
_NOT_PYTHON = ("!", "%", "pip install ", "pip3 install ", "python -m pip ")
_ADVICE_S = 0.5  # nobody waits longer for a host that does not answer
_DEEPEST_CHAIN = 8
_MOST_FRAMES = 500


def remember_source(code: str) -> None:
    """Let tracebacks quote the lines of the user's code, which is in no file."""
    linecache.cache[MAIN] = (len(code), None, code.splitlines(keepends=True), MAIN)


def split_last_expression(tree: ast.Module) -> tuple[CodeType, CodeType | None]:
    """Compile the code, apart from it a last bare expression whose value is to be shown.

    Raises:
        SyntaxError: the code is no Python, though it looks like it (a `return` outside a function).
    """
    last = tree.body[-1] if tree.body else None
    shown = None
    if isinstance(last, ast.Expr):
        tree.body.pop()
        shown = compile(ast.Expression(last.value), MAIN, "eval", dont_inherit=True)
    return compile(tree, MAIN, "exec", dont_inherit=True), shown


def show_value(value: Any) -> None:
    """Print a value as a notebook would; None and handles of drawings are silent."""
    if value is None or _is_drawing(value):
        return
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        with pandas.option_context("display.width", 160, "display.max_columns", 40):
            print(repr(value))
    else:
        print(repr(value))


def show_error(error: BaseException) -> None:
    """Print the traceback, without the frames of the runner and of libraries."""
    with suppress(Exception):  # the code may have closed or replaced it
        sys.stdout.flush()
    try:
        summary = traceback.TracebackException.from_exception(error, limit=-_MOST_FRAMES, compact=True)
        _keep_own_frames(summary, _DEEPEST_CHAIN)
        sys.stderr.write("".join(summary.format()))
        with suppress(Exception):  # an error of the code's own may be anything
            sys.stderr.write(_advice(error))
    except MemoryError:
        sys.stderr.write(f"{type(error).__name__}\n")
    if isinstance(error, MemoryError):
        limit_mb = resource.getrlimit(resource.RLIMIT_DATA)[0] >> 20
        sys.stderr.write(f"A run may use {limit_mb} MB (SANDBOX_MEMORY_MB). Load less, or work in pieces.\n")


def _advice(error: BaseException) -> str:
    """Return a line for those who write for notebooks, or look for their files in a folder."""
    if isinstance(error, SyntaxError) and (error.text or "").lstrip().startswith(_NOT_PYTHON):
        return (
            "This is no notebook: leave lines with ! and % out. Packages install themselves when imported.\n"
        )
    if isinstance(error, FileNotFoundError) and error.filename:
        import host_files  # noqa: PLC0415 - imported by the runs that use it

        name = os.path.basename(str(error.filename))
        if name in {file["name"] for file in host_files.descriptions(_ADVICE_S)}:
            return (
                f"Your files lie in no folder: load_file({name!r}) loads it, open_file({name!r}) opens it.\n"
            )
    return ""


def _keep_own_frames(summary: traceback.TracebackException | None, depth: int) -> None:
    if summary is None or depth == 0:
        return
    own = [f for f in summary.stack if f.filename == MAIN or f.filename.startswith(_WORK)]
    summary.stack = traceback.StackSummary.from_list(own)
    _keep_own_frames(summary.__cause__, depth - 1)
    _keep_own_frames(summary.__context__, depth - 1)


def _is_drawing(value: Any) -> bool:
    items = value if isinstance(value, (list, tuple)) else (value,)
    return any(type(item).__module__.startswith(_DRAWING_LIBRARIES) for item in items[:10])
