"""Whatever Discord or a forger sends: who acted gets an answer, and the bot goes on."""

from copy import deepcopy
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.integration.interfaces.discord.conftest import RunFileBot
from tests.support.discord_server import DiscordServer, Person, Upload
from tests.support.discord_server.interactions import InteractionKind
from tests.support.fuzzing import tries

BUTTON, SELECT, CHAT_INPUT = 2, 3, 1
ID = "abcdefghijkl"
OLD_OPTION = {"name": "of", "type": 3, "value": ID}

PREFIXES = [
    "",
    "file:",
    "file:stats:",
    "file:delete-confirmed:",
    "files:",
    "history:",
    "run:code:",
    "cancel:",
]
custom_ids = st.builds(
    str.__add__,
    st.sampled_from(PREFIXES),
    st.text(max_size=20) | st.sampled_from([ID, "1", "9" * 30, f"1:{ID}"]),
)
odd_values = st.sampled_from(
    [None, "", "x" * 3000, -1, 2**70, [], {}, [None], {"id": None}, True, "\x00", 1.5]
)


@pytest.fixture
def bot(run_bot: RunFileBot, database_uri: str) -> None:
    """Run the bot, with views on the tests' own server."""
    run_bot(mongodb_uri=database_uri)


def widget(custom_id: str) -> dict[str, Any]:
    """Return what a click on a button of some old message tells."""
    return {"custom_id": custom_id, "component_type": BUTTON, "id": 1}


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (InteractionKind.COMPONENT, {"custom_id": "v1-delete", "component_type": BUTTON, "id": 1}),
        (InteractionKind.COMPONENT, {"custom_id": "v1", "component_type": SELECT, "id": 1, "values": ["x"]}),
        (InteractionKind.MODAL_SUBMIT, {"custom_id": "v1-form", "components": []}),
        (InteractionKind.COMMAND, {"id": "1", "name": "plot", "type": CHAT_INPUT}),
        (InteractionKind.COMMAND, {"id": "1", "name": "why", "type": CHAT_INPUT, "options": [OLD_OPTION]}),
    ],
    ids=["button", "select", "form", "command", "option"],
)
def test_what_an_earlier_version_left_behind_is_answered(
    alice: Person, kind: InteractionKind, data: dict[str, Any]
) -> None:
    """An old button, select, form or command never ends in "interaction failed": it says what to use now."""
    message = alice.send("hello") if kind is InteractionKind.COMPONENT else None

    answer = alice.forge(kind, data, message).message()

    assert "an earlier version" in answer.text
    assert answer.is_ephemeral


@pytest.mark.fuzz
@pytest.mark.usefixtures("bot")
def test_any_click_or_form_is_answered(alice: Person) -> None:
    """Whatever stands in a custom id, forged or old: one private line, and nothing in the log."""
    source = alice.send("hello")

    @tries(40)
    @given(
        custom_id=custom_ids,
        component_type=st.sampled_from([BUTTON, SELECT, None]),
        values=st.lists(st.text()),
    )
    @example("file:pick", SELECT, [ID])
    @example("file:pick", SELECT, [""])
    def answers(custom_id: str, component_type: int | None, values: list[str]) -> None:
        data = {"custom_id": custom_id, "id": 1, "values": values, "component_type": component_type}
        if component_type is None:
            kind, data = InteractionKind.MODAL_SUBMIT, {"custom_id": custom_id, "components": []}
        else:
            kind = InteractionKind.COMPONENT
        answer = alice.forge(kind, data, source if component_type else None).message()
        assert answer.is_ephemeral or answer.id == source.id  # pages turn, and questions end, in place
        assert answer.text or answer.embeds

    with capture_logs() as logs:
        answers()
    assert [entry for entry in logs if entry["log_level"] in {"error", "critical"}] == []


@st.composite
def spoilt(draw: st.DrawFn, payload: Any) -> Any:
    """Draw a payload in which some fields are missing or odd."""
    spoiled = deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        place = spoiled
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            if draw(st.booleans()):
                del place[key]
            else:
                place[key] = deepcopy(draw(odd_values))
            break
    return spoiled


@pytest.mark.fuzz
@pytest.mark.usefixtures("bot")
def test_events_that_are_not_whole_are_left_out_and_the_next_is_answered(
    discord: DiscordServer, alice: Person
) -> None:
    """Fields that are missing or odd, in messages, attachments and interactions: the bot goes on."""
    alice.ask_bot(files=[Upload("sales.csv", b"a,b\n1,2\n")])
    card = alice.sees()
    alice.click(card, "Delete").message()
    genuine = {name: discord.told(name)[-1] for name in ("MESSAGE_CREATE", "INTERACTION_CREATE")}
    genuine["MESSAGE_CREATE"] = next(
        event for event in discord.told("MESSAGE_CREATE") if event["attachments"]
    )
    ids = count(10**18)

    @tries(40)
    @given(event=st.data())
    def goes_on(event: st.DataObject) -> None:
        name = event.draw(st.sampled_from(sorted(genuine)))
        discord.dispatch(name, event.draw(spoilt({**genuine[name], "id": str(next(ids))})))

    with capture_logs():
        goes_on()
    answer = alice.forge(InteractionKind.COMPONENT, widget(f"file:why:{ID}"), card).message()
    assert "no file" in answer.text
