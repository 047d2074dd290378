"""What follows the first response, within 15 minutes (interactions/receiving-and-responding)."""

from collections.abc import Sequence

from tests.support.discord_server import composing, errors
from tests.support.discord_server.api import Route
from tests.support.discord_server.calls import Call
from tests.support.discord_server.composing import Draft
from tests.support.discord_server.interactions import Callback, Interaction, Interactions
from tests.support.discord_server.routes.callbacks import send
from tests.support.discord_server.values import Json, Message
from tests.support.discord_server.world import World

WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
MESSAGE = WEBHOOK + "/messages/{message_id}"
ORIGINAL = "@original"


class Followups:
    """Routes of an interaction's token."""

    def __init__(self, world: World, interactions: Interactions) -> None:
        self._world = world
        self._interactions = interactions

    @property
    def routes(self) -> Sequence[Route]:
        """Routes and handlers."""
        return [
            (f"POST {WEBHOOK}", self._create),
            (f"GET {MESSAGE}", lambda call: self._world.message_payload(self._message(call))),
            (f"PATCH {MESSAGE}", self._edit),
            (f"DELETE {MESSAGE}", self._delete),
        ]

    def _create(self, call: Call) -> Json:
        interaction = self._interaction(call)
        draft = Draft(call.body or {}, call.files)
        original = self._world.messages.get(interaction.original_id or "")
        if interaction.callback is Callback.DEFERRED_MESSAGE and original and original.is_loading:
            # The first one after a deferral takes its place, and whom it is shown to.
            return self._world.message_payload(composing.edit(self._world, original, draft))
        message = send(self._world, interaction, draft)
        interaction.followup_ids.append(message.id)
        return self._world.message_payload(message)

    def _edit(self, call: Call) -> Json:
        message = self._message(call)
        draft = Draft(call.body or {}, call.files)
        return self._world.message_payload(composing.edit(self._world, message, draft))

    def _delete(self, call: Call) -> None:
        self._world.delete_message(self._message(call))

    def _interaction(self, call: Call) -> Interaction:
        ids = call.parameters
        return self._interactions.answered(ids["webhook_id"], ids["webhook_token"])

    def _message(self, call: Call) -> Message:
        interaction, wanted = self._interaction(call), call.parameters["message_id"]
        message_id = interaction.original_id if wanted == ORIGINAL else wanted
        if message_id not in {interaction.original_id, *interaction.followup_ids}:
            raise errors.unknown_message()
        return self._world.message(message_id or "")
