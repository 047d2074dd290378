"""A process that has imported what runs import, and forks locked-down processes from that state.

No code and no data of any user ever reaches it: it serves the host alone, and what
it forks (see `supervisor`) gets its namespaces, folders and descriptors before it
is handed code. It has to stay single-threaded, since a fork copies one thread only.
"""

import gc
import io
import os
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import copied_pages
import frames
import huge_pages
import lockdown
import runner
from supervisor import Supervisor

_PRELOADED = (
    *(
        "numpy",
        "pyarrow",
        "pandas",
        "pandas.plotting._matplotlib",
        "matplotlib.pyplot",
        "mpl_toolkits.mplot3d",
    ),
    *("ctypes", "csv", "datetime", "decimal", "email.message", "json", "sqlite3", "statistics", "subprocess"),
    *("yaml", "openpyxl", "python_calamine", "defusedxml.ElementTree", "load_file", "file_list"),
    *("loaders.arrays", "loaders.columnar", "loaders.database", "loaders.images", "loaders.json_lines"),
    *(
        "loaders.markup",
        "loaders.spreadsheet",
        "loaders.structured",
        "loaders.tables",
        "loaders.tabular",
        "loaders.layout",
        "loaders.text",
    ),
)
# Read by libraries when they are imported: helper threads would not survive a fork.
_NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "NUMEXPR_NUM_THREADS": "1"}


def main() -> None:
    """Serve the host on the socket whose number is the only argument, until the host is gone."""
    host = socket.socket(fileno=int(sys.argv[1]))
    _warm_up()
    itself = os.pidfd_open(os.getpid())
    frames.send(host, {"ready": True}, (itself,))
    os.close(itself)
    supervisor = Supervisor(copied_pages.copy)
    supervisor.listen(host, lambda: _make(supervisor, *frames.receive(host)))
    with suppress(EOFError):
        while True:
            supervisor.attend()


def _warm_up() -> None:
    """Do once what every run would do, and leave no thread, no figure and no setting behind."""
    runner.lend_font_cache()
    os.environ.update(_NO_THREADS)
    for name in _PRELOADED:
        with suppress(ImportError):
            import_module(name)
    for name in _NO_THREADS:
        del os.environ[name]
    _rehearse()
    _stop_threads()
    gc.collect()
    gc.freeze()
    huge_pages.collapse()
    copied_pages.learn(_typical_run)


def _rehearse() -> None:
    """Read a small table and draw it; the memory that Arrow reserves for itself is left to the runs."""
    pandas, pyplot = sys.modules.get("pandas"), sys.modules.get("matplotlib.pyplot")
    if pandas is None or pyplot is None:
        return
    arrow: Any = sys.modules.get("pyarrow")
    usual = arrow and arrow.default_memory_pool()
    if arrow:
        arrow.set_memory_pool(arrow.system_memory_pool())
    df = pandas.read_csv(io.StringIO("a,b,c\n1,x,2024-01-01\n2,y,2024-01-02\n"))
    repr(df.groupby("b")["a"].sum())
    figure, axes = pyplot.subplots()
    df["a"].plot(ax=axes, label="a")
    axes.legend()
    axes.set_title("a")
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    pyplot.close("all")
    if arrow:
        arrow.set_memory_pool(usual)


def _typical_run() -> None:
    """Read a table of 1 MB, group it and draw it, with all that a run has."""
    pandas, pyplot = sys.modules.get("pandas"), sys.modules.get("matplotlib.pyplot")
    if pandas is None or pyplot is None:
        return
    rows = "".join(f"{row},town {row % 9},{row / 7:.3f},2024-01-{row % 28 + 1:02}\n" for row in range(30_000))
    df = pandas.read_csv(io.StringIO(f"id,city,price,day\n{rows}"))
    repr(df.groupby("city")["price"].mean())
    figure, axes = pyplot.subplots()
    df["price"].head(500).plot(ax=axes, title="price")
    figure.savefig(io.BytesIO(), format="png")


def _stop_threads() -> None:
    """Fork once: OpenBLAS then stops its threads, and starts them where they are needed next."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _make(supervisor: Supervisor, spec: dict[str, Any], descriptors: Sequence[int]) -> None:
    """Fork one run's process; `descriptors` are the control socket and those of the run.

    What is made for later must not be preferred to the runs of now. One that cannot be made
    must not end those that are there.
    """
    lockdown.lower_priority(spec["nice"])
    number, *of_the_run = descriptors
    control = socket.socket(fileno=number)
    try:
        supervisor.make(control, spec, of_the_run)
    except OSError:
        traceback.print_exc()
        control.close()


if __name__ == "__main__":
    main()
