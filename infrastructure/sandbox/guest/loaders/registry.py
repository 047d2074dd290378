"""The table of loaders: which function opens a kind of content, and what it takes.

What each makes of a file, by which library, stands in the host's table of file types.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from loaders.errors import LoadFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from loaders.source import Source

Options = dict[str, Any]

GENERAL = frozenset({"nrows", "columns"})
"""Options that every table takes."""


@dataclass(frozen=True)
class Loader:
    """A row of the table.

    `function` is `module:name` inside this package; it takes a `Source` and the
    caller's options. `options` are told to who asks wrongly. `serves` holds those
    of the general options (`nrows`, `columns`) that the function serves itself;
    the rest is served on its result. One that `streams` reads from start to end;
    the others get compressed content unpacked first. One that `unpacks` does so with
    a ZIP archive, whatever its name is.
    """

    function: str
    options: str = "none"
    serves: frozenset[str] = frozenset()
    streams: bool = False
    unpacks: bool = True

    def load(self, source: "Source", options: Options) -> object:
        """Import the module that knows how, and load."""
        module, name = self.function.split(":")
        function: Callable[[Source, Options], object] = getattr(import_module(f"loaders.{module}"), name)
        rest = {each: options[each] for each in options.keys() & (GENERAL - self.serves)}
        loaded = function(source, {each: options[each] for each in options.keys() - rest.keys()})
        return import_module("loaders.tables").cut(loaded, rest) if rest else loaded


_COLUMNS = frozenset({"columns"})
_CSV = (
    "sep, header, names, encoding, decimal, thousands, quoting, dtype, parse_dates, skiprows, "
    "nrows, columns, chunksize"
)
_SHEETS = "sheet_name, header, skiprows, dtype, nrows, columns"
_LABELS = "apply_value_formats, encoding, nrows, columns"
_LAYERS = "layer, bbox, where, nrows, columns"
_TABLE = "nrows, columns"
_ONE_OF_TABLES = "table, nrows, columns"

_CORE = {
    "csv": Loader("tabular:load_csv", _CSV, GENERAL, streams=True),
    "arff": Loader("other_tables:load_arff", _TABLE),
    "bed": Loader("other_tables:load_bed", _TABLE, GENERAL),
    "gff": Loader("other_tables:load_gff", _TABLE, GENERAL),
    "excel": Loader("spreadsheet:load_excel", _SHEETS, GENERAL),
    "fods": Loader("flat_open_document:load_fods", "sheet_name, nrows, columns"),
    "json": Loader("structured:load_json", "orient, dtype, encoding, nrows, columns", streams=True),
    "jsonl": Loader("json_lines:load_json_lines", _TABLE, GENERAL, streams=True),
    "xml": Loader("markup:load_xml", "xpath, namespaces, dtype, nrows, columns", streams=True),
    "yaml": Loader("structured:load_yaml", _TABLE, streams=True),
    "toml": Loader("structured:load_toml", streams=True),
    "json5": Loader("structured:load_json5", _TABLE),
    "cbor": Loader("structured:load_cbor", _TABLE),
    "msgpack": Loader("structured:load_msgpack", _TABLE),
    "plist": Loader("structured:load_plist"),
    "ini": Loader("settings:load_ini"),
    "properties": Loader("settings:load_properties"),
    "env": Loader("settings:load_env"),
    "html": Loader("markup:load_html", _ONE_OF_TABLES),
    "sqlite": Loader("database:load_sqlite", "table, query, nrows, columns"),
    "sql": Loader("database:load_sql", "table, query, nrows, columns"),
    "dbf": Loader("geo:load_dbf", _TABLE, GENERAL),
    "parquet": Loader("columnar:load_parquet", "columns, filters, nrows", GENERAL),
    "feather": Loader("columnar:load_feather", _TABLE, _COLUMNS),
    "arrows": Loader("columnar:load_arrow_stream", _TABLE),
    "orc": Loader("columnar:load_orc", _TABLE, _COLUMNS),
    "spss": Loader("labelled:load_spss", _LABELS, GENERAL),
    "por": Loader("labelled:load_por", _LABELS, GENERAL),
    "stata": Loader("labelled:load_stata", _LABELS, GENERAL),
    "sas": Loader("labelled:load_sas", _LABELS, GENERAL),
    "xport": Loader("labelled:load_xport", "encoding, nrows, columns", GENERAL),
    "hdf5": Loader("hdf5:load_hdf5", "key, where, nrows, columns"),
    "netcdf": Loader("arrays:load_netcdf", "group, decode_times"),
    "npy": Loader("arrays:load_npy", "mmap_mode"),
    "npz": Loader("arrays:load_npz"),
    "matlab": Loader("matlab:load_mat", "variable_names"),
    "mtx": Loader("arrays:load_mtx"),
    "svmlight": Loader("arrays:load_svmlight", "n_features"),
    "safetensors": Loader("arrays:load_safetensors"),
    "pickle": Loader("pickled:load_pickle", _TABLE),
    "torch": Loader("torch_archive:load_torch"),
    "geo": Loader("geo:load_layers", _LAYERS, GENERAL),
    "geopackage": Loader("geo:load_layers", _LAYERS, GENERAL),
    "shapefile": Loader("geo:load_shapefile", "bbox, nrows, columns", GENERAL),
    "kmz": Loader("geo:load_kmz", _LAYERS, GENERAL),
    "wkt": Loader("geo:load_wkt"),
    "wkb": Loader("geo:load_wkb"),
    "graphml": Loader("graphs:load_graphml"),
    "gexf": Loader("graphs:load_gexf"),
    "gml": Loader("graphs:load_gml", "label"),
    "pajek": Loader("graphs:load_pajek"),
    "adjlist": Loader("graphs:load_adjlist", "delimiter, nodetype"),
    "edgelist": Loader("graphs:load_edgelist", "delimiter, nodetype"),
    "graph6": Loader("graphs:load_graph6"),
    "sparse6": Loader("graphs:load_sparse6"),
    "image": Loader("images:load_image"),
    "tiff": Loader("images:load_tiff"),
    "pdf": Loader("documents:load_pdf", "password"),
    "docx": Loader("documents:load_docx"),
    "pptx": Loader("documents:load_pptx"),
    "odt": Loader("documents:load_odt"),
    "rtf": Loader("documents:load_rtf"),
    "email": Loader("messages:load_email"),
    "mbox": Loader("messages:load_mbox"),
    "calendar": Loader("messages:load_calendar"),
    "ris": Loader("messages:load_ris"),
    "subtitles": Loader("messages:load_subtitles"),
    "audio": Loader("media:load_audio", "start, stop, dtype"),
    "font": Loader("media:load_font"),
    "zip": Loader("archives:load_zip", "member, and what that takes", GENERAL),
    "tar": Loader("archives:load_tar", "member, and what that takes", GENERAL),
    "text": Loader("text:load_text", "encoding", streams=True),
    "bytes": Loader("text:load_bytes", streams=True, unpacks=False),
    "any": Loader("text:load_text_or_bytes", "encoding", streams=True, unpacks=False),
}

_ON_DEMAND = {
    "numbers": Loader("on_demand_tables:load_numbers", _ONE_OF_TABLES),
    "hjson": Loader("on_demand_tables:load_hjson"),
    "bson": Loader("on_demand_tables:load_bson", _TABLE),
    "ion": Loader("on_demand_tables:load_ion"),
    "hocon": Loader("on_demand_tables:load_hocon"),
    "hcl": Loader("on_demand_tables:load_hcl"),
    "duckdb": Loader("on_demand_tables:load_duckdb", "table, query, nrows, columns"),
    "avro": Loader("on_demand_tables:load_avro", _TABLE),
    "rdata": Loader("on_demand_tables:load_rdata", _ONE_OF_TABLES),
    "zarr": Loader("science:load_zarr"),
    "cdf": Loader("science:load_cdf"),
    "fits": Loader("science:load_fits"),
    "ecsv": Loader("science:load_ecsv", _TABLE),
    "nibabel": Loader("science:load_nibabel"),
    "dicom": Loader("science:load_dicom"),
    "grib": Loader("science:load_grib", "filter_by_keys"),
    "edf": Loader("science:load_edf"),
    "tdms": Loader("science:load_tdms", _ONE_OF_TABLES),
    "seismic": Loader("science:load_seismic"),
    "root": Loader("science:load_root", _ONE_OF_TABLES),
    "mdf": Loader("science:load_mdf", _TABLE),
    "onnx": Loader("models:load_onnx"),
    "gguf": Loader("models:load_gguf"),
    "skops": Loader("models:load_skops"),
    "raster": Loader("rasters:load_raster"),
    "las": Loader("rasters:load_las"),
    "dot": Loader("graphs:load_dot"),
    "variants": Loader("biology:load_variants", _TABLE),
    "alignment": Loader("biology:load_alignment", _TABLE),
    "fasta": Loader("biology:load_fasta"),
    "fastq": Loader("biology:load_fastq"),
    "genbank": Loader("biology:load_genbank"),
    "embl": Loader("biology:load_embl"),
    "clustal": Loader("biology:load_clustal"),
    "nexus": Loader("biology:load_nexus"),
    "phylip": Loader("biology:load_phylip"),
    "stockholm": Loader("biology:load_stockholm"),
    "newick": Loader("biology:load_newick"),
    "atoms": Loader("chemistry:load_atoms", "index"),
    "cif": Loader("chemistry:load_cif"),
    "macromolecule": Loader("chemistry:load_macromolecule"),
    "mol": Loader("chemistry:load_mol"),
    "sdf": Loader("chemistry:load_sdf"),
    "smiles": Loader("chemistry:load_smiles"),
    "mesh": Loader("shapes:load_mesh"),
    "shape": Loader("shapes:load_shape"),
    "heif": Loader("images:load_heif"),
    "epub": Loader("documents:load_epub"),
    "msg": Loader("messages:load_msg"),
    "contacts": Loader("messages:load_contacts"),
    "bibtex": Loader("messages:load_bibtex"),
    "gettext": Loader("messages:load_gettext"),
    "chess": Loader("messages:load_chess"),
    "audio_av": Loader("media:load_audio_av"),
    "video": Loader("media:load_video"),
    "midi": Loader("media:load_midi"),
    "packets": Loader("media:load_packets"),
    "rar": Loader("archives:load_rar", "member, and what that takes", GENERAL),
    "7z": Loader("archives:load_7z", "member, and what that takes", GENERAL),
}

LOADERS: dict[str, Loader] = _CORE | _ON_DEMAND


def loader_named(name: str) -> Loader:
    """Return a loader of the table.

    Raises:
        LoadFileError: this program's guest has no such loader.
    """
    try:
        return LOADERS[name]
    except KeyError:
        msg = f"There is no loader {name!r} here. as_='bytes' gives the file as it is."
        raise LoadFileError(msg) from None
