"""How differences and provenance look to people."""

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from application.compare import Difference
from application.provenance import Trace
from domain.files import LedgerFile
from domain.provenance import Node, NodeKind
from interfaces.cli.text import moment_text, safe_text
from interfaces.sizes import size_text


def difference(found: Difference) -> RenderableType:
    """Return what came and went."""
    if not found.added and not found.removed:
        return Text("No file came or went.")
    signed = [("+", "green", file) for file in found.added] + [("-", "red", file) for file in found.removed]
    return Group(*(_signed_file(*each) for each in signed))


def _signed_file(sign: str, style: str, file: LedgerFile) -> Text:
    size = size_text(file.size_bytes)
    return Text(f"{sign} {file.file_id}  {safe_text(file.filename)}  {size}", style=style)


def trace(found: Trace) -> RenderableType:
    """Return the graph as a tree with the file at its root; what was shown above is only named again."""
    nodes = {node.node_id: node for node in found.graph.nodes}
    steps: dict[str, list[str]] = {}
    for edge in found.graph.edges:
        here, there = (edge.source, edge.target) if found.is_reverse else (edge.target, edge.source)
        steps.setdefault(here, []).append(there)
    root = Tree(_node_text(nodes[found.file_id]))
    shown = {found.file_id}
    pending = [(root, step) for step in reversed(steps.get(found.file_id, []))]
    while pending:
        branch, node_id = pending.pop()
        twig = branch.add(_node_text(nodes[node_id], again=node_id in shown))
        if node_id not in shown:
            shown.add(node_id)
            pending += [(twig, step) for step in reversed(steps.get(node_id, []))]
    return root


def _node_text(node: Node, *, again: bool = False) -> Text:
    is_run = node.kind is NodeKind.EXECUTION
    text = Text(safe_text(f"run {node.node_id}" if is_run else f"{node.label} ({node.node_id})"))
    words = node.kind.value if not is_run else node.label or "not ended"
    text.append(f"  {words}, {moment_text(node.at)}{' (see above)' if again else ''}", style="dim")
    return text
