"""Damage stops its own user's part of the views: nothing of such a ledger is taken in from there on.

The others go on. What was left out is taken in by a rebuild, once the ledger is mended.
"""

from collections.abc import Mapping
from uuid import UUID

from application.ports.ledger import Batch, Recorded
from domain.errors import IntegrityFaultError
from infrastructure.views.owners import Owners

Quarantined = Mapping[UUID, int]
"""The position of the first damaged event by ledger; NOBODY's are the rows that do not say whose they are."""

NOBODY = UUID(int=0)


def damage_in(batch: Batch, owners: Owners, known: Quarantined) -> dict[UUID, int]:
    """Return the ledgers, but for the `known` ones, whose events can be read no further within the batch.

    That is also so where only a ledger's beginning, which tells its owner, cannot be read any more.
    """
    found: dict[UUID, int] = {}
    for event in batch.damaged:
        ledger_id = event.ledger_id or NOBODY
        if ledger_id not in known:
            found.setdefault(ledger_id, event.position)
    owners.learn(batch.events)
    for recorded in batch.events:
        ledger_id = recorded.event.originator_id
        if not owners.knows(ledger_id) and is_free(recorded, known) and is_free(recorded, found):
            try:
                owners.of_event(recorded.event)
            except IntegrityFaultError:
                found[ledger_id] = recorded.position
    return found


def is_free(recorded: Recorded, quarantined: Quarantined) -> bool:
    """Tell whether an event comes before any damage to its ledger."""
    since = quarantined.get(recorded.event.originator_id)
    return since is None or recorded.position < since
