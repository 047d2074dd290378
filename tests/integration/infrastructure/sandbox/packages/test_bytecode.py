"""Layers get their bytecode behind the backs of those who wait."""

import time
from pathlib import Path

from tests.support.package_index import PackageIndex
from tests.support.packages import leftovers, make_packages


def test_a_layer_gets_bytecode_that_python_uses(tmp_path: Path, index: PackageIndex) -> None:
    """Soon after its install, folder by folder; sources that do not compile are left alone."""
    files = {"other/__init__.py": "from other.part import x", "other/part.py": "x = 1", "other/bad.py": "x ="}
    index.add("other", files=files)
    packages = make_packages(tmp_path / "packages", index.url, allowed=["other"], compiles=True)
    layer = packages.layer("other")
    folder = packages.library.folder / layer.folder
    end = time.monotonic() + 20
    while not (folder / ".compiled").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    compiled = [path.name.partition(".")[0] for path in (folder / "other" / "__pycache__").iterdir()]
    assert sorted(compiled) == ["__init__", "part"]
    source, bytecode = folder / "other" / "part.py", next((folder / "other" / "__pycache__").glob("part.*"))
    header = bytecode.read_bytes()[
        8:16
    ]  # the time and size of the source, by which Python trusts it (PEP 552)
    assert int.from_bytes(header[:4], "little") == int(source.stat().st_mtime)
    assert int.from_bytes(header[4:], "little") == source.stat().st_size
    assert packages.run("import other.part; print(other.part.x)", layer) == "1"
    assert packages.layer("other") == layer
    assert leftovers(tmp_path / "packages") == []
