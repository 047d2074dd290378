"""Write a file of every type with the libraries that people write them with.

Runs under the interpreter of the code environment: `python produce_files.py FOLDER`.
"""

import bz2
import gzip
import json
import logging
import lzma
import pickle
import sqlite3
import sys
from contextlib import closing
from datetime import date
from importlib.metadata import files as files_of
from pathlib import Path
from shutil import copyfile

import geopandas
import h5py
import joblib
import numpy as np
import pandas as pd
import pyreadstat
import scipy.io
import yaml
from PIL import Image
from shapely.geometry import Point, Polygon
from sklearn.linear_model import LinearRegression

COMPRESSED = (
    *("plain.csv", "plain.tsv", "records.json", "lines.jsonl", "lines.ndjson", "records.xml", "nested.yaml"),
    *("nested.yml", "station.toml", "dump.sql", "station.log", "licence.txt", "module.py", "script.r"),
    *("places.geojson", "places.kml", "places.gpx"),
)
FIXTURES = Path(__file__).parents[2] / "fixtures" / "files"

TOWNS = pd.DataFrame(
    {
        "Ville": ["Orléans", "Nîmes", "Besançon"],
        "Température": [12.5, None, -3.25],
        "Relevé": pd.to_datetime(["2024-02-29", "2023-12-31", None]),
        "Station": [7, 8, 9],
    }
)
RIVERS = pd.DataFrame({"Fleuve": ["Loire", "Gard"], "km": [1006, 127]})
PLACES = geopandas.GeoDataFrame(
    {"Name": ["Orléans", "Nîmes"], "Station": [7, 8]},
    geometry=[Point(1.9, 47.9), Point(4.36, 43.84)],
    crs="EPSG:4326",
)


