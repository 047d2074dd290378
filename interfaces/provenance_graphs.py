"""A provenance graph as text for other programs (DOT, Mermaid) and as a picture (SVG).

Names of files are hostile: each format's own quoting is applied, and nothing else is trusted.
"""

from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from domain.provenance import Node, NodeKind, Provenance

_SHORT_DIGEST = 12
_COLUMN, _ROW, _WIDTH, _HEIGHT, _MARGIN = 250, 70, 190, 44, 20
_LONGEST_LABEL = 26
_FILLS = {NodeKind.UPLOAD: "#dbeafe", NodeKind.GENERATED: "#dcfce7", NodeKind.EXECUTION: "#fef3c7"}


def dot(graph: Provenance) -> str:
    """Return the graph in Graphviz's language."""
    lines = ["digraph provenance {", "  rankdir=LR; node [fontname=sans-serif style=filled];"]
    for node in graph.nodes:
        shape = "box" if node.kind is NodeKind.EXECUTION else "note"
        label = _dot_text(f"{_title(node)}\n{node.node_id}")
        looks = f'shape={shape} fillcolor="{_FILLS[node.kind]}" label={label}'
        lines.append(f"  {_dot_text(node.node_id)} [{looks}];")
    for edge in graph.edges:
        ends = f"{_dot_text(edge.source)} -> {_dot_text(edge.target)}"
        label, tip = _dot_text(edge.sha256[:_SHORT_DIGEST]), _dot_text(edge.sha256)
        lines.append(f"  {ends} [label={label} tooltip={tip}];")
    return "\n".join([*lines, "}", ""])


def mermaid(graph: Provenance) -> str:
    """Return the graph as a Mermaid flowchart."""
    names = {node.node_id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        opening, closing = ("[", "]") if node.kind is NodeKind.EXECUTION else ("(", ")")
        label = _mermaid_text(f"{_title(node)} {node.node_id}")
        lines.append(f'  {names[node.node_id]}{opening}"{label}"{closing}')
    lines += [
        f'  {names[edge.source]} -- "{_mermaid_text(edge.sha256[:_SHORT_DIGEST])}" --> {names[edge.target]}'
        for edge in graph.edges
    ]
    return "\n".join([*lines, ""])


def svg(graph: Provenance) -> str:
    """Return the graph as a picture: time runs to the right, each column one step from the last."""
    places = _places(graph)
    width = _MARGIN * 2 + _WIDTH + _COLUMN * max((x for x, _ in places.values()), default=0)
    height = _MARGIN * 3 + _HEIGHT + _ROW * max((y for _, y in places.values()), default=0)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
    )
    shapes = [
        opening,
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *(_svg_edge(places[edge.source], places[edge.target], edge.sha256) for edge in graph.edges),
        *(_svg_node(node, *places[node.node_id]) for node in graph.nodes),
    ]
    return "\n".join([*shapes, "</svg>", ""])


FORMATS: dict[str, Callable[[Provenance], str]] = {"dot": dot, "mermaid": mermaid, "svg": svg}


def _places(graph: Provenance) -> dict[str, tuple[int, int]]:
    """Return column (the longest way from a source) and row of each node."""
    columns = dict.fromkeys((node.node_id for node in graph.nodes), 0)
    for _ in graph.nodes:
        moved = False
        for edge in graph.edges:
            if columns[edge.target] <= columns[edge.source]:
                columns[edge.target], moved = columns[edge.source] + 1, True
        if not moved:
            break
    rows: dict[int, Iterator[int]] = {}
    return {
        node_id: (column, next(rows.setdefault(column, iter(range(len(columns))))))
        for node_id, column in columns.items()
    }


def _svg_node(node: Node, column: int, row: int) -> str:
    x, y = _MARGIN + column * _COLUMN, _MARGIN + row * _ROW
    title = _title(node)
    shown = title if len(title) <= _LONGEST_LABEL else f"{title[: _LONGEST_LABEL - 1]}…"
    radius = 4 if node.kind is NodeKind.EXECUTION else 14
    return (
        f'<g><title>{_xml_text(title)}</title><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'rx="{radius}" fill="{_FILLS[node.kind]}" stroke="#64748b"/>'
        f'<text x="{x + 10}" y="{y + 18}">{_xml_text(shown)}</text>'
        f'<text x="{x + 10}" y="{y + 35}" fill="#475569" font-size="10">{_xml_text(node.node_id)}</text></g>'
    )


def _svg_edge(source: tuple[int, int], target: tuple[int, int], sha256: str) -> str:
    x1, y1 = _MARGIN + source[0] * _COLUMN + _WIDTH, _MARGIN + source[1] * _ROW + _HEIGHT // 2
    x2, y2 = _MARGIN + target[0] * _COLUMN, _MARGIN + target[1] * _ROW + _HEIGHT // 2
    # A way over several columns runs below the boxes in between.
    sag, bend = (_HEIGHT, 60) if target[0] - source[0] > 1 else (0, (x2 - x1) // 2)
    path = quoteattr(f"M{x1},{y1} C{x1 + bend},{y1 + sag} {x2 - bend},{y2 + sag} {x2 - 7},{y2}")
    head = f"{x2},{y2} {x2 - 8},{y2 - 4} {x2 - 8},{y2 + 4}"
    return (
        f"<g><title>sha256 {_xml_text(sha256)}</title>"
        f'<path d={path} fill="none" stroke="#64748b"/><polygon points="{head}" fill="#64748b"/></g>'
    )


def _title(node: Node) -> str:
    return f"run: {node.label or 'not ended'}" if node.kind is NodeKind.EXECUTION else node.label


def _dot_text(text: str) -> str:
    inert = "".join(character if character.isprintable() or character == "\n" else "�" for character in text)
    return '"' + inert.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _mermaid_text(text: str) -> str:
    """Spell out whatever could end a label or begin something else."""
    harmless = " .-_:"
    return "".join(each if each.isalnum() or each in harmless else f"#{ord(each)};" for each in text)


def _xml_text(text: str) -> str:
    return escape("".join(character if character.isprintable() else "�" for character in text))
