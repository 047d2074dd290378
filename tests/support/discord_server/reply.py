"""What a person sees of the bot's answer to something they did with it."""

from collections.abc import Callable, Sequence

from tests.support.discord_server.interactions import Callback, Interaction
from tests.support.discord_server.loop import Loop
from tests.support.discord_server.values import Json, Message
from tests.support.discord_server.world import World

WAIT_S = 10.0


def any_message(_: Message) -> bool:
    """Accept every message."""
    return True


class Reply:
    """The answer to one interaction, as it comes in."""

    def __init__(self, loop: Loop, world: World, interaction: Interaction) -> None:
        self.interaction = interaction
        self._loop = loop
        self._world = world

    def callback(self, timeout_s: float = WAIT_S) -> Callback:
        """Wait for the first response, and return its type."""
        return self._loop.until(lambda: self.interaction.callback, timeout_s)

    def message(self, accept: Callable[[Message], bool] = any_message, timeout_s: float = WAIT_S) -> Message:
        """Wait until the answer is a message that `accept` takes and no longer loading."""

        def look() -> Message | None:
            message = self._world.messages.get(self.interaction.original_id or "")
            is_there = message is not None and not message.is_loading
            return message if message is not None and is_there and accept(message) else None

        return self._loop.until(look, timeout_s)

    def followups(self, count: int = 1, timeout_s: float = WAIT_S) -> Sequence[Message]:
        """Wait for so many messages after the answer."""

        def look() -> list[Message] | None:
            ids = self.interaction.followup_ids
            found = [self._world.messages[item] for item in ids if item in self._world.messages]
            return found if len(found) >= count else None

        return self._loop.until(look, timeout_s)

    def modal(self, timeout_s: float = WAIT_S) -> Json:
        """Wait for the modal that opens."""
        callback = self.callback(timeout_s)
        assert callback is Callback.MODAL, f"no modal opened, the answer was {callback!r}"
        return self.interaction.response["data"]

    def choices(self, timeout_s: float = WAIT_S) -> list[Json]:
        """Wait for what an autocomplete proposes."""
        self.callback(timeout_s)
        return self.interaction.choices
