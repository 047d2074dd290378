"""What uv found out about a package: what to download, or why not.

Format of the first: the standard for lock files, `pylock.toml` (PEP 751).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import InvalidValueError
from domain.packages import normalized
from infrastructure.sandbox.packages.config import InstallCaps

_MEBIBYTE = 2**20
_LOCK_BYTES = 4 * _MEBIBYTE
_CAUSE_CHARACTERS = 300


class InstallError(Exception):
    """A package is not installed; the text says why, for who imported it."""


class NoRoomError(InstallError):
    """There is too little room or time for it just now."""


class UnreachableError(InstallError):
    """The index did not answer, or not with what was asked for."""


class NoTorchIndexError(UnreachableError):
    """The index of the torch family's small builds, which is another one, did not answer."""


class UndatedError(InstallError):
    """The index does not tell when a release was made, so that none counts as old enough."""


@dataclass(frozen=True)
class Resolution:
    """The distributions to install (normalized name to version) and the size of their wheels, if told."""

    pins: Mapping[str, str]
    size_bytes: int | None

    def require_small(self, caps: InstallCaps) -> None:
        """Let nothing begin that is known to be too much.

        Raises:
            InstallError: too many distributions, or too many bytes.
        """
        if len(self.pins) > caps.distributions:
            msg = f"it needs {len(self.pins)} packages, more than the {caps.distributions} that are allowed"
            raise InstallError(msg)
        if self.size_bytes is not None and self.size_bytes > caps.download_bytes:
            msg = (
                f"it and what it needs are {_readable(self.size_bytes)} to download, more than the "
                f"{_readable(caps.download_bytes)} that are allowed (PACKAGE_MAX_MB)"
            )
            raise InstallError(msg)

    def told(self, distribution: str) -> str:
        """Return it in words: "humanize 4.17.0 (3 packages, 12 MB)"."""
        parts = [f"{len(self.pins)} packages"] if len(self.pins) > 1 else []
        parts += [_readable(self.size_bytes)] if self.size_bytes is not None else []
        version = self.pins.get(distribution, "")
        return f"{distribution} {version}" + (f" ({', '.join(parts)})" if parts else "")


def read_lock(path: Path) -> Resolution:
    """Return what a lock file names.

    Raises:
        InstallError: it names something else than wheels, or is not readable.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LOCK_BYTES).decode()
        packages = tomllib.loads(text).get("packages", [])
        pins = {normalized(package["name"]): _version(package["version"]) for package in packages}
        sizes = [_size_bytes(package) for package in packages]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidValueError) as error:
        msg = "the package index gave an answer that makes no sense"
        raise InstallError(msg) from error
    known = [size for size in sizes if size is not None]
    return Resolution(pins, sum(known) if len(known) == len(sizes) else None)


def explained(said: str, distribution: str) -> InstallError:
    """Return why uv could not resolve or install, by its words."""
    if "is missing an upload date" in said:
        return UndatedError("the package index does not tell how old its releases are")
    if any(sign in said for sign in _UNREACHABLE):
        if _TORCH_INDEX in said:
            return NoTorchIndexError(f"the index of small builds does not answer for {distribution!r}")
        return UnreachableError(f"the package index does not answer for {distribution!r}")
    for sign, reason in _REASONS.items():
        if sign in said:
            return InstallError(reason)
    cause = " ".join(re.sub(r"\S+://\S+", "(an address)", said).split()).partition("cause: ")[2]
    verdict = "it does not fit to what is there already" if _UNSOLVED in said else "it cannot be unpacked"
    return InstallError(f"{verdict}: {cause[:_CAUSE_CHARACTERS] or said[-_CAUSE_CHARACTERS:]}")


_UNSOLVED = "No solution found"
_UNREACHABLE = ("Failed to fetch", "error sending request", "Request failed after", "operation timed out")
_TORCH_INDEX = "/whl/"
"""In the addresses of that index only."""
_REASONS = {
    "was not found in the package registry": "the package index has none of that name, or of one it needs",
    "filtered by `exclude-newer`": "all its releases are too new to be trusted (PACKAGE_COOLING_OFF_DAYS)",
    "Wheels are required": "it, or a package it needs, comes as source code only, which is not built here",
    "no usable wheels": "it, or a package it needs, has no binary wheel for this Python and system",
    "no wheels": "it, or a package it needs, has no binary wheel for this Python and system",
    "yanked": "all its releases that would fit were withdrawn by their authors",
    "File too large": "it unpacks to more than is allowed",
    "No space left on device": "the disk is full",
    "Hash mismatch": "what was downloaded is not what the package index promised",
    "hash mismatch": "what was downloaded is not what the package index promised",
}


def _version(text: str) -> str:
    """Return a version, which becomes a part of a folder's name."""
    if not re.fullmatch(r"[A-Za-z0-9.!+_-]{1,100}", text):
        msg = f"{text!r} is no version"
        raise ValueError(msg)
    return text


def _size_bytes(package: Mapping[str, Any]) -> int | None:
    """Return the size of the one wheel that was chosen."""
    wheels = package["wheels"]
    sizes = [wheel.get("size") for wheel in wheels]
    return max(sizes) if sizes and all(isinstance(size, int) for size in sizes) else None


def _readable(size_bytes: int) -> str:
    if size_bytes < _MEBIBYTE:
        return f"{size_bytes / 1024:.0f} kB"
    return f"{size_bytes / _MEBIBYTE:,.0f} MB"
