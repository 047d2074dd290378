"""Prints docs/file_types.md from the one table of file types: `make file-types`."""

from collections import defaultdict
from collections.abc import Iterator

from domain.file_type_table import FILE_TYPES, WRAPPERS, Family, FileType
from domain.file_types import loader_of

_HEAD = """\
# File types

Made by `make file-types` from `domain/file_type_table`; do not edit. What a file is, is decided by its
content; its extension decides among types that look alike. Core types open at once; for one on demand its
library is installed once, as a layer of packages, when the first such file is loaded (where `PACKAGE_POLICY`
allows it). Each extension may be wrapped once more: {wrappers}. What is not here loads as text or bytes.

Some types are known and yet come as bytes, with a note on what to save them as: `.doc`, `.ppt`, `.mdb`,
`.accdb` and HDF4, since for none of them there is a library that installs here, is cared for, and could be
proven by a file of the real program. Of PyTorch's files those with weights open, as NumPy arrays: torch is
too large to come on demand, and a whole model runs code when it is loaded.

{core} extensions of data are core, {on_demand} come on demand, and {code} are source code: text.

| extensions | type | family | object | library | tier |
|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    extensions: dict[str, set[str]] = defaultdict(set)
    for row in FILE_TYPES:
        extensions[_group(row)].update(row.extensions)
    wrappers = " ".join(f"`{own}`" for wrapper in WRAPPERS for own, inner in wrapper.extensions if not inner)
    head = _HEAD.format(
        wrappers=wrappers,
        core=len(extensions["core"]),
        on_demand=len(extensions["on demand"] - extensions["core"]),
        code=len(extensions["code"]),
    )
    return head + "".join(f"{line}\n" for line in _lines())


def _group(row: FileType) -> str:
    if row.family is Family.CODE:
        return "code"
    return "as bytes" if row.loader == "bytes" else loader_of(row).tier


def _lines() -> Iterator[str]:
    """Yield a line a type, in the order of families; rows that differ in signature only are one."""
    merged: dict[tuple[Family, str, str], dict[str, None]] = {}
    for row in FILE_TYPES:
        merged.setdefault((row.family, row.label, row.loader), {}).update(dict.fromkeys(row.extensions))
    for family in Family:
        for (own, label, loader), extensions in merged.items():
            if own is family:
                facts = loader_of(FileType(label, family, loader))
                shown = " ".join(f"`{extension}`" for extension in extensions)
                cells = (shown, label, family, facts.makes, facts.library, facts.tier)
                yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(), end="")