def tables(folder: Path) -> None:
    """Delimited text and workbooks."""
    TOWNS.to_csv(folder / "plain.csv", index=False)
    TOWNS.to_csv(folder / "french.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    TOWNS.to_csv(folder / "utf16.csv", index=False, encoding="utf-16")
    TOWNS.to_csv(folder / "with_mark.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    TOWNS.to_csv(folder / "plain.tsv", index=False, sep="\t")
    TOWNS.to_csv(folder / "pipes.csv", index=False, sep="|")
    TOWNS.to_excel(folder / "one_sheet.xlsx", index=False)
    with pd.ExcelWriter(folder / "two_sheets.xlsx") as writer:
        TOWNS.to_excel(writer, sheet_name="Villes", index=False)
        RIVERS.to_excel(writer, sheet_name="Fleuves", index=False)
        pd.DataFrame().to_excel(writer, sheet_name="Vide")
    TOWNS.to_excel(folder / "odfpy.ods", index=False, engine="odf")


def structured(folder: Path) -> None:
    """JSON and its relatives."""
    records = {"orient": "records", "force_ascii": False, "date_format": "iso"}
    TOWNS.to_json(folder / "records.json", **records)
    for name in ("lines.jsonl", "lines.ndjson", "lines_called.json"):
        TOWNS.to_json(folder / name, lines=True, **records)
    nested = {"nom": "Orléans", "stations": [{"id": 7}, {"id": 8}], "codes": ["007"]}
    (folder / "nested.json").write_text(json.dumps(nested), encoding="utf-8")
    TOWNS.to_xml(folder / "records.xml", index=False, root_name="villes", row_name="ville")
    for name in ("nested.yaml", "nested.yml"):
        content = nested | {"relevé": date(2024, 2, 29)}
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    copyfile(FIXTURES / "station.toml", folder / "station.toml")


def databases(folder: Path) -> None:
    """SQLite, as a database and as a dump."""
    for name in ("two.sqlite", "one.db", "one.sqlite3"):
        with closing(sqlite3.connect(folder / name)) as connection:
            TOWNS.to_sql("villes", connection, index=False)
            if name.startswith("two"):
                RIVERS.to_sql("fleuves", connection, index=False)
            connection.commit()
    with closing(sqlite3.connect(folder / "one.db")) as connection:
        (folder / "dump.sql").write_text("\n".join(connection.iterdump()), encoding="utf-8")


def columns_and_arrays(folder: Path) -> None:
    """Column stores, HDF5, arrays and pickles."""
    TOWNS.to_parquet(folder / "towns.parquet")
    TOWNS.to_feather(folder / "towns.feather")
    TOWNS.to_hdf(folder / "fixed.hdf", key="villes")
    with pd.HDFStore(folder / "two.hdf5", mode="w") as store:
        store.put("villes", TOWNS, format="table", track_times=False)
        store.put("fleuves", RIVERS, track_times=False)
    with h5py.File(folder / "tree.h5", "w") as file:
        file["mesures/température"] = np.array([[12.5, np.nan], [-3.25, 0.0]])
        file["mesures"].attrs["unité"] = "°C"
    TOWNS.to_pickle(folder / "towns.pkl")
    with (folder / "nested.pickle").open("wb") as file:
        pickle.dump({"villes": TOWNS, "codes": {"007"}}, file)
    model = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    joblib.dump(model, folder / "model.joblib", compress=3)
    joblib.dump({"grille": np.arange(6.0).reshape(2, 3)}, folder / "called_pickle.pkl")
    np.save(folder / "grid.npy", np.arange(6, dtype="int16").reshape(2, 3))
    np.savez_compressed(folder / "named.npz", x=np.arange(3), température=np.array([12.5, np.nan]))
    scipy.io.savemat(folder / "workspace.mat", {"grille": np.eye(2), "station": {"nom": "Orleans", "no": 7}})
    scipy.io.savemat(folder / "version_4.mat", {"grille": np.eye(2)}, format="4")


def statistics(folder: Path) -> None:
    """SPSS and Stata, with labels."""
    pyreadstat.write_sav(
        TOWNS,
        folder / "labelled.sav",
        column_labels=["Nom de la ville", "°C", "Jour", "N°"],
        variable_value_labels={"Station": {7: "Centre", 8: "Sud"}},
    )
    TOWNS.to_stata(folder / "towns.dta", write_index=False, version=118, variable_labels={"Ville": "Nom"})


def maps(folder: Path) -> None:
    """Geography, by GDAL."""
    PLACES.to_file(folder / "places.geojson")
    PLACES.to_file(folder / "places.kml", driver="KML")
    PLACES.to_file(folder / "places.gpkg", layer="villes")
    waypoints = PLACES.rename(columns={"Name": "name"}).drop(columns="Station")
    waypoints.to_file(folder / "places.gpx", driver="GPX", layer="waypoints")
    shapes = PLACES.set_geometry([Polygon([(0, 0), (2, 0), (2, 1)]), Polygon([(5, 5), (6, 5), (6, 7)])])
    (folder / "whole").mkdir()
    shapes.to_file(folder / "whole" / "shapes.shp")
    copyfile(folder / "whole" / "shapes.shp", folder / "alone.shp")
    for extension in ("shp", "dbf", "prj", "cpg"):
        copyfile(folder / "whole" / f"shapes.{extension}", folder / f"together.{extension}")


def texts(folder: Path) -> None:
    """Text, logs and code: files that installed packages brought along."""
    handler = logging.FileHandler(folder / "station.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("station")
    logger.addHandler(handler)
    logger.warning("relevé manquant à %s", "Nîmes")
    handler.close()
    copyfile(json.__file__, folder / "module.py")
    copyfile(_installed("statsmodels", ".r"), folder / "script.r")
    copyfile(_installed("statsmodels", ".R"), folder / "model.R")
    copyfile(_installed("numpy", "LICENSE.txt"), folder / "licence.txt")


def pictures(folder: Path) -> None:
    """Images."""
    Image.new("RGB", (4, 3), (255, 0, 0)).save(folder / "red.png")
    Image.new("L", (5, 2), 7).save(folder / "grey.jpg")


def wrapped(folder: Path) -> None:
    """Compressed files of the types that are text."""
    for name in COMPRESSED:
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
    (folder / "plain.csv.bz2").write_bytes(bz2.compress((folder / "plain.csv").read_bytes()))
    (folder / "towns.parquet.xz").write_bytes(lzma.compress((folder / "towns.parquet").read_bytes()))
    (folder / "nameless.gz").write_bytes(gzip.compress(b"voil\xc3\xa0\n", mtime=0))


def misnamed(folder: Path) -> None:
    """Files whose names lie, or say nothing."""
    for source, name in (
        ("one_sheet.xlsx", "really_excel.csv"),
        ("towns.parquet", "really_parquet"),
        ("one.db", "really_sqlite.txt"),
        ("plain.tsv", "really_tsv.xls"),
        ("plain.csv", "really_plain.csv.gz"),
        ("plain.csv.gz", "really_gzip.csv"),
        ("records.json", "really_json.csv"),
    ):
        copyfile(folder / source, folder / name)


def _installed(distribution: str, suffix: str) -> Path:
    """Return a file that a distribution installed; set-up leaves out the tests of some."""
    found = (Path(path.locate()) for path in files_of(distribution) or () if path.name.endswith(suffix))
    return next(path for path in found if path.is_file())


def main() -> None:
    """Fill the folder."""
    folder = Path(sys.argv[1])
    for path in FIXTURES.iterdir():
        copyfile(path, folder / path.name)
    for produce in (tables, structured, databases, columns_and_arrays, statistics, maps, texts, pictures):
        produce(folder)
    wrapped(folder)
    misnamed(folder)


if __name__ == "__main__":
    main()
