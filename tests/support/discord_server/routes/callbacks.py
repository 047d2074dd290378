"""The first response to an interaction, within 3 seconds (interactions/receiving-and-responding)."""

from collections.abc import Callable, Sequence

from tests.support.discord_server import composing
from tests.support.discord_server.api import Route
from tests.support.discord_server.calls import Call
from tests.support.discord_server.checks.commands import check_choices
from tests.support.discord_server.checks.modals import check_modal
from tests.support.discord_server.composing import Draft
from tests.support.discord_server.forms import Form
from tests.support.discord_server.interactions import (
    Callback,
    Interaction,
    InteractionKind,
    Interactions,
)
from tests.support.discord_server.values import Json, Message, MessageFlag
from tests.support.discord_server.world import World

_MESSAGES = (Callback.MESSAGE, Callback.DEFERRED_MESSAGE)
_UPDATES = (Callback.DEFERRED_UPDATE, Callback.UPDATE)
_ALLOWED = {
    InteractionKind.COMMAND: (*_MESSAGES, Callback.MODAL),
    InteractionKind.COMPONENT: (*_MESSAGES, *_UPDATES, Callback.MODAL),
    InteractionKind.AUTOCOMPLETE: (Callback.CHOICES,),
    InteractionKind.MODAL_SUBMIT: _MESSAGES,
}


class Callbacks:
    """The route of first responses."""

    def __init__(self, world: World, interactions: Interactions) -> None:
        self._world = world
        self._interactions = interactions
        self._respond: dict[Callback, Callable[[Interaction, Call], Message | None]] = {
            Callback.MESSAGE: self._send,
            Callback.DEFERRED_MESSAGE: self._defer,
            Callback.DEFERRED_UPDATE: self._defer_update,
            Callback.UPDATE: self._update,
            Callback.CHOICES: self._propose,
            Callback.MODAL: self._ask,
        }

    @property
    def routes(self) -> Sequence[Route]:
        """Routes and handlers."""
        return [("POST /interactions/{interaction_id}/{interaction_token}/callback", self._answer)]

    def _answer(self, call: Call) -> Json:
        ids = call.parameters
        interaction = self._interactions.to_answer(ids["interaction_id"], ids["interaction_token"])
        callback = _checked_type(interaction, call.body["type"])
        message = self._respond[callback](interaction, call)
        interaction.response = call.body
        interaction.original_id = message.id if message else None
        self._world.changes.announce()
        if call.query.get("with_response", "").lower() not in {"true", "1"}:
            return None
        return self._description(interaction, callback, message)

    def _description(self, interaction: Interaction, callback: Callback, message: Message | None) -> Json:
        description: Json = {"interaction": {"id": interaction.id, "type": interaction.kind}}
        if message is not None:
            description["interaction"] |= {
                "response_message_id": message.id,
                "response_message_loading": message.is_loading,
                "response_message_ephemeral": message.is_ephemeral,
            }
            shown = self._world.message_payload(message)
            description["resource"] = {"type": callback, "message": shown}
        return description

    def _send(self, interaction: Interaction, call: Call) -> Message:
        return send(self._world, interaction, Draft(call.body.get("data") or {}, call.files, ("data",)))

    def _defer(self, interaction: Interaction, call: Call) -> Message:
        flags = MessageFlag((call.body.get("data") or {}).get("flags") or 0) & MessageFlag.EPHEMERAL
        return self._world.add_message(
            Message(
                id=self._world.ids.new(),
                channel_id=interaction.channel.id,
                author=self._world.bot,
                created_at=self._world.clock.now,
                flags=flags | MessageFlag.LOADING,
                interaction_id=interaction.id,
                audience=interaction.user.id if flags else None,
            )
        )

    def _defer_update(self, interaction: Interaction, call: Call) -> Message | None:
        return interaction.source

    def _update(self, interaction: Interaction, call: Call) -> Message | None:
        if interaction.source is None:
            return None
        draft = Draft(call.body.get("data") or {}, call.files, ("data",))
        return composing.edit(self._world, self._world.message(interaction.source.id), draft)

    def _propose(self, interaction: Interaction, call: Call) -> None:
        form = Form(("data",))
        check_choices(form, ("choices",), call.body["data"].get("choices") or [])
        form.close()

    def _ask(self, interaction: Interaction, call: Call) -> None:
        check_modal(call.body["data"])


def send(world: World, interaction: Interaction, draft: Draft) -> Message:
    """Send a message of an interaction; one with the flag EPHEMERAL to the person alone."""
    audience = interaction.user.id if MessageFlag.EPHEMERAL in draft.flags else None
    channel, interaction_id = interaction.channel, interaction.id
    return composing.compose(world, channel, draft, audience=audience, interaction_id=interaction_id)


def _checked_type(interaction: Interaction, wanted: int) -> Callback:
    allowed = _ALLOWED[interaction.kind]
    if interaction.kind is InteractionKind.MODAL_SUBMIT and interaction.source is not None:
        allowed = (*allowed, *_UPDATES)
    form = Form()
    form.one_of(("type",), wanted, tuple(int(callback) for callback in allowed))
    form.close()
    return Callback(wanted)
