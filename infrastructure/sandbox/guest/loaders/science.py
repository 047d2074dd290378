"""Measurements, by libraries that come as packages."""

from typing import Any, NamedTuple

import pandas as pd

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import Tables, chosen


class Recording(NamedTuple):
    """Signals, an array each in the unit of its channel, and what the file says of them and of itself."""

    signals: Any
    channels: list[dict[str, Any]]
    header: dict[str, Any]


def load_zarr(source: Source, options: Options) -> Any:
    """Return the group or array of a zipped Zarr store."""
    import zarr  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return zarr.open(zarr.storage.ZipStore(source.copy(".zip"), mode="r"), mode="r")


def load_cdf(source: Source, options: Options) -> dict[str, Any]:
    """Return the variables of NASA's Common Data Format by name."""
    import cdflib  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.temporary_copy(".cdf") as path:
        file = cdflib.CDF(path)
        info = file.cdf_info()
        return {name: file.varget(name) for name in (*info.rVariables, *info.zVariables)}


def load_fits(source: Source, options: Options) -> Any:
    """Return the units of headers and data."""
    from astropy.io import fits  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return fits.open(source.open(), memmap=False, lazy_load_hdus=False)


def load_ecsv(source: Source, options: Options) -> pd.DataFrame:
    """Return the table; units are in `attrs`."""
    from astropy.table import Table  # noqa: PLC0415 - it comes as a package

    refuse(options)
    table = Table.read(source.text(), format="ascii.ecsv")
    df = table.to_pandas()
    df.attrs["units"] = {name: str(table[name].unit) for name in table.colnames if table[name].unit}
    return df


def load_nibabel(source: Source, options: Options) -> Any:
    """Return the brain image or surface."""
    import nibabel  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return nibabel.load(source.copy())


def load_dicom(source: Source, options: Options) -> Any:
    """Return the data set of a medical picture; `pixel_array` has the picture."""
    import pydicom  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.open() as stream:
        return pydicom.dcmread(stream, force=True)


def load_grib(source: Source, options: Options) -> Any:
    """Return the fields of a weather file; `filter_by_keys` chooses where they do not fit together."""
    import pyproj  # noqa: F401, PLC0415 - eccodes, when it is imported first, ends the process
    import xarray  # noqa: PLC0415 - dear to import

    backend = {"indexpath": "", **options}
    return xarray.open_dataset(source.copy(".grib"), engine="cfgrib", backend_kwargs=backend).load()


def load_edf(source: Source, options: Options) -> Recording:
    """Return the signals of a recording such as an EEG."""
    from pyedflib import highlevel  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.temporary_copy() as path:
        return Recording(*highlevel.read_edf(path))


def load_tdms(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the channels of the only group, or a mapping of several groups."""
    import nptdms  # noqa: PLC0415 - it comes as a package

    with source.open() as stream:
        groups = nptdms.TdmsFile.read(stream).groups()
        found = {group.name: group.as_dataframe() for group in groups}
    return chosen(found, options, "table", "groups")


def load_seismic(source: Source, options: Options) -> Any:
    """Return the traces."""
    import obspy  # noqa: PLC0415 - it comes as a package

    refuse(options)
    form = {"MiniSEED": "MSEED", "SAC": "SAC"}[source.kind.file_type]  # told, or it would try a pickle, too
    with source.open() as stream:
        return obspy.read(stream, format=form)


def load_root(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the only tree, or a mapping of several."""
    import uproot  # noqa: PLC0415 - it comes as a package

    with source.temporary_copy(".root") as path, uproot.open(path) as file:
        names = [name for name, kind in file.classnames().items() if kind == "TTree" or "RNTuple" in kind]
        found = {name.partition(";")[0]: pd.DataFrame(file[name].arrays(library="np")) for name in names}
    return chosen(found, options, "table", "trees")


def load_mdf(source: Source, options: Options) -> pd.DataFrame:
    """Return the channels of a measurement by their times in seconds."""
    import asammdf  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.temporary_copy(".mf4") as path, asammdf.MDF(path) as file:
        return file.to_dataframe()
