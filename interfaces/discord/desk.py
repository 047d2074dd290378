"""What the bot does for one user, by the use cases: the only place where Discord meets them."""

from collections.abc import Sequence
from functools import partial
from threading import Event

import disnake
import httpx2

from application.analyses import analysis_code
from application.files import Listing
from domain.files import LedgerFile
from interfaces.discord.observer import StoppableRun
from interfaces.discord.results import Result, result_of
from interfaces.discord.uploads import Outcome, save_all
from interfaces.discord.workers import Workers
from interfaces.wiring import Wiring


class Desk:
    """Asks the use cases in threads. A user's id is that of their Discord account."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._workers = Workers()
        self._client = httpx2.Client(follow_redirects=False)
        self._stopping = Event()

    async def save(self, user_id: str, attachments: Sequence[disnake.Attachment]) -> list[Outcome]:
        """Keep the files of a message."""
        upload = self._wiring.upload
        return await self._workers.quick(lambda: save_all(upload, self._client, user_id, attachments))

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

    async def analyse(self, user_id: str, name: str, file_id: str, limit_bytes: int) -> Result:
        """Run a quick analysis of a file of the user.

        Raises:
            NoSuchFileError: the user has no such file.
        """
        await self.file(user_id, file_id)
        code = analysis_code(name, file_id)

        def work() -> Result:
            execution = self._wiring.run_code(user_id, code, observer=StoppableRun(self._stopping))
            return result_of(execution, partial(self._wiring.open_file, user_id), limit_bytes)

        return await self._workers.run(work)

    def stop_runs(self) -> None:
        """Have every run end now; what it made until then is recorded."""
        self._stopping.set()

    def close(self) -> None:
        """Wait for what was begun."""
        self._workers.close()
        self._client.close()
