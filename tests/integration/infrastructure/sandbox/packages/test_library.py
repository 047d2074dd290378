"""What runs get for missing imports, with the real uv and a real index on the loopback address."""

import os
import stat
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex
from tests.support.packages import CAPS, Packages, leftovers, make_packages
from tests.support.waiting import quickest_s


def test_a_missing_package_is_installed_and_can_be_imported(packages: Packages) -> None:
    """The layer holds the package; the words on the way name version and size."""
    layer = packages.layer("tiny")
    assert (layer.distribution, layer.pins, layer.modules) == ("tiny", {"tiny": "1.0"}, ("tiny",))
    assert packages.run("import tiny; print(tiny.version)", layer) == "1.0"
    assert [str(progress) for progress in packages.said] == ["looking up tiny", "installing tiny 1.0 (1 kB)"]


def test_the_second_run_gets_the_layer_without_the_index(
    tmp_path: Path, packages: Packages, index: PackageIndex
) -> None:
    """Neither this program nor another one asks the index again, or waits."""
    first = packages.layer("tiny")
    index.asked.clear()
    assert packages.layer("tiny", user_id="bob") == first
    assert quickest_s(lambda: packages.layer("tiny", user_id="bob")) < 0.3
    assert make_packages(tmp_path / "packages", index.url, allowed=["tiny"]).layer("tiny") == first
    assert index.asked == []


def test_what_the_base_has_is_not_installed_again(packages: Packages, index: PackageIndex) -> None:
    """A dependency on numpy is met by the code environment's."""
    index.add("numpy", "2.4.6")
    index.add("other", requires=["numpy", "shared>=1"])
    index.add("shared")
    assert packages.layer("other").pins == {"other": "1.0", "shared": "1.0"}
    assert sorted(set(index.downloads())) == ["other-1.0-py3-none-any.whl", "shared-1.0-py3-none-any.whl"]


def test_a_package_that_does_not_fit_to_the_base_is_refused(packages: Packages, index: PackageIndex) -> None:
    """One that needs another version of what the base has would break it."""
    index.add("numpy", "1.0")
    index.add("other", requires=["numpy<2"])
    assert "does not fit to what is there already" in packages.refusal("other")


def test_later_layers_fit_to_those_that_a_run_has(packages: Packages, index: PackageIndex) -> None:
    """What two packages share has one version in a run, though a newer one is there."""
    index.add("shared", "1.0")
    index.add("shared", "2.0")
    index.add("tiny", "1.1", requires=["shared<2"])
    index.add("other", requires=["shared"])
    first = packages.layer("tiny")
    assert packages.layer("other").pins["shared"] == "2.0"
    assert packages.layer("other", present=[first]).pins["shared"] == "1.0"
    provision = packages.provide("tiny", "other")
    assert [layer.pins["shared"] for layer in provision.layers] == ["1.0", "1.0"]


def test_a_package_without_a_wheel_is_refused(packages: Packages, index: PackageIndex) -> None:
    """Source code would have to be run to be built."""
    index.add_source("other")
    assert "source code only" in packages.refusal("other")
    assert not any(path.endswith(".tar.gz") for path in index.asked)


def test_too_new_yanked_and_absent_packages_are_refused(packages: Packages, index: PackageIndex) -> None:
    """Each with its reason; of several releases, the newest that may be had is taken."""
    index.add("other", uploaded="2099-01-01T00:00:00Z")
    index.add("shared", yanked="it ate my homework")
    assert "too new" in packages.refusal("other")
    assert "withdrawn" in packages.refusal("shared")
    assert "has none of that name" in packages.refusal("never_there")
    index.add("tiny", "1.1", yanked=True)
    index.add("tiny", "1.2", uploaded="2099-01-01T00:00:00Z")
    assert packages.layer("tiny").pins == {"tiny": "1.0"}


def test_an_index_that_tells_no_ages_works(packages: Packages, index: PackageIndex) -> None:
    """Mirrors often leave them out: then nothing can be said of a release's age."""
    index.add("other", uploaded=None)
    assert packages.layer("other").pins == {"other": "1.0"}


def test_a_large_package_is_refused_before_it_is_downloaded(packages: Packages, index: PackageIndex) -> None:
    """The index tells sizes, so that three gigabytes cost nothing."""
    index.add("other", requires=["shared"])
    index.add("shared", size=3 * 2**30)
    assert "3,072 MB to download, more than the 1 MB" in packages.refusal("other")
    assert index.downloads() == []


def test_a_package_with_too_many_dependencies_is_refused(packages: Packages, index: PackageIndex) -> None:
    """Hundreds of packages are not installed for one import."""
    names = [f"leaf{number}" for number in range(120)]
    for name in names:
        index.add(name)
    index.add("other", requires=names)
    assert "121 packages, more than the 100" in packages.refusal("other")
    assert index.downloads() == []


