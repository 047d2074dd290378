"""Jupyter kernels: the interpreter of the code environment, with no protection around it."""

import importlib
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.page import BenchmarkError
from benchmarks.sandbox.jobs import HELLO, Job
from benchmarks.sandbox.ways import PYTHON, peers_packages, taken_picture, variables

_LONGEST_WAIT_S = 60
_NUMBERS = count(1)


class Kernel:
    """A kernel with its client, in a folder; both talk over unix sockets there."""

    def __init__(self, folder: Path) -> None:
        manager_module = _client("jupyter_client.manager")
        place = str(folder / f"kernel-{next(_NUMBERS)}")
        self._manager = manager_module.KernelManager(
            transport="ipc", ip=place, connection_file=f"{place}.json", kernel_name=""
        )
        self._manager._kernel_spec = _client("jupyter_client.kernelspec").KernelSpec(  # noqa: SLF001 - no file
            argv=[str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python"
        )
        # These go before the code environment's packages; of what both hold, the lock has the same versions.
        environment = variables(folder) | {"PYTHONPATH": str(peers_packages())}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._manager.start_kernel(cwd=str(folder), env=environment, **quiet)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_LONGEST_WAIT_S)

    def execute(self, code: str) -> str:
        """Run code, and return what it printed."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        reply = self._client.execute_interactive(code, output_hook=hear, timeout=_LONGEST_WAIT_S)
        if reply["content"]["status"] != "ok":
            raise BenchmarkError(str(reply["content"]))
        return "".join(printed)

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


class ColdKernel:
    """A kernel for every run, as one is started for a new notebook."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kernel: Kernel | None = None

    def run(self, job: Job) -> str:
        """Start a kernel and run the code there."""
        self._kernel = Kernel(self._folder)
        return self._kernel.execute(job.plain_code)

    def finish(self, job: Job) -> bytes:
        """End the kernel and return the picture."""
        self.close()
        return taken_picture(self._folder, job)

    def close(self) -> None:
        """End the kernel, if there is one."""
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            kernel.close()


class WarmKernel:
    """One kernel for all runs, which see what those before them have left and imported."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kernel = Kernel(folder)
        self._kernel.execute(HELLO.plain_code)

    def run(self, job: Job) -> str:
        """Run the code."""
        return self._kernel.execute(job.plain_code)

    def finish(self, job: Job) -> bytes:
        """Return the picture."""
        return taken_picture(self._folder, job)

    def close(self) -> None:
        """End the kernel."""
        self._kernel.close()


def _client(module: str) -> Any:
    """Import a module of the peers' environment, which comes last on the path: nothing of ours changes."""
    packages = str(peers_packages())
    if packages not in sys.path:
        sys.path.append(packages)
    return importlib.import_module(module)
