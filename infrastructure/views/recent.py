"""What one user did since a view was written, folded when somebody looks, and written nowhere.

So nobody who looks waits until the view has taken in what others did: ten thousand of their files may
expire meanwhile.
"""

from collections.abc import Iterable
from uuid import UUID

from application.ports.ledger import LedgerStore
from infrastructure.views.client import Document
from infrastructure.views.folding import Fold
from infrastructure.views.owners import Owners
from infrastructure.views.projections import Projection


def brought_up_to_date(
    stored: Iterable[Document], projection: Projection, ledger: LedgerStore, ledger_id: UUID, position: int
) -> list[Document]:
    """Return a user's `stored` documents, by position, with what followed in the ledger.

    They hold all events up to `position` at least, and were read before, so that they hold nothing that the
    ledger does not. The projection is one that needs no stored documents.

    Raises:
        IntegrityFaultError: one of the later events is damaged.
    """
    documents = {document["_id"]: document for document in stored}
    fold = Fold(projection, Owners(ledger), load=lambda _keys: ())
    fold.take(list(ledger.stream(ledger_id, after=ledger.version_by(ledger_id, position))))
    for key, change in fold.changes.items():
        documents.pop(key, None)
        if change.document is not None:
            documents[key] = change.document
    return sorted(documents.values(), key=lambda document: document["position"])
