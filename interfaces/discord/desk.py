"""What the bot does for one user, by the use cases: the only place where Discord meets them."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from tempfile import TemporaryFile

import disnake
import httpx2

from application.analyses import analysis_code
from application.audit import History, Why
from application.executions import PastExecution
from application.export import Export
from application.files import Listing, matching
from application.forget import Erasure
from application.ledgers import By
from application.operators import Status
from application.run_code import Execution, RunObserver
from application.spending import Spending
from application.stops import Stops
from application.turn import Answer, TurnObserver
from domain.errors import NoSuchFileError
from domain.files import LedgerFile, is_file_id
from domain.rate_limits import Activity
from interfaces.discord.histories import PAGE_EVENTS, Past
from interfaces.discord.parts import PostsOfRun
from interfaces.discord.posts import Post
from interfaces.discord.results import Place, files_posts, run_posts
from interfaces.discord.uploads import Outcome, save_all
from interfaces.discord.waiting import WaitingList
from interfaces.discord.words import Words
from interfaces.discord.workers import Workers
from interfaces.wiring import Wiring


@dataclass(frozen=True)
class Question:
    """What somebody asks the model in a channel; `cause` names what Discord delivered."""

    text: str
    channel_id: int
    cause: str
    file_ids: Sequence[str] = ()


@dataclass(frozen=True)
class Archive:
    """All that is a user's; without `content` when that is larger than the place takes."""

    told: Export
    size_bytes: int
    content: bytes | None


