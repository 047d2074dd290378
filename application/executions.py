"""Looking back at one's own runs, from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.ledger import LedgerStore
from domain.errors import UsageError
from domain.events import ExecutionFinished, ExecutionStarted
from domain.files import check_user_id
from domain.ledger import UserLedger


class NoSuchExecutionError(UsageError):
    """No execution of that id belongs to the asking user (absent and foreign alike)."""

    def __init__(self) -> None:
        super().__init__("You have no such run: only the person for whom it ran can see it.")


@dataclass(frozen=True)
class PastExecution:
    """A run as the ledger remembers it; `output_tail` is the end of what it printed."""

    execution_id: str
    code: str
    output_tail: str
    generated_file_ids: Sequence[str]


class ReadExecution:
    """Finds a run of a user."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def __call__(self, user_id: str, execution_id: str) -> PastExecution:
        """Return a run of the user, ended or not.

        Raises:
            NoSuchExecutionError: the user has no such run.
        """
        code: str | None = None
        output, made = "", tuple[str, ...]()
        for recorded in self._store.stream(UserLedger.create_id(check_user_id(user_id))):
            event = recorded.event
            if isinstance(event, ExecutionStarted) and event.execution_id == execution_id:
                code = event.code
            elif isinstance(event, ExecutionFinished) and event.execution_id == execution_id:
                output, made = event.output_tail, event.generated_file_ids
                break
        if code is None:
            raise NoSuchExecutionError
        return PastExecution(execution_id, code, output, made)
