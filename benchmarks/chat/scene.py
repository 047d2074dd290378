"""What is to be seen on the Discord of the tests at a moment."""

from collections import defaultdict
from collections.abc import Sequence

from tests.support.discord_server import DiscordServer, Message, Reply

CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"


class Scene:
    """The messages, looked at in one go: hundreds of people wait for theirs."""

    def __init__(self, discord: DiscordServer) -> None:
        self._discord = discord
        self._messages: dict[str, Message] = {}
        self._answers: dict[str, list[Message]] = {}

    def look(self) -> None:
        """See what is there now."""
        self._messages = self._discord.until(lambda: dict(self._discord.world.messages))
        answers: dict[str, list[Message]] = defaultdict(list)
        for message in self._messages.values():
            if message.author.is_bot and (asked := _asked(message)):
                answers[asked].append(message)
        self._answers = answers

    def answers(self, message: Message) -> Sequence[Message]:
        """Return what the bot answered to a message, oldest first."""
        return self._answers.get(message.id, ())

    def answer(self, reply: Reply) -> Message | None:
        """Return the bot's answer to an interaction, once it is more than the word that it thinks."""
        message = self._messages.get(reply.interaction.original_id or "")
        source = reply.interaction.source
        message = message or (self._messages.get(source.id) if source else None)
        return None if message is None or message.is_loading else message

    def shown(self, reply: Reply) -> Message:
        """Return an answer that was seen."""
        return self._messages[reply.interaction.original_id or ""]

    def responded_s(self) -> dict[str, float]:
        """Return when each interaction had its first response, on the monotonic clock."""
        calls = [call for call in self._discord.calls(CALLBACK) if (call.status or 500) < 300]  # noqa: PLR2004
        return {call.parameters["interaction_id"]: call.at_s for call in calls}


def _asked(message: Message) -> str | None:
    """Return the message that this one answers: the first says so, those after it by their nonce."""
    if message.replies_to:
        return message.replies_to
    number, _, _ = str(message.nonce or "").removeprefix("card-").partition("-")
    return number if number.isdigit() else None


def is_over(message: Message) -> bool:
    """Tell whether nothing of an answer can be cancelled any more."""
    return not any(widget["custom_id"].startswith("cancel:") for widget in message.widgets)
