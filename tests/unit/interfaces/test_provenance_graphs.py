"""Graphs as text and picture, with names that try to get out of their labels."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from domain.provenance import Edge, Node, NodeKind, Provenance
from interfaces.provenance_graphs import FORMATS, dot, mermaid, svg

AT = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = "</title><script>\"'];\\\n\x1b[2J --> x%%|evil|.csv"
GRAPH = Provenance(
    (
        Node("aaaaaaaaaaaa", NodeKind.UPLOAD, HOSTILE, AT),
        Node("run-1", NodeKind.EXECUTION, "succeeded", AT),
        Node("bbbbbbbbbbbb", NodeKind.GENERATED, "chart.png", AT),
    ),
    (Edge("aaaaaaaaaaaa", "run-1", "a" * 64), Edge("run-1", "bbbbbbbbbbbb", "b" * 64)),
)


def test_the_picture_is_well_formed_and_shows_each_node_once() -> None:
    """A hostile name is text in it, and nothing else."""
    root = ET.fromstring(svg(GRAPH))  # noqa: S314 - our own picture
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "g", "rect", "text", "title", "path", "polygon"}
    texts = [element.text for element in root.iter() if element.tag.endswith("}text")]
    assert [text for text in texts if text in {"aaaaaaaaaaaa", "run-1", "bbbbbbbbbbbb"}] == [
        "aaaaaaaaaaaa",
        "run-1",
        "bbbbbbbbbbbb",
    ]


def test_steps_run_from_left_to_right() -> None:
    """Each node stands right of what it was made from."""
    root = ET.fromstring(svg(GRAPH))  # noqa: S314 - our own picture
    boxes = [int(element.attrib["x"]) for element in root.iter() if element.attrib.get("rx")]
    assert boxes == sorted(set(boxes))


def test_a_hostile_name_stays_inside_its_label_in_dot() -> None:
    """Quotes and backslashes are escaped, control characters are gone: one statement a line."""
    lines = dot(GRAPH).splitlines()
    assert len(lines) == 2 + 3 + 2 + 1
    assert "\x1b" not in dot(GRAPH)
    label = lines[2].partition("label=")[2]
    assert label.count('"') - label.count('\\"') == 2


def test_a_hostile_name_stays_inside_its_label_in_mermaid() -> None:
    """What Mermaid could read as an end of the label or as an arrow is spelt out."""
    lines = mermaid(GRAPH).splitlines()
    assert len(lines) == 1 + 3 + 2
    assert lines[1].count('"') == 2
    assert "-->" not in lines[1]


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_graph_can_be_drawn(name: str) -> None:
    """No node is no error."""
    assert FORMATS[name](Provenance((), ()))
