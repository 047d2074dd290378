"""Where a file came from, and what it went into: files and executions as a graph.

An edge from a file to an execution says that the execution opened it; one from an
execution to a file, that it made it. Every edge carries the file's digest, so that
each step can be checked against the bytes. Since a file is recorded before it can be
opened and made before it is recorded, the graph has no cycle.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.events import ExecutionFinished, FileGenerated, FileRecorded, LedgerEvent
from domain.metadata import Timestamp


class NodeKind(StrEnum):
    """What a node stands for."""

    UPLOAD = "upload"
    GENERATED = "generated"
    EXECUTION = "execution"


@dataclass(frozen=True)
class Node:
    """A file or an execution; `label` is the file's name, or how the execution ended."""

    node_id: str
    kind: NodeKind
    label: str
    at: Timestamp


@dataclass(frozen=True)
class Edge:
    """A step of a file's bytes, with their digest (SHA-256, hex)."""

    source: str
    target: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """A graph; nodes stand in the order in which they came to be recorded."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def upstream(self, node_id: str) -> "Provenance":
        """Return all that a node was made from, itself included."""
        return self._part(node_id, {edge.target: [] for edge in self.edges}, backwards=True)

    def downstream(self, node_id: str) -> "Provenance":
        """Return all that a node went into, itself included: what it may have tainted."""
        return self._part(node_id, {edge.source: [] for edge in self.edges}, backwards=False)

    def _part(self, start: str, neighbours: dict[str, list[str]], *, backwards: bool) -> "Provenance":
        for edge in self.edges:
            here, there = (edge.target, edge.source) if backwards else (edge.source, edge.target)
            neighbours[here].append(there)
        reached, pending = set[str](), [start]
        while pending:
            node_id = pending.pop()
            if node_id not in reached:
                reached.add(node_id)
                pending += neighbours.get(node_id, [])
        return Provenance(
            tuple(node for node in self.nodes if node.node_id in reached),
            tuple(edge for edge in self.edges if {edge.source, edge.target} <= reached),
        )


def provenance_of(events: Iterable[LedgerEvent]) -> Provenance:
    """Return the graph that one user's events make.

    An execution that made and opened nothing is no node: it moved no bytes. One
    that has not ended yet, or died, is there with what it is known to have made.
    """
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    digests: dict[str, str] = {}
    for event in events:
        if isinstance(event, FileRecorded):
            digests[event.file_id] = event.sha256
            nodes[event.file_id] = _file_node(event)
        if isinstance(event, FileGenerated):
            nodes.setdefault(event.execution_id, _execution_node(event.execution_id, event))
            edges.append(Edge(event.execution_id, event.file_id, event.sha256))
        if isinstance(event, ExecutionFinished) and (event.loaded_file_ids or event.execution_id in nodes):
            nodes[event.execution_id] = _execution_node(event.execution_id, event, event.outcome.value)
            edges += [
                Edge(file_id, event.execution_id, digests[file_id])
                for file_id in event.loaded_file_ids
                if file_id in digests
            ]
    return Provenance(tuple(nodes.values()), tuple(edges))


def _file_node(event: FileRecorded) -> Node:
    kind = NodeKind.GENERATED if isinstance(event, FileGenerated) else NodeKind.UPLOAD
    return Node(event.file_id, kind, event.filename, event.timestamp)


def _execution_node(execution_id: str, event: LedgerEvent, outcome: str = "") -> Node:
    return Node(execution_id, NodeKind.EXECUTION, outcome, event.timestamp)
