"""Maps, by GDAL."""

import geopandas
import pandas as pd
import pyogrio

from loaders.errors import LoadFileError
from loaders.notes import note
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import Tables, one_or_all


def load_layers(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the only layer with features as a GeoDataFrame, several as a mapping."""
    options = _in_words_of_geopandas(options)
    # A GeoPackage is an SQLite database, which follows links to where the run sees nothing.
    lend = source.temporary_copy if source.loader == "geopackage" else source.path
    with lend() as path:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        layer = options.pop("layer", None)
        if layer is not None:
            return _layer(path, layer, names, options)
        layers = {name: geopandas.read_file(path, layer=name, **options) for name in names}
    filled = {name: df for name, df in layers.items() if len(df)}
    return one_or_all(filled or dict([*layers.items()][:1]), "layer", "layers")


def load_shapefile(source: Source, options: Options) -> pd.DataFrame:
    """Return the shapes of an `.shp` without the files that belong beside it."""
    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
    with source.path(".shp") as path:
        df = geopandas.read_file(path, **_in_words_of_geopandas(options))
    note("an .shp alone holds shapes only; attributes and projection are in the .dbf and .prj beside it.")
    return df


def _layer(path: str, layer: str | int, names: list[str], options: Options) -> pd.DataFrame:
    if isinstance(layer, str) and layer not in names:
        msg = f"There is no layer {layer!r}; layer is one of {', '.join(map(repr, names))}."
        raise LoadFileError(msg)
    return geopandas.read_file(path, layer=layer, **options)


def _in_words_of_geopandas(options: Options) -> Options:
    renamed = {"nrows": "rows"}
    return {renamed.get(name, name): value for name, value in options.items()}
