"""Files of every kind through the console: uploaded, and described by the quick analyses."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from domain.file_types import HEAD_BYTES, Family, identify
from tests.integration.loaders.conftest import Laboratory
from tests.integration.loaders.on_demand_samples import FAMILIES
from tests.integration.loaders.samples import SAMPLES
from tests.integration.loaders.test_every_extension import ALL, EXTENSIONS
from tests.support.on_demand import LAYERS, can_have, files_of, kept_library, roomy_sandbox
from tests.support.program import Program

_OF_EACH_FAMILY = 20


_PROBLEM = re.compile(r"^.*(?:Error|failed|needs a library).*$", re.MULTILINE)


def _made_at_once(folder: Path) -> list[Path]:
    """Write files of types that open at once; return the original's list, and some of each family."""
    folder.mkdir()
    laboratory = Laboratory(folder / "files")
    laboratory.produce()
    laboratory.produce_samples()
    listed = [laboratory.folder / name for name in ALL if Path(name).suffix in EXTENSIONS]
    return [*listed, *_picked(laboratory.folder / sample.name for sample in SAMPLES)]


def _made_on_demand(folder: Path) -> list[Path]:
    """Write files of types that open by packages, with these; return some of each family."""
    folder.mkdir()
    library = kept_library()
    with roomy_sandbox(folder / "sandbox", library) as sandbox:
        for family in FAMILIES:
            if can_have(library, family):
                for name, content in files_of(family, sandbox).items():
                    (folder / name).write_bytes(content)
    written = (folder / sample.name for family in FAMILIES for sample in family.samples)
    return _picked(path for path in written if path.exists())


def _picked(paths: Iterable[Path]) -> list[Path]:
    """Return a file of each extension, up to 20 of each family."""
    families: dict[Family, dict[str, Path]] = defaultdict(dict)
    for path in paths:
        with path.open("rb") as file:
            family = identify(path.name, file.read(HEAD_BYTES)).family
        if len(families[family]) < _OF_EACH_FAMILY:
            families[family].setdefault(path.suffix, path)
    return [path for kinds in families.values() for path in kinds.values()]


@pytest.mark.thorough
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("make", [_made_at_once, _made_on_demand], ids=["core", "on demand"])
def test_a_file_of_every_kind_is_uploaded_and_described(
    make: Callable[[Path], list[Path]], served: Program, tmp_path: Path
) -> None:
    """A receipt for each, and key statistics or first rows without an error."""
    picked = sorted({path.name: path for path in make(tmp_path / "made")}.values())
    (served.data_dir / "packages").symlink_to(LAYERS)
    served.environment |= {"MAX_FILES_PER_USER": "1000"}
    uploads = [f"/upload '{path}'" for path in picked]
    looks = [f"/{'head' if place % 2 else 'stats'} {path.name}" for place, path in enumerate(picked)]
    ended = served.console(*uploads, *looks, "/quit", timeout_s=1700)
    assert ended.returncode == 0, _PROBLEM.findall(ended.stdout)
    assert re.search(rf"Your Files\W+{len(picked)}/1000", ended.stdout)
    assert "Traceback" not in ended.stdout + ended.stderr
