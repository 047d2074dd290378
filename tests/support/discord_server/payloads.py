"""Values as the JSON of Discord's API, with every field that a client may count on."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tests.support.discord_server import permissions
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.values import (
    Attachment,
    Channel,
    ChannelKind,
    Guild,
    Json,
    Message,
    User,
)

JOINED_AT = "2024-01-01T00:00:00+00:00"
ALL_BITS = (1 << 53) - 1  # what a permission set can hold in a JSON number


def bits(permission: Permission) -> str:
    """Return a set of permissions as Discord writes it."""
    return str(int(permission) & ALL_BITS)


def user_payload(user: User) -> Json:
    """Return a user."""
    return {
        "id": user.id,
        "username": user.name,
        "discriminator": "0",
        "global_name": user.name.title(),
        "avatar": None,
        "bot": user.is_bot,
        "public_flags": 0,
        "flags": 0,
    }


def member_payload(user: User, allowed: Permission = permissions.MEMBER) -> Json:
    """Return a member of a guild."""
    return {
        "user": user_payload(user),
        "nick": None,
        "avatar": None,
        "roles": [],
        "joined_at": JOINED_AT,
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "permissions": bits(allowed),
    }


def attachment_payload(attachment: Attachment) -> Json:
    """Return an attachment."""
    return {
        "id": attachment.id,
        "filename": attachment.filename,
        "size": attachment.size_bytes,
        "url": attachment.url,
        "proxy_url": attachment.url,
        "content_type": attachment.content_type,
        "description": attachment.description,
        "ephemeral": attachment.is_ephemeral,
    }


def channel_payload(channel: Channel, bot: User) -> Json:
    """Return a channel, a thread or a direct message."""
    payload: Json = {
        "id": channel.id,
        "type": channel.kind,
        "last_message_id": None,
        "flags": 0,
    }
    if channel.recipient is not None:
        return payload | {"recipients": [user_payload(channel.recipient)]}
    payload |= {
        "guild_id": channel.guild_id,
        "name": channel.name,
        "parent_id": channel.parent_id,
        "rate_limit_per_user": 0,
        "permissions": bits(permissions.MEMBER & ~channel.denied),
    }
    if channel.kind is ChannelKind.PUBLIC_THREAD:
        return payload | _thread_fields(bot)
    denial = {"id": bot.id, "type": 1, "allow": "0", "deny": bits(channel.denied)}
    overwrites = [denial] if channel.denied else []
    return payload | {"topic": None, "position": 0, "nsfw": False, "permission_overwrites": overwrites}


def _thread_fields(bot: User) -> Json:
    metadata = {
        "archived": False,
        "auto_archive_duration": 1440,
        "archive_timestamp": JOINED_AT,
        "create_timestamp": JOINED_AT,
        "locked": False,
    }
    member = {"join_timestamp": JOINED_AT, "flags": 0}
    counts = {"message_count": 0, "member_count": 1, "total_message_sent": 0}
    return {"owner_id": bot.id, "thread_metadata": metadata, "member": member, **counts}


def guild_payload(guild: Guild, channels: Iterable[Channel], members: Sequence[User], bot: User) -> Json:
    """Return a guild as GUILD_CREATE does, with its channels, threads and members."""
    of_guild = [channel for channel in channels if channel.guild_id == guild.id]
    threads = [channel for channel in of_guild if channel.kind is ChannelKind.PUBLIC_THREAD]
    return {
        **_guild_settings(guild),
        "roles": [_everyone(guild)],
        "channels": [channel_payload(channel, bot) for channel in of_guild if channel not in threads],
        "threads": [channel_payload(channel, bot) for channel in threads],
        "members": [member_payload(member) for member in members],
        "member_count": len(members),
        "premium_tier": guild.premium_tier,
        "joined_at": JOINED_AT,
        "large": False,
        "unavailable": False,
        **{name: [] for name in _EMPTY_LISTS},
    }


_EMPTY_LISTS = (
    "emojis",
    "stickers",
    "features",
    "voice_states",
    "presences",
    "stage_instances",
    "guild_scheduled_events",
    "soundboard_sounds",
)


def _guild_settings(guild: Guild) -> Json:
    return {
        "id": guild.id,
        "name": guild.name,
        "owner_id": guild.owner.id,
        "icon": None,
        "splash": None,
        "application_id": None,
        "preferred_locale": "en-US",
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_flags": 0,
        "afk_timeout": 300,
        "premium_progress_bar_enabled": False,
        "max_members": 500_000,
    }


def _everyone(guild: Guild) -> Json:
    return {
        "id": guild.id,
        "name": "@everyone",
        "permissions": bits(permissions.MEMBER),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def message_payload(message: Message, channel: Channel, replied: Message | None = None) -> Json:
    """Return a message; `replied` is the one that it replies to."""
    payload: Json = {
        "id": message.id,
        "channel_id": message.channel_id,
        "type": message.kind or (19 if message.replies_to else 0),
        "author": user_payload(message.author),
        "content": message.content,
        "timestamp": timestamp(message.created_at),
        "edited_timestamp": timestamp(message.edited_at),
        "tts": False,
        "mention_everyone": False,
        "mentions": [user_payload(user) for user in message.mentions],
        "mention_roles": [],
        "attachments": [attachment_payload(attachment) for attachment in message.attachments],
        "embeds": list(message.embeds),
        "components": list(message.components),
        "reactions": [_reaction(emoji, users) for emoji, users in message.reactions.items()],
        "pinned": False,
        "flags": int(message.flags),
    }
    if message.nonce is not None:
        payload["nonce"] = message.nonce
    if message.author.is_bot:
        payload["application_id"] = message.author.id
    if message.replies_to is not None:
        payload["message_reference"] = {"message_id": message.replies_to, "channel_id": message.channel_id}
        payload["referenced_message"] = message_payload(replied, channel) if replied else None
    return payload


def _reaction(emoji: str, users: frozenset[str]) -> Json:
    return {"emoji": {"id": None, "name": emoji}, "count": len(users), "me": False}


def timestamp(moment: datetime | None) -> str | None:
    """Return a moment as Discord writes it."""
    return moment.isoformat() if moment else None
