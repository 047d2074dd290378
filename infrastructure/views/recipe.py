"""Which code makes documents of events: half a view of one version must not be finished by another."""

import hashlib
from functools import cache
from inspect import getsource

from domain import events, files
from infrastructure.views import folding, owners, projections, quarantine, scratch, shapes


@cache
def recipe() -> str:
    """Return the SHA-256 of that code, in hex."""
    modules = (events, files, folding, owners, projections, quarantine, scratch, shapes)
    return hashlib.sha256("".join(map(getsource, modules)).encode()).hexdigest()
