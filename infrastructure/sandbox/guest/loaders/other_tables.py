"""Tables in layouts of their own: Weka's, and those of genome browsers."""

import io

import pandas as pd
from scipy.io import arff

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source
from loaders.tabular import load_csv

_BED = (
    *("chrom", "start", "end", "name", "score", "strand", "thick_start", "thick_end"),
    *("rgb", "block_count", "block_sizes", "block_starts"),
)
_GFF = ("seqid", "source", "type", "start", "end", "score", "strand", "phase", "attributes")


def load_arff(source: Source, options: Options) -> pd.DataFrame:
    """Return the rows of an ARFF file; nominal values as text."""
    refuse(options)
    rows, meta = arff.loadarff(io.StringIO(source.text()))
    df = pd.DataFrame(rows)
    for name, kind in zip(meta.names(), meta.types(), strict=True):
        if kind == "nominal":
            df[name] = df[name].str.decode("utf-8").replace("?", None).astype("str")
    return df


def load_bed(source: Source, options: Options) -> pd.DataFrame:
    """Return the regions, counted from 0, the end outside; named as the format's description names them."""
    rows = (line for line in source.text().splitlines() if line.strip())
    first = next((line for line in rows if not line.startswith(("#", "track", "browser"))), "")
    names = list(_BED[: len(first.split("\t"))])
    header = {"skiprows": lambda n: n < _lines_before(source, first)}
    return load_csv(source, {"sep": "\t", "names": names, "comment": "#", **header} | options)


def load_gff(source: Source, options: Options) -> pd.DataFrame:
    """Return the features of a GFF or GTF file, counted from 1, the end inside."""
    layout = {"sep": "\t", "names": list(_GFF), "comment": "#", "na_values": ["."], "quoting": 3}
    return load_csv(source, layout | options)


def _lines_before(source: Source, line: str) -> int:
    return source.text().splitlines().index(line) if line else 0
