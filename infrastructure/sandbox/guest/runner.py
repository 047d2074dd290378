"""Run the user's code in the locked-down process, as a script would run."""

import ast
import atexit
import os
import resource
import socket
import sys
import threading
import types
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.machinery import ModuleSpec
from io import TextIOWrapper
from typing import Any, NoReturn

import display
import figures
import host_channel
import host_packages
import import_statements

_FONTS = "/fonts"
_CODE_FOLDER, _CODE_MODULE = "/tmp/.code", "main_of_this_run"  # noqa: S108 - a folder of this run alone
_FIRST_PROCESS = 1
_END_S = 0.2  # a host that is kept from listening does not keep the run


def prepare() -> socket.socket:
    """Do, in the locked-down process, what can be done before there is code.

    Returns the socket at which the host will hear what code asks.
    """
    sys.stdout = sys.__stdout__ = _printer(1)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _printer(2)  # type: ignore[misc]
    os.mkdir(os.environ["HOME"], 0o700)
    os.mkdir(_CODE_FOLDER, 0o700)
    lend_font_cache()
    figures.track()
    _reseed()
    return host_channel.listen()


def run(job: dict[str, Any], code_fd: int) -> NoReturn:
    """Execute the code behind `code_fd` and end the process with its status."""
    with os.fdopen(code_fd, "rb") as file:
        code = file.read().decode("utf-8-sig")  # editors of Windows begin a file with a mark
    resource.setrlimit(resource.RLIMIT_CPU, (job["cpu_s"], job["cpu_s"]))
    status = _execute(code)
    _finish(status)


def _execute(code: str) -> int:
    display.remember_source(code)
    main = _main_module(code)
    sys.modules["__main__"] = main
    sys.argv = [display.MAIN]
    own = (_guest_folder(), _CODE_FOLDER)
    sys.path = ["/work", *(path for path in sys.path if path not in own), *own]
    statuses = _guarded(lambda: _run_in(main, code)), _guarded(figures.keep_open_figures)
    return max(statuses)


def _main_module(code: str) -> types.ModuleType:
    """Return the module to run the code in, which says that it lies where the code works.

    What is written beside a script is an output then. Pythons that `multiprocessing` spawns
    import the code by the name of the module's spec, to find its functions. Code that does
    not look whether it is the main one would spawn again there: they are to do without it.
    """
    main = types.ModuleType("__main__")
    main.__file__ = f"/work/{display.MAIN}"
    main.__spec__ = ModuleSpec("__main__", None)
    if "__name__" in code:
        with open(f"{_CODE_FOLDER}/{_CODE_MODULE}.py", "w", encoding="utf-8") as file:
            file.write(code)
        main.__spec__ = ModuleSpec(_CODE_MODULE, None)
    return main


def _run_in(main: types.ModuleType, code: str) -> None:
    tree = ast.parse(code, display.MAIN)
    host_packages.fetch_ahead(import_statements.modules(tree.body))
    body, last = display.split_last_expression(tree)
    exec(body, main.__dict__)  # noqa: S102 - this is what the sandbox is for
    if last is not None:
        display.show_value(eval(last, main.__dict__))  # noqa: S307


def _guarded(action: Any) -> int:
    """Carry out `action` and return the exit status that Python would give it."""
    try:
        action()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        return _tell(partial(_complain, end.code))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the user wants to see it
        return _tell(partial(display.show_error, error))
    return 0


def _tell(say: Callable[[], object]) -> int:
    """Say why the code failed, on a fresh stderr where the code broke its own; return the status."""
    try:
        say()
    except BaseException:  # noqa: BLE001 - a stream of the code's own may do anything
        with suppress(BaseException):
            sys.stderr = _printer(2)
            say()
    return 1


def _complain(text: object) -> None:
    sys.stderr.write(f"{text}\n")


def _finish(status: int) -> NoReturn:
    """End as the interpreter would, without the time that taking it down costs."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - joins the user's threads
        atexit._run_exitfuncs()  # noqa: SLF001 - os._exit would skip them
        _flush()
        if os.getpid() == _FIRST_PROCESS:
            _wait_for_the_end(status)
    finally:
        os._exit(status)


def _flush() -> None:
    """Print what is still held back, in the code's own streams and in those that it was given."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with suppress(Exception):  # closed, or something else than a stream
            stream.flush()  # type: ignore[union-attr]


def _wait_for_the_end(status: int) -> None:
    """Let the host end the run: it need not wait, then, until the kernel has taken all memory down."""
    with suppress(host_channel.HostGoneError):
        host_channel.ask({"end": status}, timeout_s=_END_S)


def _printer(descriptor: int) -> TextIOWrapper:
    """Return a text stream that shows each line at once and never fails on odd characters."""
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _guest_folder() -> str:
    return os.path.dirname(os.path.abspath(__file__))


def _reseed() -> None:
    """Let no two runs draw the same numbers: numpy, unlike `random`, does not see that it was forked."""
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def lend_font_cache() -> None:
    """Put the shared, read-only font list where matplotlib wants a folder that it may write to."""
    own = os.environ["MPLCONFIGDIR"]
    os.mkdir(own, 0o700)
    for name in os.listdir(_FONTS):
        os.symlink(f"{_FONTS}/{name}", f"{own}/{name}")
