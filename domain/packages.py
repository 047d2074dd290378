"""Which packages code may bring in by importing them; pure rules over lists that are handed in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from domain.errors import MAX_SHOWN_CHARACTERS, InvalidValueError
from domain.likeness import nearest
from domain.module_names import DISTRIBUTIONS, INSTALLERS, NICKNAMES, REMOVED_FROM_PYTHON

MAX_NAME_CHARACTERS = 100
_SHORTEST_TELLING = 4
"""Characters of a name from which on a slip of it tells which one it was."""
_KNOWN_TO_ALL = 700
"""Rank down to which a short name is taken for a slip of another."""
_NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.ASCII | re.IGNORECASE)
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)


class PackagePolicy(StrEnum):
    """How far code may choose its packages."""

    OFF = "off"
    ALLOWLIST = "allowlist"
    POPULAR = "popular"


@dataclass(frozen=True)
class Candidate:
    """A distribution (normalized name) that may be installed for a module."""

    module: str
    distribution: str


@dataclass(frozen=True)
class Rejection:
    """Why nothing may be installed for a module, for who imported it."""

    module: str
    reason: str


def normalized(name: str) -> str:
    """Return a distribution's name in the one spelling of PEP 503.

    Raises:
        InvalidValueError: it is no name by the packaging standard, or a very long one.
    """
    if len(name) > MAX_NAME_CHARACTERS or not _NAME.fullmatch(name):
        msg = f"{_shown(name)} is no name of a package: letters, digits and inner `-`, `_` and `.` are"
        raise InvalidValueError(msg)
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution_of(module: str) -> str:
    """Return the normalized name of the distribution that a module, dotted or not, comes from.

    Raises:
        InvalidValueError: no module can be called so.
    """
    if len(module) > MAX_NAME_CHARACTERS or not _MODULE.fullmatch(module):
        msg = f"{_shown(module)} is no name of a module"
        raise InvalidValueError(msg)
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        found = DISTRIBUTIONS.get(".".join(parts[:length]))
        if found is not None:
            return found
    return normalized(parts[0])


@dataclass(frozen=True)
class PackageRules:
    """The operator's rules.

    `ranking` holds normalized names, the most popular first; those among its first
    `popular_rank` may be installed by anybody under `PackagePolicy.POPULAR`, and
    `allowed` ones under either policy. `present_modules` are there without any package.
    """

    policy: PackagePolicy
    ranking: Sequence[str] = ()
    popular_rank: int = 0
    allowed: frozenset[str] = frozenset()
    present_modules: frozenset[str] = field(default=frozenset(), repr=False)

    def decide(self, module: str) -> Candidate | Rejection:
        """Tell what may be installed for a module that was not found; never raises, whatever it is called."""
        try:
            top = module.partition(".")[0]
            reason = self._why_never(top)
            if reason:
                return Rejection(module, reason)
            distribution = distribution_of(module)
        except InvalidValueError as error:
            return Rejection(module, str(error))
        if self.policy is PackagePolicy.OFF:
            return Rejection(module, "packages are not installed on import here (PACKAGE_POLICY=off)")
        if top in INSTALLERS:
            return Rejection(module, "packages install themselves here: import what you want to use")
        if self.permits(distribution):
            return Candidate(module, distribution)
        return Rejection(module, self._why_not(module, distribution))

    def permits(self, distribution: str) -> bool:
        """Tell whether a distribution (normalized name) may be asked for by name."""
        return distribution in self._permitted

    def _why_never(self, top: str) -> str:
        if top in REMOVED_FROM_PYTHON:
            return f"{top!r} was a part of older versions of Python and is in no package; do without it"
        if top in self.present_modules:
            return f"{top!r} is there without any package, or does not exist on this system"
        if top.startswith("_"):
            return f"{top!r} is private to another module; import that one"
        return ""

    def _why_not(self, module: str, distribution: str) -> str:
        rule = (
            "is not on the list of allowed packages"
            if self.policy is PackagePolicy.ALLOWLIST
            else f"is neither on the list of allowed packages nor one of the {self.popular_rank} most popular"
        )
        meant = self._meant_by(module.partition(".")[0])
        hint = f"did you mean {meant!r}?" if meant else "check the name, or ask the operator to allow it"
        return f"the package {distribution!r} {rule}, so it was not installed; {hint}"

    def _meant_by(self, top: str) -> str:
        """Return the module that was meant, empty when nobody can tell: short names are near to many."""
        if top in NICKNAMES:
            return NICKNAMES[top]
        is_short = len(top) < _SHORTEST_TELLING
        ranks = self._module_ranks
        return nearest(
            top, {name: rank for name, rank in ranks.items() if rank <= _KNOWN_TO_ALL} if is_short else ranks
        )

    @cached_property
    def _permitted(self) -> Mapping[str, int]:
        """Permitted names with their ranks, counted from 1; unranked ones stand behind the last."""
        popular = self.ranking[: self.popular_rank] if self.policy is PackagePolicy.POPULAR else ()
        ranks = {name: rank for rank, name in enumerate(self.ranking, 1) if name in self.allowed}
        ranks |= {name: rank for rank, name in enumerate(popular, 1)}
        return ranks | dict.fromkeys(self.allowed - ranks.keys(), len(self.ranking) + 1)

    @cached_property
    def _module_ranks(self) -> Mapping[str, int]:
        """What code may import with success, with the ranks of what it comes from."""
        permitted = self._permitted
        modules = {name.replace("-", "_"): rank for name, rank in permitted.items()}
        named = {module: permitted[name] for module, name in DISTRIBUTIONS.items() if name in permitted}
        return modules | {module: rank for module, rank in named.items() if "." not in module}


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…")
