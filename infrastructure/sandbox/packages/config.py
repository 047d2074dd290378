"""What the operator decides about packages, and how much one install may take."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

_MEBIBYTE = 2**20


@dataclass(frozen=True)
class InstallCaps:
    """Where one install is stopped.

    The download is known before it begins where the index tells sizes; what it
    unpacks to, and where the index does not tell or lies, is watched while it goes on.
    """

    download_bytes: int = 1024 * _MEBIBYTE
    unpacked_bytes: int = 4096 * _MEBIBYTE
    entries: int = 100_000
    distributions: int = 100
    resolve_s: float = 30.0
    install_s: float = 300.0
    connect_s: int = 4
    answer_s: int = 10
    cpu_s: int = 300
    memory_bytes: int = 2048 * _MEBIBYTE


@dataclass(frozen=True)
class PackageConfig:
    """Where things are, and what may be kept.

    `folder` keeps the layers; `python` is the interpreter of the code environment,
    whose packages every layer fits to. Releases younger than `cooling_off` are not
    installed, so that a hijacked one can be noticed first. A layer is looked up anew
    after `stale_after`. Layers of more than `cache_bytes` together are thinned out,
    but none that a run has got within `run_lasts`: it may still be using it.
    `torch_backend` is uv's word for a kind of builds of the torch family; the usual
    kind brings gigabytes for graphics cards, which runs cannot see. With `compiles`,
    layers get bytecode in the background, which only long-lived programs finish.
    `index` is what uv's environment says of the package index.
    """

    folder: Path
    python: Path
    uv: Path
    bwrap: Path | None = None
    caps: InstallCaps = field(default_factory=InstallCaps)
    cooling_off: timedelta = timedelta(days=3)
    stale_after: timedelta = timedelta(days=7)
    run_lasts: timedelta = timedelta(hours=25)
    cache_bytes: int = 10 * 1024 * _MEBIBYTE
    layers_per_run: int = 20
    installs_per_hour: int = 30
    installs_at_once: int = 2
    torch_backend: str = "cpu"
    compiles: bool = False
    index: dict[str, str] = field(default_factory=lambda: index_settings(os.environ), repr=False)


_INDEX_SETTINGS = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INDEX_STRATEGY",
    "UV_INSECURE_HOST",
    "SSL_CERT_FILE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)


def index_settings(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """Return what uv needs to know of the package index, of everything that is in an environment.

    They may hold a password of the operator's mirror; runs of code never see them.
    """
    found = {name: environment[name] for name in _INDEX_SETTINGS if name in environment}
    if "PIP_INDEX_URL" in environment:  # whoever told pip of a mirror means uv, too
        found.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    return {name: value for name, value in found.items() if value}
