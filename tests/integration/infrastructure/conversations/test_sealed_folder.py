from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from application.model import AssistantMessage, Message, ToolCall, ToolMessage, UserMessage
from domain.ledger import UserLedger
from infrastructure.conversations.sealed_folder import SealedConversations
from infrastructure.ledger.keys import KeyFolder

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SAID: list[Message] = [
    UserMessage("how many? 🐧"),
    AssistantMessage("", (ToolCall("1", "execute_python_code", '{"code": "1"}'),)),
    ToolMessage("1", "344"),
    AssistantMessage("344."),
]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    """Return the keys of alice and bob."""
    keys = KeyFolder(tmp_path / "keys")
    for user_id in ("alice", "bob"):
        keys.create(UserLedger.create_id(user_id))
    return keys


@pytest.fixture
def conversations(tmp_path: Path, keys: KeyFolder) -> SealedConversations:
    """Return an empty store."""
    return SealedConversations(tmp_path / "conversations", keys)


def files(tmp_path: Path) -> list[Path]:
    """Return what is on disk."""
    return [path for path in (tmp_path / "conversations").rglob("*") if path.is_file()]


def test_what_was_said_comes_back_as_it_was(conversations: SealedConversations) -> None:
    """Every kind of message; a later save takes the place of the one before."""
    conversations.save("alice", "discord:1", SAID[:1], LATER)
    conversations.save("alice", "discord:1", SAID, LATER)

    assert conversations.load("alice", "discord:1", NOW) == SAID


def test_places_and_users_are_apart(conversations: SealedConversations) -> None:
    """Nobody goes on with what was said elsewhere, or by somebody else."""
    conversations.save("alice", "discord:1", SAID, LATER)

    assert not conversations.load("alice", "discord:2", NOW)
    assert not conversations.load("bob", "discord:1", NOW)


def test_a_conversation_whose_time_is_over_is_forgotten(
    conversations: SealedConversations, tmp_path: Path
) -> None:
    """It is not read any more at that moment, and swept from the disk."""
    conversations.save("alice", "discord:1", SAID, LATER)
    conversations.save("alice", "discord:2", SAID, LATER + timedelta(hours=1))

    assert not conversations.load("alice", "discord:1", LATER)
    assert conversations.discard_expired(LATER) == 1
    assert len(files(tmp_path)) == 1


def test_forgetting_a_user_leaves_nothing(conversations: SealedConversations, tmp_path: Path) -> None:
    """And nobody else's is touched; a second time there is nothing to forget."""
    for user_id in ("alice", "bob"):
        conversations.save(user_id, "discord:1", SAID, LATER)

    assert conversations.forget("alice") == 1
    assert conversations.forget("alice") == 0
    assert conversations.load("bob", "discord:1", NOW) == SAID
    assert len(files(tmp_path)) == 1


def test_without_the_key_nothing_can_be_read_or_kept(
    conversations: SealedConversations, keys: KeyFolder, tmp_path: Path
) -> None:
    """An erasure takes conversations too, in every copy of them, and a new key does not open old ones."""
    conversations.save("alice", "discord:1", SAID, LATER)
    assert not any(b"how many" in path.read_bytes() for path in files(tmp_path))
    keys.destroy(UserLedger.create_id("alice"))

    assert not conversations.load("alice", "discord:1", NOW)
    conversations.save("alice", "discord:2", SAID, LATER)
    assert len(files(tmp_path)) == 1
    keys.create(UserLedger.create_id("alice"))
    assert not conversations.load("alice", "discord:1", NOW)


def test_a_file_put_in_anothers_place_is_no_conversation(
    conversations: SealedConversations, tmp_path: Path
) -> None:
    """A file is bound to its user and place; a damaged one is nothing, too."""
    conversations.save("alice", "discord:1", SAID, LATER)
    [first] = files(tmp_path)
    conversations.save("alice", "discord:2", SAID[:2], LATER)
    [second] = [path for path in files(tmp_path) if path != first]
    first.write_bytes(second.read_bytes())
    second.write_bytes(b"short")

    assert not conversations.load("alice", "discord:1", NOW)
    assert not conversations.load("alice", "discord:2", NOW)
