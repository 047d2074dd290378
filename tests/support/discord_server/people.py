"""People: what a test has them do with Discord's client, and what they see there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.support.discord_server import client_commands, client_widgets, permissions
from tests.support.discord_server.checks.messages import ATTACHMENTS, CONTENT
from tests.support.discord_server.client_uploads import CannotDoError
from tests.support.discord_server.interactions import (
    Actor,
    Interaction,
    InteractionKind,
    Interactions,
    upload_limit,
)
from tests.support.discord_server.loop import Loop
from tests.support.discord_server.reply import WAIT_S, Reply, any_message
from tests.support.discord_server.values import Channel, Json, Message, Upload, User
from tests.support.discord_server.world import World

PINNED = 6
"""The kind of the notice that a message was pinned."""


class Person:
    """Somebody with a Discord account, in front of their client. `home` is where they write by default."""

    def __init__(
        self, loop: Loop, world: World, interactions: Interactions, actor: Actor, home: Channel
    ) -> None:
        self.actor = actor
        self.home = home
        self._loop = loop
        self._world = world
        self._interactions = interactions

    @property
    def user(self) -> User:
        """The person's account."""
        return self.actor.user

    # -- messages ----------------------------------------------------------------

    def send(
        self,
        content: str = "",
        files: Sequence[Upload] = (),
        *,
        channel: Channel | None = None,
        replies_to: Message | None = None,
    ) -> Message:
        """Write to a channel.

        Raises:
            CannotDoError: the client takes no text so long, no files so large or so many.
        """
        return self._loop.do(lambda: self._send(content, files, channel or self.home, replies_to))

    def ask_bot(self, content: str = "", files: Sequence[Upload] = ()) -> Message:
        """Write a message that mentions the bot."""
        return self.send(f"{self._world.bot.mention} {content}".strip(), files)

    def dm(self, content: str = "", files: Sequence[Upload] = ()) -> Message:
        """Write to the bot directly."""
        return self.send(content, files, channel=self.direct())

    def direct(self) -> Channel:
        """Return the person's channel with the bot."""
        return self._loop.do(lambda: self._world.direct_channel(self.user))

    def edit(self, message: Message, content: str) -> Message:
        """Change the text of a message of one's own."""

        def change() -> Message:
            edited = replace(
                self._own(message),
                content=content,
                mentions=self._world.mentioned(content),
                edited_at=self._world.clock.now,
            )
            return self._world.change_message(edited)

        return self._loop.do(change)

    def pin(self, message: Message) -> Message:
        """Pin a message; return the notice by which Discord tells so in the person's name."""
        world = self._world

        def notice() -> Message:
            return world.add_message(
                Message(
                    id=world.ids.new(),
                    channel_id=message.channel_id,
                    author=self.user,
                    created_at=world.clock.now,
                    replies_to=message.id,
                    kind=PINNED,
                )
            )

        return self._loop.do(notice)

    def delete(self, message: Message) -> None:
        """Delete a message of one's own."""
        self._loop.do(lambda: self._world.delete_message(self._own(message)))

    def react(self, message: Message, emoji: str, *, is_added: bool = True) -> None:
        """React to a message, or take it back."""
        self._loop.do(
            lambda: self._world.react(self._world.messages[message.id], self.user, emoji, is_added=is_added)
        )

    def _send(
        self, content: str, files: Sequence[Upload], channel: Channel, replies_to: Message | None
    ) -> Message:
        world = self._world
        limit = upload_limit(world, channel)
        too_large = any(len(file.data) > limit for file in files)
        if len(content) > CONTENT or len(files) > ATTACHMENTS or too_large:
            msg = "the client does not take a message so large"
            raise CannotDoError(msg)
        return world.add_message(
            Message(
                id=world.ids.new(),
                channel_id=channel.id,
                author=self.user,
                created_at=world.clock.now,
                content=content,
                attachments=[world.files.keep(file, channel.id) for file in files],
                mentions=world.mentioned(content),
                replies_to=replies_to.id if replies_to else None,
            )
        )

    def _own(self, message: Message) -> Message:
        if message.author != self.user:
            msg = "the message is somebody else's"
            raise CannotDoError(msg)
        return self._world.message(message.id)

    # -- seeing ------------------------------------------------------------------

    def timeline(self, channel: Channel | None = None) -> Sequence[Message]:
        """Return what the person sees in a channel, oldest first."""
        return self._loop.do(lambda: self._visible(channel or self.home))

    def sees(
        self,
        accept: Callable[[Message], bool] = any_message,
        *,
        channel: Channel | None = None,
        after: Message | None = None,
        timeout_s: float = WAIT_S,
    ) -> Message:
        """Wait for a message of the bot that `accept` takes, and return it."""

        def look() -> Message | None:
            for message in self._visible(channel or self.home):
                is_later = after is None or int(message.id) > int(after.id)
                is_bots = message.author.is_bot and not message.is_loading
                if is_bots and is_later and accept(message):
                    return message
            return None

        return self._loop.until(look, timeout_s)

    def _visible(self, channel: Channel) -> Sequence[Message]:
        return [
            message
            for message in self._world.messages.values()
            if message.channel_id == channel.id and message.audience in {None, self.user.id}
        ]

    # -- interactions ------------------------------------------------------------

    def slash(
        self, path: str, options: Mapping[str, Any] | None = None, *, channel: Channel | None = None
    ) -> Reply:
        """Send a slash command such as `files list`.

        Raises:
            CannotDoError: the client does not offer it, or does not take an option.
        """
        return self._use_command(InteractionKind.COMMAND, path, options or {}, None, channel)

    def complete(
        self, path: str, options: Mapping[str, Any], focused: str, *, channel: Channel | None = None
    ) -> list[Json]:
        """Type into the option `focused` of a command, and return what is proposed."""
        return self._use_command(InteractionKind.AUTOCOMPLETE, path, options, focused, channel).choices()

    def click(self, message: Message, button: str) -> Reply:
        """Click a button, named by its label or custom id."""
        return self._use_widget(message, button, None)

    def choose(self, message: Message, select: str, *values: str) -> Reply:
        """Choose from a select, named by its placeholder or custom id; options by label or value."""
        return self._use_widget(message, select, values)

    def submit(self, opened: Reply, values: Mapping[str, Any]) -> Reply:
        """Fill in the modal that a reply opened."""
        modal, origin = opened.modal(), opened.interaction

        def act() -> Interaction:
            data = client_widgets.modal_data(self._world, origin.channel, modal, values)
            return self._start(InteractionKind.MODAL_SUBMIT, origin.channel, data, origin.source)

        return self._reply(act)

    def forge(self, kind: InteractionKind, data: Json, message: Message | None = None) -> Reply:
        """Send an interaction as Discord's client never would, or as an old one does."""
        return self._reply(lambda: self._start(kind, self.home, data, message))

    def has_seen_failure(self, reply: Reply) -> bool:
        """Whether the person reads that the application did not respond."""
        return self._loop.do(lambda: self._interactions.has_failed(reply.interaction))

    def _use_command(
        self,
        kind: InteractionKind,
        path: str,
        options: Mapping[str, Any],
        focused: str | None,
        channel: Channel | None,
    ) -> Reply:
        place = channel or self.home

        def act() -> Interaction:
            world, actor = self._world, self.actor
            data = client_commands.command_data(world, actor, place, path, options, focused)
            return self._start(kind, place, data)

        return self._reply(act)

    def _use_widget(self, message: Message, wanted: str, values: Sequence[str] | None) -> Reply:
        def act() -> Interaction:
            current = self._world.message(message.id)
            widget = client_widgets.find_widget(current, self.user, wanted)
            chosen = None if values is None else client_widgets.selection(widget, values)
            channel = self._world.channels[current.channel_id]
            data = client_widgets.component_data(widget, chosen)
            return self._start(InteractionKind.COMPONENT, channel, data, current)

        return self._reply(act)

    def _start(
        self, kind: InteractionKind, channel: Channel, data: Json, source: Message | None = None
    ) -> Interaction:
        return self._interactions.start(kind, self.actor, channel, data, source)

    def _reply(self, act: Callable[[], Interaction]) -> Reply:
        return Reply(self._loop, self._world, self._loop.do(act))


def allowed(*, is_admin: bool) -> permissions.Permission:
    """Return what a member may do."""
    return permissions.EVERYTHING if is_admin else permissions.MEMBER
