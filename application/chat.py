"""A person's conversation with the model: remembered by place, paid for by the day, a turn at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock

from application.ask import Ask
from application.ledgers import By
from application.model import Message
from application.ports.clock import Clock
from application.ports.conversations import Conversations
from application.ports.progress import Progress, Stage
from application.prompts import recent
from application.run_queue import RunQueue
from application.spending import Accounts
from application.turn import Answer, TurnObserver, UnobservedTurn

SWEEP_EVERY = timedelta(minutes=10)
WAITING_QUESTIONS = 3
"""Questions of one person that may wait for the answer to an earlier one."""


class Chat:
    """Answers a person in a place (a channel, a terminal), going on from what was said there before."""

    def __init__(
        self,
        ask: Ask,
        conversations: Conversations,
        accounts: Accounts,
        turns: RunQueue,
        clock: Clock,
        memory_hours: float,
    ) -> None:
        self._ask, self._conversations, self._accounts = ask, conversations, accounts
        self._turns, self._clock = turns, clock
        self._memory = timedelta(hours=memory_hours)
        self._swept_at: datetime | None = None
        self._sweeping = Lock()

    def __call__(
        self,
        user_id: str,
        place: str | None,
        text: str,
        *,
        file_ids: Sequence[str] = (),
        by: By | None = None,
        observer: TurnObserver | None = None,
    ) -> Answer:
        """Carry out one turn and remember it, unless `place` is None; `file_ids` came with the text.

        A person's turns follow one another, wherever they ask: so each sees what was
        said before it, and none slips past the day's limit beside another. A turn
        that fails is remembered, too, so that "try again" is enough.

        Raises:
            InvalidValueError: the user id is none, or the text is empty.
            QueueFullError: too many of the user's questions wait.
            CancelledError: it was cancelled before its turn.
            TokensUsedUpError: the user's tokens of the day are used up.
        """
        by = by or By.user(user_id)
        observer = observer or UnobservedTurn()
        with self._turns.turn(user_id, observer):
            erasures = self._accounts.check(user_id)
            history = self._conversations.load(user_id, place, self._clock.now()) if place else ()
            observer.show_progress(Progress(Stage.THINKING))
            question = with_files(text, file_ids)
            answer = self._ask(user_id, question, history=history, by=by, observer=observer)
            is_recorded = self._accounts.record(
                user_id,
                self._ask.model_name,
                answer.usage,
                answer.stopped_because,
                by,
                erasures=erasures,
            )
            if place and is_recorded:
                self._remember(user_id, place, [*history, *answer.messages])
        return answer

    def _remember(self, user_id: str, place: str, messages: Sequence[Message]) -> None:
        now = self._clock.now()
        self._conversations.save(user_id, place, recent(messages), now + self._memory)
        with self._sweeping:
            is_due = self._swept_at is None or now - self._swept_at >= SWEEP_EVERY
            self._swept_at = now if is_due else self._swept_at
        if is_due:
            self._conversations.discard_expired(now)


def with_files(text: str, file_ids: Sequence[str]) -> str:
    """Return what a person said with the ids of the files that came with it; ids are ours, names are not."""
    return f"{text}\n\n[Sent with this message: {', '.join(file_ids)}]" if file_ids else text
