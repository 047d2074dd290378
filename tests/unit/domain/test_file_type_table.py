"""The one table of file types, and the page that is made of it."""

import subprocess
import sys
from pathlib import Path

from domain.file_type_table import FILE_TYPES, LOADERS
from domain.packages import distribution_of
from infrastructure.sandbox.packages.lists import allowed_names

ROOT = Path(__file__).parents[3]


def test_the_page_of_file_types_is_fresh() -> None:
    """Whoever changes the table runs `make file-types`."""
    made = subprocess.run(
        [sys.executable, "tools/file_types.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert made == (ROOT / "docs" / "file_types.md").read_text(encoding="utf-8")


def test_what_loaders_on_demand_need_may_be_installed() -> None:
    """The shipped list of packages allows each of them."""
    needed = {distribution_of(module) for loader in LOADERS.values() for module in loader.needs}
    assert needed <= allowed_names("default")


def test_a_signature_reads_no_text_of_the_wrong_kind() -> None:
    """Headers of ordinary tables are taken for nothing else."""
    headers = (
        b"true,false\n",
        b"OFF,ON\n",
        b"P1 a,P2\n",
        b"solid,fluid\n",
        b"ORC,ELF\n",
        b"LASF,X\n",
        b"wOFF;x\n",
    )
    for head in headers:
        assert not [row.label for row in FILE_TYPES if row.recognises(head + b"1,2\n" * 9)]
