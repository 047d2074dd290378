"""Maps, by GDAL, and geometries in words."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyogrio
import shapely

import host_files
from loaders.errors import LoadFileError, refuse
from loaders.notes import note
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import Tables, one_or_all

_COMPANIONS = (".dbf", ".shx", ".prj", ".cpg")


def load_layers(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the only layer with features as a GeoDataFrame, several as a mapping."""
    # A GeoPackage is an SQLite database, which follows links to where the run sees nothing.
    lend = source.temporary_copy if source.kind.loader == "geopackage" else source.path
    with lend() as path:
        return layers_of(path, options)


def layers_of(path: str, options: Options) -> pd.DataFrame | Tables:
    """Return what GDAL finds at a path."""
    options = _in_words_of_geopandas(options)
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    layer = options.pop("layer", None)
    if layer is not None:
        return _layer(path, layer, names, options)
    layers = {name: geopandas.read_file(path, layer=name, **options) for name in names}
    filled = {name: df for name, df in layers.items() if len(df)}
    return one_or_all(filled or dict([*layers.items()][:1]), "layer", "layers")


def load_shapefile(source: Source, options: Options) -> pd.DataFrame:
    """Return the shapes of an `.shp`, with the attributes of the files that were uploaded beside it."""
    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
    with source.temporary_copy(".shp") as path:
        found = [extension for extension in _COMPANIONS if _fetch_beside(source, path, extension)]
        df = geopandas.read_file(path, **_in_words_of_geopandas(options))
    missing = {".dbf", ".prj"}.difference(found)
    if missing:
        note(
            f"without its {' and '.join(sorted(missing))} beside it, an .shp holds no "
            "attributes or projection; upload those with the same name, or all of them in a .zip."
        )
    return df


def load_kmz(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the layers of the first KML document in the archive."""
    with _first_kml(source) as inner:
        return load_layers(inner, options)


def load_dbf(source: Source, options: Options) -> pd.DataFrame:
    """Return the rows of a dBASE table."""
    renamed = {"nrows": "max_features"}
    options = {renamed.get(name, name): value for name, value in options.items()}
    with source.path(".dbf") as path:
        return pyogrio.read_dataframe(path, **_encoding_of_rows(source) | options)


def _encoding_of_rows(source: Source) -> Options:
    """Return the encoding of a dBASE table that lies alone: GDAL knows UTF-8 by a file beside it only."""
    content = source.read()
    header_bytes = int.from_bytes(content[8:10], "little")
    try:
        content[header_bytes:].decode()
    except UnicodeDecodeError:
        return {}
    return {"encoding": "UTF-8"}


def load_wkt(source: Source, options: Options) -> Any:
    """Return the geometry of a line; an array of those of several lines."""
    refuse(options)
    lines = [line.strip() for line in source.text().splitlines() if line.strip()]
    with suppress(shapely.GEOSException):
        found = [_of_one_line(line) for line in lines]
        return found[0] if len(found) == 1 else shapely.from_wkt(list(map(str, found)))
    return shapely.from_wkt(" ".join(lines))  # one geometry over several lines


def load_wkb(source: Source, options: Options) -> Any:
    """Return the geometry."""
    refuse(options)
    return shapely.from_wkb(source.read())


def _of_one_line(line: str) -> Any:
    return shapely.from_wkt(line.split(";", 1)[-1])  # PostGIS writes SRID=4326; before it


@contextmanager
def _first_kml(source: Source) -> Iterator[Source]:
    with source.open() as stream, zipfile.ZipFile(stream) as archive:
        name = next((each for each in archive.namelist() if each.lower().endswith(".kml")), None)
        if name is None:
            msg = f"{source.filename!r} holds no KML document. as_='bytes' gives it as it is."
            raise LoadFileError(msg)
        packed_bytes = archive.getinfo(name).compress_size
        with source.member(name, archive.open(name), packed_bytes) as inner:
            yield inner


def _fetch_beside(source: Source, path: str, extension: str) -> bool:
    """Copy a companion of the same name, when the user has one; tell whether there is one."""
    stem = Path(source.filename).stem
    for name in (f"{stem}{extension}", f"{stem}{extension.upper()}"):
        with suppress(FileNotFoundError):
            granted = host_files.open_granted(name)
            with Source(granted.fd, granted.filename, granted.kind) as beside:
                copy = beside.copy(extension, raw=True)
            Path(copy).replace(Path(path).with_suffix(extension))
            shutil.rmtree(Path(copy).parent, ignore_errors=True)
            return True
    return False


def _layer(path: str, layer: str | int, names: list[str], options: Options) -> pd.DataFrame:
    if isinstance(layer, str) and layer not in names:
        msg = f"There is no layer {layer!r}; layer is one of {', '.join(map(repr, names))}."
        raise LoadFileError(msg)
    return geopandas.read_file(path, layer=layer, **options)


def _in_words_of_geopandas(options: Options) -> Options:
    renamed = {"nrows": "rows"}
    return {renamed.get(name, name): value for name, value in options.items()}
