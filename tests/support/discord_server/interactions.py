"""Interactions: what a person did with the bot, and the two deadlines of the answer."""

from dataclasses import dataclass, field
from enum import IntEnum

from tests.support.discord_server import errors, payloads, permissions
from tests.support.discord_server.checks.messages import UPLOAD_BYTES
from tests.support.discord_server.intents import Event
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.values import Channel, Json, Message, User
from tests.support.discord_server.world import World

RESPONSE_S = 3.0
TOKEN_S = 15 * 60.0


class InteractionKind(IntEnum):
    """Types of interaction."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class Callback(IntEnum):
    """Types of a response."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass
class Interaction:
    """One act of a person. `source` is the message of the component that was used."""

    id: str
    token: str
    kind: InteractionKind
    user: User
    channel: Channel
    created_s: float
    source: Message | None = None
    response: Json = None
    original_id: str | None = None
    followup_ids: list[str] = field(default_factory=list)

    @property
    def callback(self) -> Callback | None:
        """Type of the response, once there is one."""
        return Callback(self.response["type"]) if self.response else None

    @property
    def choices(self) -> list[Json]:
        """What an autocomplete proposed."""
        return list(self.response["data"].get("choices") or [])


@dataclass(frozen=True)
class Actor:
    """The person as an interaction describes them."""

    user: User
    locale: str = "en-US"
    allowed: Permission = permissions.MEMBER


class Interactions:
    """All interactions, by id and by token."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_token: dict[str, Interaction] = {}

    def start(
        self,
        kind: InteractionKind,
        actor: Actor,
        channel: Channel,
        data: Json,
        source: Message | None = None,
    ) -> Interaction:
        """Begin an interaction, and tell the bot."""
        ids = self._world.ids
        interaction = Interaction(
            id=ids.new(),
            token=f"token-{ids.new()}",
            kind=kind,
            user=actor.user,
            channel=channel,
            created_s=self._world.clock.now_s,
            source=source,
        )
        self._by_token[interaction.token] = interaction
        payload = self._payload(interaction, actor, data)
        self._world.publish(Event("INTERACTION_CREATE", payload, channel.guild_id))
        return interaction

    def to_answer(self, interaction_id: str, token: str) -> Interaction:
        """Return an interaction that still waits for its response.

        Raises:
            ApiError: there is none, it has its response, or the 3 seconds are over.
        """
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise errors.unknown_interaction()
        if interaction.response is not None:
            raise errors.already_acknowledged()
        if self._age_s(interaction) > RESPONSE_S:
            raise errors.unknown_interaction()
        return interaction

    def answered(self, application_id: str, token: str) -> Interaction:
        """Return an interaction that has its response, and may still be followed up.

        Raises:
            ApiError: there is none, it has no response yet, or the 15 minutes are over.
        """
        interaction = self._by_token.get(token)
        if interaction is None or interaction.response is None or application_id != self._world.bot.id:
            raise errors.unknown_webhook()
        if self._age_s(interaction) > TOKEN_S:
            raise errors.invalid_webhook_token()
        return interaction

    def has_failed(self, interaction: Interaction) -> bool:
        """Whether the person reads that the application did not respond."""
        return interaction.response is None and self._age_s(interaction) > RESPONSE_S

    def _age_s(self, interaction: Interaction) -> float:
        return self._world.clock.now_s - interaction.created_s

    def _payload(self, interaction: Interaction, actor: Actor, data: Json) -> Json:
        world, channel = self._world, interaction.channel
        payload: Json = {
            "id": interaction.id,
            "application_id": world.bot.id,
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "channel_id": channel.id,
            "channel": payloads.channel_payload(channel, world.bot),
            "locale": actor.locale,
            "app_permissions": payloads.bits(permissions.MEMBER & ~channel.denied),
            "entitlements": [],
            "attachment_size_limit": upload_limit(world, channel),
            "data": data,
            **_place(interaction, actor),
        }
        if interaction.source is not None:
            payload["message"] = world.message_payload(interaction.source)
        return payload


def upload_limit(world: World, channel: Channel) -> int:
    """Return how large a file may be in a channel, in bytes."""
    guild = world.guilds.get(channel.guild_id or "")
    return UPLOAD_BYTES[guild.premium_tier if guild else 0]


def _place(interaction: Interaction, actor: Actor) -> Json:
    guild_id = interaction.channel.guild_id
    if guild_id is None:
        owners = {"0": "0"}
        return {
            "user": payloads.user_payload(actor.user),
            "context": 1,
            "authorizing_integration_owners": owners,
        }
    return {
        "member": payloads.member_payload(actor.user, actor.allowed),
        "guild_id": guild_id,
        "guild": {"id": guild_id, "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "context": 0,
        "authorizing_integration_owners": {"0": guild_id},
    }
