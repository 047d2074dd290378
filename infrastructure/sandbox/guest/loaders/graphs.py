"""Graphs, by networkx."""

import io
from typing import Any

import networkx as nx
from defusedxml import ElementTree

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_graphml(source: Source, options: Options) -> Any:
    """Read GraphML, without entities."""
    refuse(options)
    content = source.read()
    ElementTree.fromstring(content)  # refuses what could expand or reach out
    return nx.read_graphml(io.BytesIO(content))


def load_gexf(source: Source, options: Options) -> Any:
    """Read GEXF, without entities."""
    refuse(options)
    content = source.read()
    ElementTree.fromstring(content)
    return nx.read_gexf(io.BytesIO(content))


def load_gml(source: Source, options: Options) -> Any:
    """Read the Graph Modelling Language; nodes go by their labels, where all have one."""
    lines = source.text().splitlines()
    if options:
        return nx.parse_gml(lines, **options)
    try:
        return nx.parse_gml(lines)
    except nx.NetworkXError as error:
        if "label" not in str(error):
            raise
        return nx.parse_gml(lines, label="id")


def load_pajek(source: Source, options: Options) -> Any:
    """Read Pajek's format."""
    refuse(options)
    return nx.parse_pajek(source.text())


def load_adjlist(source: Source, options: Options) -> Any:
    """Read a node a line, and behind it its neighbours."""
    return nx.parse_adjlist(source.text().splitlines(), **options)


def load_edgelist(source: Source, options: Options) -> Any:
    """Read an edge a line, with weights or data where they are."""
    lines = source.text().splitlines()
    try:
        return nx.parse_edgelist(lines, **options)
    except (TypeError, ValueError):
        return nx.parse_edgelist(lines, data=(("weight", float),), **options)


def load_graph6(source: Source, options: Options) -> Any:
    """Read one graph a line; a list of several."""
    refuse(options)
    return _one_or_all(nx.read_graph6(io.BytesIO(source.read())))


def load_sparse6(source: Source, options: Options) -> Any:
    """Read one graph a line; a list of several."""
    refuse(options)
    return _one_or_all(nx.read_sparse6(io.BytesIO(source.read())))


def load_dot(source: Source, options: Options) -> Any:
    """Read the first graph of Graphviz' language."""
    refuse(options)
    import pydot  # noqa: PLC0415 - it comes as a package

    graphs = pydot.graph_from_dot_data(source.text())
    if not graphs:
        msg = "no graph was found in it"
        raise ValueError(msg)
    return nx.nx_pydot.from_pydot(graphs[0])


def _one_or_all(found: Any) -> Any:
    return found[0] if isinstance(found, list) and len(found) == 1 else found
