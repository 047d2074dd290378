"""Files of every kind through the console: uploaded, and described by the quick analyses."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from domain.file_types import HEAD_BYTES, Family, identify
from tests.integration.loaders.conftest import Laboratory
from tests.integration.loaders.samples import SAMPLES
from tests.integration.loaders.test_every_extension import ALL, EXTENSIONS
from tests.support.program import Program

_OF_EACH_FAMILY = 20


def _picked(folder: Path) -> list[Path]:
    """Return a file of each extension of the original's list, and up to 20 of each family."""
    listed = {Path(name).suffix: folder / name for name in ALL if Path(name).suffix in EXTENSIONS}
    families: dict[Family, dict[str, Path]] = defaultdict(dict)
    for sample in SAMPLES:
        path = folder / sample.name
        with path.open("rb") as file:
            family = identify(path.name, file.read(HEAD_BYTES)).family
        if len(families[family]) < _OF_EACH_FAMILY:
            families[family].setdefault(path.suffix, path)
    return sorted({*listed.values(), *(path for kinds in families.values() for path in kinds.values())})


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_a_file_of_every_kind_is_uploaded_and_described(served: Program, tmp_path: Path) -> None:
    """A receipt for each, and key statistics or first rows without an error."""
    (tmp_path / "made").mkdir()
    laboratory = Laboratory(tmp_path / "made" / "files")
    laboratory.produce()
    laboratory.produce_samples()
    picked = _picked(laboratory.folder)
    served.environment |= {"MAX_FILES_PER_USER": "1000"}
    uploads = [f"/upload '{path}'" for path in picked]
    looks = [f"/{'head' if place % 2 else 'stats'} {path.name}" for place, path in enumerate(picked)]
    ended = served.console(*uploads, *looks, "/quit", timeout_s=800)
    assert ended.returncode == 0, re.findall(r"^.*(?:Error|failed).*$", ended.stdout, re.MULTILINE)
    assert re.search(rf"Your Files\W+{len(picked)}/1000", ended.stdout)
    assert "Traceback" not in ended.stdout + ended.stderr
