"""The library of packages that the operator's settings ask for."""

from datetime import timedelta
from pathlib import Path

from application.ports.clock import Clock
from infrastructure.sandbox.bubblewrap import find_bwrap
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import InstallCaps, PackageConfig
from infrastructure.sandbox.packages.library import PackageLibrary
from infrastructure.sandbox.packages.lists import load_rules
from infrastructure.settings import MEBIBYTE, Settings

_WAITS_FOR_PACKAGES = timedelta(hours=1)
"""More than a run may spend on that; its own clock stands still meanwhile."""


def create_library(
    settings: Settings, sandbox: SandboxConfig, folder: Path, uv: Path, clock: Clock, *, lives_long: bool
) -> PackageLibrary:
    """Return the library in `folder`, for the sandbox's code environment.

    Raises:
        EnvironmentFaultError: the folder cannot be written to.
    """
    config = PackageConfig(
        folder=folder,
        python=sandbox.python,
        uv=uv,
        bwrap=find_bwrap(sandbox),
        caps=InstallCaps(download_bytes=int(settings.package_max_mb * MEBIBYTE)),
        cooling_off=timedelta(days=settings.package_cooling_off_days),
        run_lasts=timedelta(seconds=settings.code_execution_timeout) + _WAITS_FOR_PACKAGES,
        cache_bytes=int(settings.package_cache_mb * MEBIBYTE),
        compiles=lives_long,
    )
    base = BaseEnvironment(sandbox.python)
    rules = load_rules(
        settings.package_policy, settings.package_popular_rank, settings.package_allowlist, base.modules
    )
    return PackageLibrary(config, base, rules, clock)