class Desk:
    """Asks the use cases in threads. A user's id is that of their Discord account."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._workers = Workers()
        self._client = httpx2.Client(follow_redirects=False)

    @property
    def can_chat(self) -> bool:
        """Whether there is a model to talk to."""
        return self._wiring.has_model

    @cached_property
    def waiting(self) -> WaitingList:
        """Who waits for an answer."""
        wiring = self._wiring
        notebooks = wiring.notebook("waiting"), wiring.notebook("heard")
        return WaitingList(*notebooks, wiring.runners, wiring.clock.now, self._workers.quick)

    @property
    def stops(self) -> Stops:
        """What goes on and can be stopped."""
        return self._wiring.stops

    # -- files -------------------------------------------------------------------

    async def save(self, user_id: str, attachments: Sequence[disnake.Attachment]) -> list[Outcome]:
        """Keep the files of a message."""
        upload = self._wiring.upload
        limits = self._wiring.rate_limits
        return await self._workers.quick(lambda: save_all(upload, limits, self._client, user_id, attachments))

    async def files(self, user_id: str) -> Listing:
        """Return the user's current files."""
        return await self._workers.quick(lambda: self._wiring.list_files(user_id))

    async def file(self, user_id: str, file_id: str) -> LedgerFile:
        """Return a file of the user.

        Raises:
            NoSuchFileError: the user has no such file.
        """

        def look() -> LedgerFile:
            file, content = self._wiring.open_file(user_id, file_id)
            content.close()
            return file

        return await self._workers.quick(look)

    async def delete(self, user_id: str, file_id: str) -> LedgerFile:
        """Delete a file of the user.

        Raises:
            NoSuchFileError: the user has no such file.
        """
        return await self._workers.quick(lambda: self._wiring.delete_file(user_id, file_id))

    async def find(self, user_id: str, text: str) -> list[LedgerFile]:
        """Return the user's files that `text` may mean, the newest first."""
        return matching((await self.files(user_id)).files, text)

    async def download(self, user_id: str, file_id: str, place: Place) -> list[Post]:
        """Hand a file of the user back.

        Raises:
            NoSuchFileError: the user has no such file.
        """
        file = await self.file(user_id, file_id)
        return await self.posts(lambda: files_posts([file], place))

    # -- runs --------------------------------------------------------------------

    async def analyse(
        self, user_id: str, name: str, file_id: str, cause: str, observer: RunObserver
    ) -> Execution:
        """Run a quick analysis of a file of the user.

        Raises:
            NoSuchFileError: the user has no such file.
            RateLimitedError: the user has to wait first.
        """
        await self.file(user_id, file_id)
        return await self.run(user_id, analysis_code(name, file_id), cause, observer)

    async def run(self, user_id: str, code: str, cause: str, observer: RunObserver) -> Execution:
        """Run a user's code; `cause` names what Discord delivered.

        Raises:
            InvalidValueError: the code is none.
            RateLimitedError: the user has to wait first.
            QueueFullError, CancelledError: it was not run.
        """
        self._wiring.rate_limits.take(user_id, Activity.RUN)
        by = By.user(user_id, cause)
        return await self._workers.run(lambda: self._wiring.run_code(user_id, code, by=by, observer=observer))

    def place(self, user_id: str, limit_bytes: int, words: Words) -> Place:
        """Return a place where a user reads, which takes files of `limit_bytes`."""
        return Place(partial(self._wiring.open_file, user_id), limit_bytes, words)

    def posts_of_runs(self, place: Place, *, is_models: bool) -> PostsOfRun:
        """Return what makes messages of a user's runs."""

        async def posts(execution: Execution) -> list[Post]:
            return await self.posts(lambda: run_posts(execution, place, is_models=is_models))

        return posts

    async def posts(self, make: Callable[[], list[Post]]) -> list[Post]:
        """Make messages in a thread: their files are read, and perhaps zipped."""
        return await self._workers.quick(make)

    async def past_execution(self, user_id: str, execution_id: str) -> PastExecution:
        """Return a past run of the user.

        Raises:
            NoSuchExecutionError: the user has no such run.
        """
        return await self._workers.quick(lambda: self._wiring.past_execution(user_id, execution_id))

    def live_files_of(self, user_id: str, past: PastExecution) -> Sequence[LedgerFile]:
        """Return the files of a run that the user still has; it blocks."""
        made = set(past.generated_file_ids)
        return [file for file in self._wiring.list_files(user_id).files if file.file_id in made]

    # -- the model ---------------------------------------------------------------

    async def chat(self, user_id: str, question: Question, observer: TurnObserver) -> Answer:
        """Have a turn with the model, which remembers what was said in the channel.

        Raises:
            RateLimitedError: the user has to wait first.
            QueueFullError, CancelledError, TokensUsedUpError: there was none.
        """
        self._wiring.rate_limits.take(user_id, Activity.QUESTION)
        place, by = f"discord:{question.channel_id}", By.user(user_id, question.cause)
        chat = partial(self._wiring.chat, file_ids=question.file_ids, by=by, observer=observer)
        return await self._workers.talk(lambda: chat(user_id, place, question.text))

    async def spending(self, reader_id: str, user_id: str | None) -> Spending:
        """Return what somebody spent on the model: the reader, or a user, whom an operator asks about.

        Raises:
            NotOperatorError: who asks about another may not.
        """
        if user_id is None:
            return await self._workers.quick(lambda: self._wiring.spending(reader_id))
        return await self._workers.quick(lambda: self._wiring.audit_spending(reader_id, user_id))

    # -- everything --------------------------------------------------------------

    async def export(self, user_id: str, limit_bytes: int) -> Archive:
        """Return all that is the user's in one archive.

        Raises:
            InvalidValueError: nothing is kept of the user.
            RateLimitedError: the user has to wait first.
        """

        def work() -> Archive:
            with TemporaryFile() as file:
                told = self._wiring.export(user_id, file)
                size_bytes = file.seek(0, os.SEEK_END)
                file.seek(0)
                return Archive(told, size_bytes, file.read() if size_bytes <= limit_bytes else None)

        self._wiring.rate_limits.take(user_id, Activity.RUN)
        return await self._workers.run(work)

    async def forget(self, user_id: str, cause: str) -> Erasure:
        """Stop what goes on for the user, and erase all that is kept of them.

        Raises:
            EnvironmentFaultError: some of it cannot be erased now; the next start goes on with it.
        """
        self.stops.stop_all_of(user_id)
        return await self._workers.run(lambda: self._wiring.forget(user_id, by=By.user(user_id, cause)))

    # -- looking back ------------------------------------------------------------

    async def why(self, user_id: str, reference: str) -> Why:
        """Say why a file of the user is there or gone; `reference` is its id or its name.

        Raises:
            NoSuchFileError: the user never had such a file.
        """
        return await self._workers.quick(
            lambda: self._wiring.why(self._past_file(user_id, reference), owner=user_id)
        )

    async def history(self, user_id: str, before: int | None) -> Past:
        """Return a page of the user's own history."""
        return await self._workers.quick(
            lambda: self._past(self._wiring.history.newest(user_id, PAGE_EVENTS, before=before))
        )

    async def file_history(self, user_id: str, reference: str) -> Past:
        """Return what happened last to a file of the user; `reference` is its id or its name.

        Raises:
            NoSuchFileError: the user never had such a file.
        """

        def work() -> Past:
            why = self._wiring.why(self._past_file(user_id, reference), owner=user_id)
            page = self._wiring.history.of_file(user_id, why.file_id, PAGE_EVENTS)
            return self._past(page, file_id=why.file_id)

        return await self._workers.quick(work)

    async def audit(self, operator_id: str, user_id: str, before: int | None) -> Past:
        """Return a page of another user's history; that it was read is recorded there.

        Raises:
            NotOperatorError: who asks may not.
            InvalidValueError: nothing is recorded of the user.
        """
        audit = self._wiring.audit
        return await self._workers.quick(
            lambda: self._past(audit(operator_id, user_id, PAGE_EVENTS, before=before), is_audit=True)
        )

    async def status(self, operator_id: str) -> Status:
        """Tell how the program does.

        Raises:
            NotOperatorError: who asks may not.
        """
        return await self._workers.quick(lambda: self._wiring.status(operator_id))

    def now(self) -> datetime:
        """Return the time."""
        return self._wiring.clock.now()

    def _past(self, page: History, *, file_id: str | None = None, is_audit: bool = False) -> Past:
        history = self._wiring.history
        return Past(page, history.filenames(page), history.length(page.user_id), file_id, is_audit)

    def _past_file(self, user_id: str, reference: str) -> str:
        if is_file_id(reference):
            return reference
        file_id = self._wiring.why.newest_named(user_id, reference)
        if file_id is None:
            raise NoSuchFileError(reference)
        return file_id

    # -- life --------------------------------------------------------------------

    def stop_runs(self) -> None:
        """Have every run and turn end now; what came of it until then is recorded."""
        self.stops.stop_all()

    def close(self) -> None:
        """Wait for what was begun."""
        self._workers.close()
        self._client.close()
