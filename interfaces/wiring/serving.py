"""The use cases that people meet in a chat: files, code, questions."""

from functools import cached_property
from pathlib import Path

from application.ask import Ask
from application.chat import WAITING_QUESTIONS, Chat
from application.executions import ReadExecution
from application.files import DeleteFile, KnownTables, ListFiles, OpenFile
from application.operators import Operators
from application.rate_limits import RateLimits
from application.run_code import RunCode
from application.run_queue import RunQueue
from application.spending import Accounts, ReadSpending
from application.stops import Stops
from application.upload import UploadFile
from domain.files import LedgerFile, blob_name
from infrastructure.files import copy_out
from interfaces.wiring.parts import Parts

TURNS_AT_ONCE = 64
"""Conversations with the model at once: it is the provider that works, not this machine."""


class Serving(Parts):
    """What people do with files."""

    @cached_property
    def upload(self) -> UploadFile:
        """Keep and record a file."""
        return UploadFile(self.ledgers, self.blobs, self._ids, self.policy)

    @cached_property
    def list_files(self) -> ListFiles:
        """List a user's current files."""
        return ListFiles(self.views, self.store, self.clock, self.policy)

    @cached_property
    def open_file(self) -> OpenFile:
        """Get a file's bytes back."""
        return OpenFile(self.ledgers, self.blobs)

    @cached_property
    def delete_file(self) -> DeleteFile:
        """Remove a file."""
        return DeleteFile(self.ledgers)

    @cached_property
    def run_code(self) -> RunCode:
        """Run Python for a user."""
        return RunCode(
            self.ledgers, self.blobs, self.sandbox, self._ids, self.runners, self.policy, self.queue
        )

    @cached_property
    def past_execution(self) -> ReadExecution:
        """Look back at a run."""
        return ReadExecution(self.store)

    @cached_property
    def ask(self) -> Ask:
        """Have a turn with the model."""
        return Ask(self.model, self.run_code, self.list_files, KnownTables(self.ledgers), self.clock)

    @cached_property
    def chat(self) -> Chat:
        """Go on with a conversation with the model."""
        turns = RunQueue(TURNS_AT_ONCE, WAITING_QUESTIONS, "questions")
        self._stack.callback(turns.close)
        hours = self.settings.conversation_hours
        return Chat(self.ask, self.conversations, self._accounts, turns, self.clock, hours)

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(self.ledgers, self.settings.model_prices, self.settings.daily_token_limit_per_user)

    @cached_property
    def spending(self) -> ReadSpending:
        """What users spent on the model."""
        return ReadSpending(self.store, self.settings.daily_token_limit_per_user)

    @cached_property
    def stops(self) -> Stops:
        """What goes on and can be stopped."""
        return Stops(self._ids, self.operators)

    @cached_property
    def operators(self) -> Operators:
        """Who may look after others."""
        return Operators(self.settings.admin_user_ids)

    @cached_property
    def rate_limits(self) -> RateLimits:
        """How often one user may ask."""
        return RateLimits(self.clock, self.settings.rates)

    def locate(self, user_id: str, file: LedgerFile) -> str:
        """Return where a file's bytes are."""
        return self.blobs.locate(user_id, blob_name(file.file_id, file.extension))

    def save_copy(self, user_id: str, file_id: str, target: Path) -> tuple[LedgerFile, Path]:
        """Copy a user's file to a path; into a folder under its own name, there never over another file.

        Raises:
            NoSuchFileError: the user has no such file.
            EnvironmentFaultError: the target cannot be written.
        """
        file, content = self.open_file(user_id, file_id)
        with content:
            return file, copy_out(content, target, file.filename)