@pytest.mark.parametrize("files", [{"bomb.py": b"#" * 64 * 2**20}, {f"bomb/{n}.py": "" for n in range(3000)}])
def test_a_bomb_is_stopped_while_it_unpacks(
    tmp_path: Path, index: PackageIndex, files: dict[str, str | bytes]
) -> None:
    """A small wheel of many or huge files fills neither disk nor layers."""
    packages = make_packages(
        tmp_path / "packages", index.url, allowed=["bomb"], caps=replace(CAPS, entries=1000)
    )
    index.add("bomb", files=files)
    assert "more than" in packages.refusal("bomb")
    assert leftovers(tmp_path / "packages") == []
    assert list(packages.library.folder.iterdir()) == []


def test_a_wheel_that_is_not_what_the_index_promised_is_refused(
    packages: Packages, index: PackageIndex
) -> None:
    """The hash of the answer counts, not what a server hands out afterwards."""
    index.add("other", hashes={"sha256": "0" * 64})
    assert "not what the package index promised" in packages.refusal("other")


def test_a_package_without_the_module_says_what_it_has(packages: Packages, index: PackageIndex) -> None:
    """An import that cannot work says what could."""
    index.add("other", files={"another.py": "", "other_things/__init__.py": ""})
    assert "has no module 'other'; it has another, other_things" in packages.refusal("other")


def test_a_silent_index_is_given_up_and_remembered(tmp_path: Path, index: PackageIndex) -> None:
    """The first run waits for a bounded time, the next one not at all."""
    packages = make_packages(
        tmp_path / "packages", index.url, allowed=["tiny", "other"], caps=replace(CAPS, resolve_s=2)
    )
    index.delay_s = 20
    start = time.monotonic()
    assert "the package index cannot be reached" in packages.refusal("tiny")
    assert time.monotonic() - start < 8
    assert "the package index cannot be reached" in packages.refusal("other")
    assert quickest_s(lambda: packages.refusal("other")) < 0.3


def test_without_an_index_what_is_kept_still_works(tmp_path: Path, packages: Packages) -> None:
    """No network is no reason to refuse what is there."""
    layer = packages.layer("tiny")
    offline = make_packages(tmp_path / "packages", "http://127.0.0.1:9", allowed=["tiny", "other"])
    assert offline.layer("tiny") == layer
    assert "the package index cannot be reached" in offline.refusal("other")
    check = offline.library.check()
    assert not check.ok
    assert check.optional
    assert "cannot be reached" in check.detail
    assert check.remedy


def test_doctor_tells_what_is_kept(packages: Packages) -> None:
    """The policy, the number of packages, and that the index answers."""
    packages.layer("tiny")
    check = packages.library.check()
    assert check.ok
    assert check.detail == "PACKAGE_POLICY=allowlist, 1 packages kept (0 MB); the index answers"


def test_an_old_layer_is_looked_up_anew(packages: Packages, index: PackageIndex) -> None:
    """After a week a newer release is taken; without an answer, the old one stays good."""
    old = packages.layer("tiny")
    index.add("tiny", "1.1")
    assert packages.layer("tiny") == old
    packages.clock.time += timedelta(days=8)
    new = packages.layer("tiny")
    assert (old.pins, new.pins) == ({"tiny": "1.0"}, {"tiny": "1.1"})
    packages.clock.time += timedelta(days=8)
    index.projects.clear()
    assert packages.layer("tiny") == new


def test_an_unchanged_package_is_not_downloaded_again(packages: Packages, index: PackageIndex) -> None:
    """A week later the index is asked once, and the layer is good for another week."""
    layer = packages.layer("tiny")
    packages.clock.time += timedelta(days=8)
    index.asked.clear()
    assert packages.layer("tiny") == layer
    assert index.asked
    assert index.downloads() == []
    index.asked.clear()
    assert packages.layer("tiny") == layer
    assert index.asked == []


def test_a_layer_is_plain_files_that_everybody_may_read(packages: Packages, index: PackageIndex) -> None:
    """They are the program's own; nothing in them acts when an interpreter starts."""
    files = {"other/__init__.py": "", "evil.pth": "import os", "sitecustomize.py": "", ".layer.json": "{}"}
    index.add("other", files=files)
    folder = packages.library.folder / packages.layer("other").folder
    found = list(folder.rglob("*"))
    assert {path.name for path in found} >= {"other", "__init__.py", ".layer.json", "METADATA"}
    assert not {"evil.pth", "sitecustomize.py"} & {path.name for path in found}
    for path in (folder, *found):
        state = path.lstat()
        assert (state.st_uid, state.st_gid) == (os.getuid(), os.getgid())
        assert stat.S_IMODE(state.st_mode) in ({0o755} if path.is_dir() else {0o644, 0o755})


def test_nobody_waits_for_what_nobody_wants(packages: Packages, index: PackageIndex) -> None:
    """When its run is gone, an install ends, and is not held against the package."""
    index.wheel_delay_s = 10
    start = time.monotonic()
    packages.refusal("tiny", is_abandoned=lambda: bool(index.downloads()))
    assert time.monotonic() - start < 5
    index.wheel_delay_s = 0
    packages.layer("tiny")
