"""The lists of names that decide what may be installed: shipped ones, and the operator's."""

import stat
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from domain.errors import InvalidValueError
from domain.packages import PackagePolicy, PackageRules, normalized

MAX_LIST_BYTES = 4 * 2**20
"""Room for far more names than there are popular packages."""

_SHIPPED = Path(__file__).parent / "data"
_DEFAULT = "default"


def load_rules(
    policy: PackagePolicy, popular_rank: int, allowlist: str, present_modules: frozenset[str]
) -> PackageRules:
    """Return the rules of PACKAGE_POLICY, PACKAGE_POPULAR_RANK and PACKAGE_ALLOWLIST.

    Raises:
        InvalidValueError: the allow list names something that is no name, or a file that cannot be read.
    """
    return PackageRules(
        policy=policy,
        ranking=_shipped("popular.txt"),
        popular_rank=popular_rank,
        allowed=allowed_names(allowlist),
        present_modules=present_modules | sys.stdlib_module_names,
    )


def allowed_names(allowlist: str) -> frozenset[str]:
    """Return the names on an allow list: words between commas.

    A word is a name, `@` with the path of a file of names, or `default` for the shipped list.

    Raises:
        InvalidValueError: a word is no name, or its file cannot be read.
    """
    try:
        return frozenset(name for word in allowlist.split(",") for name in _meant_by(word.strip()))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a `~` of nobody's
        msg = (
            f"allowed are names of packages, `@` with a file of names, and `default`, between commas: {error}"
        )
        raise InvalidValueError(msg) from error


def _meant_by(word: str) -> Iterator[str]:
    if word == _DEFAULT:
        yield from _shipped("allowed.txt")
    elif word.startswith("@"):
        yield from _names(_ordinary(Path(word[1:]).expanduser()))
    elif word:
        yield normalized(word)


@cache
def _shipped(name: str) -> tuple[str, ...]:
    """Return a list of ours: its names stand in it in the one spelling, and in order."""
    lines = (_SHIPPED / name).read_text(encoding="ascii").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def _ordinary(path: Path) -> Path:
    """Return the path of a file that can be read to its end.

    Raises:
        InvalidValueError: it is a folder, a device or a pipe, or too large for a list of names.
        OSError: there is none.
    """
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        msg = f"{str(path)!r} is no ordinary file"
        raise InvalidValueError(msg)
    if state.st_size > MAX_LIST_BYTES:
        msg = f"{str(path)!r} has more than {MAX_LIST_BYTES // 2**20} MB, too much for a list of names"
        raise InvalidValueError(msg)
    return path


def _names(path: Path) -> Iterator[str]:
    """Yield the names in a file: one a line, `#` begins a comment."""
    with path.open(encoding="utf-8") as file:
        text = file.read(MAX_LIST_BYTES)  # files of /proc say that they are empty, and are not
    for line in text.splitlines():
        name = line.partition("#")[0].strip()
        if name:
            yield normalized(name)
