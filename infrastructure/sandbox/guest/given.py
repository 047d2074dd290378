"""What code has without an import: `load_file`, `files`, `open_file`, and packages when it imports them.

Every Python inside begins with this module, so it imports nothing that costs time
before it is wanted.
"""

import builtins
import sys

TYPE_CHECKING = False  # `typing` takes longer to import than Python to start
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any, BinaryIO

    from file_list import FileList
    from host_files import Reference


def install() -> None:
    """Give the functions and the finder to all code of this process, and of its forks."""
    builtins.load_file = load_file  # type: ignore[attr-defined]
    builtins.files = files  # type: ignore[attr-defined]
    builtins.open_file = open_file  # type: ignore[attr-defined]
    sys.meta_path.append(HostFinder)


def load_file(file_id: "Reference", **options: "Any") -> "Any":
    """Load one of your files by id or name: a table as a DataFrame, others as what fits them."""
    from load_file import load_file as load  # noqa: PLC0415 - imported by the runs that use it

    return load(file_id, **options)


def files() -> "FileList":
    """List your files, oldest first: `id`, `name`, `type`, `size_bytes`, `uploaded_at`, `expires_at`."""
    import file_list  # noqa: PLC0415 - imported by the runs that use it

    return file_list.files()


def open_file(file_id: "Reference") -> "BinaryIO":
    """Open one of your files, as `load_file` finds it, to read its bytes as uploaded; nothing is copied."""
    import host_files  # noqa: PLC0415 - imported by the runs that use it

    return host_files.open_file(file_id)


class HostFinder:
    """The last finder of modules: asks the host for those that are not here."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: object = None
    ) -> "ModuleSpec | None":
        """Find a top-level module that may come from a package; see `host_packages.find`."""
        del target
        if path is not None or name.startswith("_") or name in sys.stdlib_module_names:
            return None
        import host_packages  # noqa: PLC0415 - imported by the runs that use it

        return host_packages.find(name)
