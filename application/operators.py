"""What only those may do who run the program; each look at a user's history is told to that user."""

from collections.abc import Callable
from dataclasses import dataclass

from application.audit import History, ReadHistory
from application.looks import RecordLook
from application.ports.sandbox import Check
from application.spending import ReadSpending, Spending
from domain.errors import InvalidValueError, RefusedError
from domain.reading import ReadMatter


class NotOperatorError(RefusedError):
    """Somebody asked for what is the operators' alone."""

    def __init__(self) -> None:
        super().__init__(
            "This is for the operators of the bot only (ADMIN_USER_IDS). Your own data is in /history."
        )


class Operators:
    """The users whom the operator's settings name."""

    def __init__(self, user_ids: frozenset[str]) -> None:
        self._user_ids = user_ids

    def __contains__(self, user_id: str) -> bool:
        """Whether the user is one."""
        return user_id in self._user_ids

    def check(self, user_id: str) -> None:
        """Let pass only an operator.

        Raises:
            NotOperatorError: the user is none.
        """
        if user_id not in self:
            raise NotOperatorError


class AuditUser:
    """Lets an operator read a user's history, and the user know of it."""

    def __init__(self, operators: Operators, history: ReadHistory, look: RecordLook) -> None:
        self._operators, self._history, self._look = operators, history, look

    def __call__(self, operator_id: str, user_id: str, limit: int, *, before: int | None = None) -> History:
        """Return the user's newest events (before that sequence), once it is recorded that they are read.

        Raises:
            NotOperatorError: who asks is no operator; nothing is read.
            InvalidValueError: the user never was here; there is nothing to read.
        """
        self._operators.check(operator_id)
        page = self._history.newest(user_id, limit, before=before)
        if not page.events:
            msg = f"Nothing is recorded of the user {user_id}. Nothing was read."
            raise InvalidValueError(msg)
        self._look.at_page(operator_id, page)
        return page


class AuditSpending:
    """Lets an operator see what a user spends on the model, and the user know of it."""

    def __init__(self, operators: Operators, spending: ReadSpending, look: RecordLook) -> None:
        self._operators, self._spending, self._look = operators, spending, look

    def __call__(self, operator_id: str, user_id: str) -> Spending:
        """Return what the user spent, once it is recorded that it is read.

        Raises:
            NotOperatorError: who asks is no operator; nothing is read.
        """
        self._operators.check(operator_id)
        spending = self._spending(user_id)
        if last := spending.last_sequence:
            self._look(operator_id, user_id, ReadMatter.SPENDING, spending.first_sequence, last)
        return spending


@dataclass(frozen=True)
class Status:
    """How the program does: events in the ledger and in the views, runs under way, and what works."""

    head: int
    viewed: int
    runs: int
    free_bytes: int
    checks: tuple[Check, ...]

    @property
    def lag_events(self) -> int:
        """How many events the views have not taken in yet."""
        return max(0, self.head - self.viewed)


class ReadStatus:
    """Tells an operator how the program does."""

    def __init__(self, operators: Operators, read: Callable[[], Status]) -> None:
        self._operators, self._read = operators, read

    def __call__(self, operator_id: str) -> Status:
        """Look at every part.

        Raises:
            NotOperatorError: who asks is no operator.
        """
        self._operators.check(operator_id)
        return self._read()
