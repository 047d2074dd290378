"""An index on the loopback address, and a library over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex, served
from tests.support.packages import Packages, make_packages

ALLOWED = ("tiny", "other", "shared", "bomb", "never-there")


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    """An index with one small package in it."""
    with served() as made:
        made.add("tiny")
        yield made


@pytest.fixture
def packages(tmp_path: Path, index: PackageIndex) -> Packages:
    """A library with small caps."""
    return make_packages(tmp_path / "packages", index.url, allowed=ALLOWED)
