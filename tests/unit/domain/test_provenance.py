"""Where files come from and what they go into, against a naive walk over all ways."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.events import LedgerEvent
from domain.executions import ExecutionReport, Outcome
from domain.ledger import UserLedger
from domain.provenance import NodeKind, Provenance, provenance_of
from domain.retention import Limits
from tests.unit.domain.test_ledger import at, new_file, upload

ROOM = Limits(max_files=50, max_generated_files=50)

Runs = list[tuple[list[int], int]]
"""Each run: which of the files so far it opens (as indexes, taken modulo), and how many it makes."""

RUNS = st.lists(
    st.tuples(st.lists(st.integers(min_value=0, max_value=30), max_size=3), st.integers(0, 2)), max_size=6
)


def story(uploads: int, runs: Runs) -> UserLedger:
    """Return the ledger of a user who uploads and then runs."""
    ledger = UserLedger.open("1", at())
    for number in range(uploads):
        upload(ledger, number, ROOM)
    count = uploads
    for number, (opened, made) in enumerate(runs):
        ledger.start_execution(f"run-{number}", "x", model=None, runner="r", metadata=at())
        loaded = tuple(dict.fromkeys(new_file(index % count).file_id for index in opened)) if count else ()
        ledger.finish_execution(
            f"run-{number}",
            ExecutionReport(outcome=Outcome.SUCCEEDED, loaded_file_ids=loaded),
            outputs=[new_file(count + offset) for offset in range(made)],
            metadata=at(),
            limits=ROOM,
        )
        count += made
    return ledger


def graph_of(ledger: UserLedger) -> Provenance:
    """Return the graph of all of a ledger's events."""
    return provenance_of(event for event in ledger.pending_events if isinstance(event, LedgerEvent))


def ways(graph: Provenance, start: str) -> list[list[str]]:
    """Return every way along the edges from a node, the naive way; endless if there were a cycle."""
    steps = [edge.target for edge in graph.edges if edge.source == start]
    return [[start], *([start, *way] for step in steps for way in ways(graph, step))]


def test_audit_04_a_generated_file_leads_back_to_the_uploads_it_was_made_from() -> None:
    """Upload, run, generated file, run, chart: the chart's graph holds all of them, with digests."""
    ledger = story(2, [([0], 1), ([2], 1)])
    trace = graph_of(ledger).upstream(new_file(3).file_id)
    assert [(node.node_id, node.kind) for node in trace.nodes] == [
        (new_file(0).file_id, NodeKind.UPLOAD),
        (new_file(2).file_id, NodeKind.GENERATED),
        ("run-0", NodeKind.EXECUTION),
        (new_file(3).file_id, NodeKind.GENERATED),
        ("run-1", NodeKind.EXECUTION),
    ]
    digests = {file_id: file.sha256 for file_id, file in ledger.files.items()}
    assert all(edge.sha256 == digests.get(edge.source, digests.get(edge.target)) for edge in trace.edges)
    assert len(trace.edges) == 4


@given(st.integers(min_value=1, max_value=3), RUNS)
def test_audit_04_the_graph_has_no_cycle_and_each_edge_a_digest(uploads: int, runs: Runs) -> None:
    """Every way through it ends, no node comes twice on it, and every step names its bytes."""
    graph = graph_of(story(uploads, runs))
    for node in graph.nodes:
        assert all(len(way) == len(set(way)) for way in ways(graph, node.node_id))
    assert all(len(edge.sha256) == 64 for edge in graph.edges)


@given(st.integers(min_value=1, max_value=3), RUNS)
def test_audit_05_reverse_provenance_is_the_inverse(uploads: int, runs: Runs) -> None:
    """What a file went into is exactly what has it among its sources."""
    graph = graph_of(story(uploads, runs))
    for node in graph.nodes:
        came_of_it = {other.node_id for other in graph.downstream(node.node_id).nodes}
        named_it = {
            other.node_id
            for other in graph.nodes
            if node.node_id in {each.node_id for each in graph.upstream(other.node_id).nodes}
        }
        assert came_of_it == named_it == {way[-1] for way in ways(graph, node.node_id)}


def test_a_file_that_was_not_opened_taints_nothing() -> None:
    """A run may open all files of its user; only those that it did open count."""
    graph = graph_of(story(2, [([1], 1)]))
    assert [node.node_id for node in graph.downstream(new_file(0).file_id).nodes] == [new_file(0).file_id]
    ends = {(edge.source, edge.target) for edge in graph.edges}
    assert ends == set(pairwise([new_file(1).file_id, "run-0", new_file(2).file_id]))
