"""The package index of this machine, where there is one."""

import os
from pathlib import Path

import pytest

from infrastructure.sandbox.packages.config import InstallCaps, index_settings
from tests.support.packages import make_packages


def test_a_small_package_comes_from_the_real_index(tmp_path: Path) -> None:
    """With the settings that this machine has for its index, certificates and mirrors."""
    packages = make_packages(
        tmp_path, "", allowed=["humanize"], caps=InstallCaps(), index=index_settings(os.environ)
    )
    if not packages.library.check().ok:
        pytest.skip("no package index can be reached from here")
    layer = packages.layer("humanize")
    assert packages.run("import humanize; print(humanize.naturalsize(10**6))", layer) == "1.0 MB"
