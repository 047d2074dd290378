"""The table of loaders: which function opens a kind of content, and what it takes."""

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
    caller's options. `library_call` and `options` are told to who asks wrongly.
    `serves` holds those of the general options (`nrows`, `columns`) that the
    function serves itself; the rest is served on its result.
    """

    function: str
    library_call: str
    options: str = "none"
    serves: frozenset[str] = frozenset()

    def load(self, source: "Source", options: Options) -> object:
        """Import the module that knows how, and load."""
        module, name = self.function.split(":")
        function: Callable[[Source, Options], object] = getattr(import_module(f"loaders.{module}"), name)
        rest = {each: options[each] for each in options.keys() & (GENERAL - self.serves)}
        loaded = function(source, {each: options[each] for each in options.keys() - rest.keys()})
        return import_module("loaders.tables").cut(loaded, rest) if rest else loaded


_COLUMNS = frozenset({"columns"})
_LABELS = "apply_value_formats, encoding, nrows, columns"
_LAYERS = "layer, bbox, where, nrows, columns"

LOADERS: dict[str, Loader] = {
    "csv": Loader(
        "tabular:load_csv",
        "pandas.read_csv",
        "sep, header, names, encoding, decimal, dtype, parse_dates, skiprows, nrows, columns",
        GENERAL,
    ),
    "excel": Loader(
        "spreadsheet:load_excel",
        "pandas.read_excel",
        "sheet_name, header, skiprows, dtype, nrows, columns",
        GENERAL,
    ),
    "json": Loader("structured:load_json", "pandas.read_json", "orient, dtype, encoding, nrows, columns"),
    "jsonl": Loader("structured:load_json_lines", "json.loads, line by line", "nrows, columns"),
    "xml": Loader("markup:load_xml", "pandas.read_xml", "xpath, namespaces, dtype, nrows, columns"),
    "yaml": Loader("structured:load_yaml", "yaml.safe_load", "nrows, columns"),
    "toml": Loader("structured:load_toml", "tomllib.loads"),
    "sqlite": Loader("database:load_sqlite", "pandas.read_sql_query", "table, query, nrows, columns"),
    "sql": Loader("database:load_sql", "sqlite3 in memory", "table, query, nrows, columns"),
    "parquet": Loader("columnar:load_parquet", "pandas.read_parquet", "columns, filters, nrows", _COLUMNS),
    "feather": Loader("columnar:load_feather", "pandas.read_feather", "columns, nrows", _COLUMNS),
    "hdf5": Loader("hdf5:load_hdf5", "pandas.read_hdf or h5py.File", "key, where, nrows, columns"),
    "pickle": Loader("pickled:load_pickle", "pandas.read_pickle or joblib.load", "nrows, columns"),
    "npy": Loader("arrays:load_npy", "numpy.load", "mmap_mode"),
    "npz": Loader("arrays:load_npz", "numpy.load"),
    "matlab": Loader("matlab:load_mat", "scipy.io.loadmat or h5py", "variable_names"),
    "spss": Loader("labelled:load_spss", "pyreadstat.read_sav", _LABELS, GENERAL),
    "stata": Loader("labelled:load_stata", "pyreadstat.read_dta", _LABELS, GENERAL),
    "sas": Loader("labelled:load_sas", "pyreadstat.read_sas7bdat", _LABELS, GENERAL),
    "geo": Loader("geo:load_layers", "geopandas.read_file", _LAYERS, GENERAL),
    "geopackage": Loader("geo:load_layers", "geopandas.read_file", _LAYERS, GENERAL),
    "shapefile": Loader("geo:load_shapefile", "geopandas.read_file", "bbox, nrows, columns", GENERAL),
    "image": Loader("images:load_image", "PIL.Image.open"),
    "text": Loader("text:load_text", "bytes.decode", "encoding"),
    "bytes": Loader("text:load_bytes", "read"),
    "any": Loader("text:load_text_or_bytes", "bytes.decode", "encoding"),
}


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
