"""Sequences, alignments, variants and trees, by libraries that come as packages."""

import io
from typing import Any

import pandas as pd

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_variants(source: Source, options: Options) -> pd.DataFrame:
    """Return a row a variant; positions count from 1, genotypes are as `sample: 0/1`."""
    import pysam  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.temporary_copy() as path, pysam.VariantFile(path) as file:
        return pd.DataFrame([_variant(record) for record in file], columns=[*_VARIANT, *file.header.samples])


def load_alignment(source: Source, options: Options) -> pd.DataFrame:
    """Return a row a read; positions count from 0. References are not fetched."""
    import pysam  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.temporary_copy() as path, pysam.AlignmentFile(path, check_sq=False) as file:
        return pd.DataFrame([_read(read) for read in file.fetch(until_eof=True)], columns=list(_READ))


def load_fasta(source: Source, options: Options) -> list[Any]:
    """Return the sequences of a FASTA file."""
    return _records(source, options, "fasta")


def load_fastq(source: Source, options: Options) -> list[Any]:
    """Return the reads of a FASTQ file, with their qualities."""
    return _records(source, options, "fastq")


def load_genbank(source: Source, options: Options) -> list[Any]:
    """Return the records of a GenBank file."""
    return _records(source, options, "genbank")


def load_embl(source: Source, options: Options) -> list[Any]:
    """Return the records of an EMBL file."""
    return _records(source, options, "embl")


def load_clustal(source: Source, options: Options) -> list[Any]:
    """Return the sequences of a Clustal alignment."""
    return _records(source, options, "clustal")


def load_nexus(source: Source, options: Options) -> list[Any]:
    """Return the sequences of a NEXUS file."""
    return _records(source, options, "nexus")


def load_phylip(source: Source, options: Options) -> list[Any]:
    """Return the sequences of a PHYLIP alignment."""
    return _records(source, options, "phylip-relaxed")


def load_stockholm(source: Source, options: Options) -> list[Any]:
    """Return the sequences of a Stockholm alignment."""
    return _records(source, options, "stockholm")


def load_newick(source: Source, options: Options) -> Any:
    """Return the tree; a list of several."""
    from Bio import Phylo  # noqa: PLC0415 - it comes as a package

    refuse(options)
    trees = list(Phylo.parse(io.StringIO(source.text()), "newick"))
    return trees[0] if len(trees) == 1 else trees


_VARIANT = ("chrom", "pos", "id", "ref", "alt", "qual", "filter", "info")
_READ = ("name", "flag", "reference", "position", "mapping_quality", "cigar", "sequence", "qualities")


def _records(source: Source, options: Options, form: str) -> list[Any]:
    from Bio import SeqIO  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return list(SeqIO.parse(io.StringIO(source.text()), form))


def _variant(record: Any) -> list[Any]:
    genotypes = [
        "/".join("." if a is None else str(a) for a in each.get("GT", ())) for each in record.samples.values()
    ]
    known = (record.chrom, record.pos, record.id, record.ref, ",".join(record.alts or ()), record.qual)
    return [*known, ";".join(record.filter.keys()), dict(record.info), *genotypes]


def _read(read: Any) -> list[Any]:
    placed = (read.query_name, read.flag, read.reference_name, read.reference_start, read.mapping_quality)
    return [*placed, read.cigarstring, read.query_sequence, read.qual]
