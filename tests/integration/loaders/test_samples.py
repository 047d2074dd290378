"""Every extension of the table, from a file that another library wrote, down to the values."""

import json
from pathlib import Path

import pytest

from domain.file_type_table import FILE_TYPES, Family
from domain.file_types import BY_EXTENSION, loader_of
from tests.integration.loaders.conftest import Laboratory, Loaded
from tests.integration.loaders.on_demand_samples import ON_DEMAND_SAMPLES
from tests.integration.loaders.samples import CODE, SAMPLES, Sample
from tests.integration.loaders.test_every_extension import ALL

pytestmark = pytest.mark.timeout(300)  # the first test waits for everything to be written and loaded


@pytest.fixture(scope="session")
def seen(laboratory: Laboratory) -> dict[str, Loaded]:
    """What was seen of each sample; all are loaded in one process."""
    laboratory.produce_samples()
    return dict(zip((each.name for each in SAMPLES), laboratory.look(SAMPLES), strict=True))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_file_loads_as_the_natural_object_with_its_values(sample: Sample, seen: dict[str, Loaded]) -> None:
    """What its writer put into a file is in the object."""
    assert seen[sample.name].error == ""
    assert seen[sample.name].object == json.loads(json.dumps(sample.seen))


@pytest.mark.parametrize(
    "name", [f"{each}.csv" for each in ("sjis", "gb18030", "koi8", "cp1251", "latin", "big5")]
)
def test_text_in_other_encodings_is_right_and_told(name: str, seen: dict[str, Loaded]) -> None:
    """A guessed encoding is never a silent one."""
    assert "not UTF-8, so read as" in seen[name].printed


def test_each_extension_is_proven_by_a_file() -> None:
    """No row of the table, but those that load as bytes, is without a file in a test."""
    named = {
        Path(name).name.lower() for name in (*ALL, *(each.name for each in (*SAMPLES, *ON_DEMAND_SAMPLES)))
    }
    proven = {extension for extension in BY_EXTENSION for name in named if name.endswith(extension)}
    natural = {extension for row in FILE_TYPES if row.loader != "bytes" for extension in row.extensions}
    assert natural - proven == set()


def test_there_are_250_extensions_of_which_code_counts_for_sixty() -> None:
    """As many as were promised, most of them without installing anything."""
    code = {extension for row in FILE_TYPES if row.family is Family.CODE for extension in row.extensions}
    rows = [row for row in FILE_TYPES if row.family is not Family.CODE and row.loader != "bytes"]
    data = {extension for row in rows for extension in row.extensions}
    core = {extension for row in rows if not loader_of(row).needs for extension in row.extensions}
    assert len(data) + min(len(code), 60) >= 250
    assert len(core) >= 190
    assert CODE.keys() >= code - data
