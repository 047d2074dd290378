"""Every extension of the original's list, from a file that another library wrote, down to the values."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.loaders.conftest import Laboratory, Loaded

pytestmark = pytest.mark.timeout(300)  # the first test waits for everything to be loaded or drawn

EXTENSIONS = frozenset(
    """
    .csv .tsv .xlsx .xls .xlsm .xlsb .ods .json .jsonl .ndjson .xml .yaml .yml .toml
    .db .sqlite .sqlite3 .sql
    .parquet .feather .hdf .hdf5 .h5 .pickle .pkl .joblib .npy .npz .mat .sav .dta .sas7bdat
    .txt .log .py .r .R .geojson .shp .kml .gpx
    """.split()  # noqa: SIM905 - as the list is written
)

COLUMNS = ["Ville", "Température", "Relevé", "Station"]
DATES = {
    "datetime64[us]": ("2024-02-29 00:00:00", "2023-12-31 00:00:00"),
    "datetime64[us, UTC]": ("2024-02-29 00:00:00+00:00", "2023-12-31 00:00:00+00:00"),
    "str": ("2024-02-29", "2023-12-31"),
    "str, with T": ("2024-02-29T00:00:00.000", "2023-12-31T00:00:00.000"),
    "str, with time": ("2024-02-29 00:00:00", "2023-12-31 00:00:00"),
}


def frame(columns: list[str], dtypes: list[str], rows: list[list[Any]], **attrs: Any) -> dict[str, Any]:
    """Return the description of a DataFrame."""
    return {
        "type": "DataFrame",
        "columns": columns,
        "dtypes": dtypes,
        "rows": rows,
        "attrs": attrs,
        "crs": "None",
    }


def towns(dates: str = "datetime64[us]", stations: str = "int64", **attrs: Any) -> dict[str, Any]:
    """Return the description of the table of towns: accents, dates, a missing number, a missing date."""
    leap_day, new_years_eve = DATES[dates]
    rows: list[list[Any]] = [
        ["Orléans", 12.5, leap_day, 7],
        ["Nîmes", None, new_years_eve, 8],
        ["Besançon", -3.25, None, 9],
    ]
    return frame(COLUMNS, ["str", "float64", dates.partition(", with")[0], stations], rows, **attrs)


RIVERS = frame(["Fleuve", "km"], ["str", "int64"], [["Loire", 1006], ["Gard", 127]])
NESTED = {"nom": "Orléans", "stations": [{"id": 7}, {"id": 8}], "codes": ["007"]}
LEAP_DAY = {"type": "date", "text": "2024-02-29"}
EYE = {"type": "ndarray", "shape": [2, 2], "dtype": "float64", "values": [[1.0, 0.0], [0.0, 1.0]]}
LABELS = {"Ville": "Nom de la ville", "Température": "°C", "Relevé": "Jour", "Station": "N°"}

OBJECTS: dict[str, Any] = {
    "plain.csv": towns("str"),
    "french.csv": towns("str"),
    "utf16.csv": towns("str"),
    "with_mark.csv": towns("str"),
    "pipes.csv": towns("str"),
    "plain.csv.bz2": towns("str"),
    "plain.tsv": towns("str"),
    "one_sheet.xlsx": towns(),
    "two_sheets.xlsx": {"type": "Tables", "items": {"Villes": towns(), "Fleuves": RIVERS}},
    "villes_xlwt.xls": towns(),
    "villes_sheetjs.xls": towns(),
    "villes_sheetjs.xlsm": towns(),
    "odfpy.ods": towns(),
    "villes_sheetjs.ods": towns("datetime64[us, UTC]"),
    "records.json": towns("str, with T"),
    "lines_called.json": towns("str, with T"),
    "nested.json": NESTED,
    "lines.jsonl": towns("str, with T"),
    "lines.ndjson": towns("str, with T"),
    "records.xml": towns("str, with time"),
    "nested.yaml": NESTED | {"relevé": LEAP_DAY},
    "nested.yml": NESTED | {"relevé": LEAP_DAY},
    "station.toml": {
        "nom": "Orléans",
        "relevé": LEAP_DAY,
        "capteurs": [{"id": 7, "actif": True}, {"id": 8, "actif": False}],
    },
    "one.db": towns(),
    "one.sqlite3": towns(),
    "two.sqlite": {"type": "Tables", "items": {"villes": towns(), "fleuves": RIVERS}},
    "dump.sql": towns(),
    "towns.parquet": towns(),
    "towns.parquet.xz": towns(),
    "towns.feather": towns(),
    "fixed.hdf": towns(),
    "two.hdf5": {"type": "Tables", "items": {"villes": towns(), "fleuves": RIVERS}},
    "tree.h5": {
        "type": "File",
        "datasets": {
            "/mesures/température": {
                "type": "ndarray",
                "shape": [2, 2],
                "dtype": "float64",
                "values": [[12.5, None], [-3.25, 0.0]],
            }
        },
    },
    "towns.pkl": towns(),
    "called_pickle.pkl": {
        "grille": {
            "type": "ndarray",
            "shape": [2, 3],
            "dtype": "float64",
            "values": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
        }
    },
    "nested.pickle": {"villes": towns(), "codes": {"type": "set", "text": "{'007'}"}},
    "model.joblib": {"type": "LinearRegression", "prediction": 5.0},
    "grid.npy": {"type": "ndarray", "shape": [2, 3], "dtype": "int16", "values": [[0, 1, 2], [3, 4, 5]]},
    "named.npz": {
        "x": {"type": "ndarray", "shape": [3], "dtype": "int64", "values": [0, 1, 2]},
        "température": {"type": "ndarray", "shape": [2], "dtype": "float64", "values": [12.5, None]},
    },
    "workspace.mat": {"grille": EYE, "station": {"nom": "Orleans", "no": 7}},
    "version_4.mat": {"grille": EYE},
    "version_7_3.mat": {
        "var": [{"type": "float", "text": "1.0"}, "test", [{"type": "float", "text": "2.0"}, "inside"]]
    },
    "labelled.sav": towns(
        stations="float64",
        column_labels=LABELS,
        value_labels={"Station": {"7.0": "Centre", "8.0": "Sud"}},
    ),
    "towns.dta": towns(column_labels={"Ville": "Nom"}, value_labels={}),
    "station.log": "WARNING relevé manquant à Nîmes\n",
    "nameless.gz": "voilà\n",
    "red.png": {"type": "PngImageFile", "size": [4, 3], "mode": "RGB", "pixel": "(255, 0, 0)"},
    "grey.jpg": {"type": "JpegImageFile", "size": [5, 2], "mode": "L", "pixel": "7"},
    "really_excel.csv": towns(),
    "really_parquet": towns(),
    "really_sqlite.txt": towns(),
    "really_tsv.xls": towns("str"),
    "really_plain.csv.gz": towns("str"),
    "really_gzip.csv": towns("str"),
    "really_json.csv": towns("str, with T"),
}
"""What each file loads as, whole."""

TEXTS = ("licence.txt", "module.py", "script.r", "model.R")
MAPS = ("places.geojson", "places.kml", "places.gpx", "places.gpkg", "alone.shp", "together.shp")
OTHERS = ("excel_2007.xlsb", "sample.sas7bdat")
COMPRESSED = (
    *("plain.csv", "plain.tsv", "records.json", "lines.jsonl", "lines.ndjson", "records.xml", "nested.yaml"),
    *("nested.yml", "station.toml", "dump.sql", "station.log", "licence.txt", "module.py", "script.r"),
    *("places.geojson", "places.kml", "places.gpx"),
)
ALL = (*OBJECTS, *TEXTS, *MAPS, *OTHERS, *(f"{name}.gz" for name in COMPRESSED))


@pytest.fixture(scope="module")
def loaded(laboratory: Laboratory) -> dict[str, Loaded]:
    """Every file, loaded without options in one process."""
    return dict(zip(ALL, laboratory.load([(name, {}) for name in ALL]), strict=True))


def test_every_extension_of_the_list_is_among_the_files() -> None:
    """No extension is left out."""
    assert {Path(name).suffix for name in ALL} >= EXTENSIONS


@pytest.mark.parametrize("name", OBJECTS)
def test_a_file_loads_as_the_natural_object_with_its_values(name: str, loaded: dict[str, Loaded]) -> None:
    """Types, names with accents, dates, missing values and labels are those that were written."""
    assert loaded[name].error == ""
    assert loaded[name].object == OBJECTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_text_and_code_load_as_their_characters(
    name: str, loaded: dict[str, Loaded], laboratory: Laboratory
) -> None:
    """Nothing is changed, and nothing is run."""
    assert loaded[name].object == (laboratory.folder / name).read_bytes().decode()
    assert len(loaded[name].object) > 100


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_gzipped_text_file_loads_as_what_is_inside(name: str, loaded: dict[str, Loaded]) -> None:
    """The wrapper makes no difference, but to the label."""
    assert loaded[f"{name}.gz"].error == ""
    assert loaded[f"{name}.gz"].object == loaded[name].object
    assert loaded[f"{name}.gz"].label == f"{loaded[name].label} (gzip)"


@pytest.mark.parametrize(
    ("name", "column"), [("places.geojson", "Name"), ("places.kml", "Name"), ("places.gpx", "name")]
)
def test_a_map_loads_with_places_and_projection(name: str, column: str, loaded: dict[str, Loaded]) -> None:
    """A GeoDataFrame with the names, the points and the coordinate system."""
    table = loaded[name].object
    shown = [[row[table["columns"].index(each)] for each in (column, "geometry")] for row in table["rows"]]
    assert shown == [["Orléans", "POINT (1.9 47.9)"], ["Nîmes", "POINT (4.36 43.84)"]]
    assert (table["type"], table["crs"]) == ("GeoDataFrame", "EPSG:4326")


def test_a_geopackage_is_a_map_and_no_mere_database(loaded: dict[str, Loaded]) -> None:
    """Its geometry is decoded."""
    table = loaded["places.gpkg"].object
    assert table["columns"] == ["Name", "Station", "geometry"]
    assert table["rows"][1] == ["Nîmes", 8, "POINT (4.36 43.84)"]


def test_a_shapefile_alone_loads_its_shapes_and_says_what_is_missing(loaded: dict[str, Loaded]) -> None:
    """The index is restored; attributes are told to be in the files beside it."""
    table = loaded["alone.shp"].object
    assert table["rows"] == [["POLYGON ((0 0, 2 1, 2 0, 0 0))"], ["POLYGON ((5 5, 6 7, 6 5, 5 5))"]]
    assert ".dbf" in loaded["alone.shp"].printed


def test_a_shapefile_finds_what_was_uploaded_beside_it(loaded: dict[str, Loaded]) -> None:
    """Attributes and projection come from the files of the same name, without the index."""
    table = loaded["together.shp"].object
    assert table["rows"][0] == ["Orléans", 7, "POLYGON ((0 0, 2 1, 2 0, 0 0))"]
    assert (table["columns"], table["crs"]) == (["Name", "Station", "geometry"], "EPSG:4326")
    assert loaded["together.shp"].printed == ""


def test_a_binary_workbook_of_excel_loads_with_types(loaded: dict[str, Loaded]) -> None:
    """Two of its four sheets have data; booleans, dates, times and durations keep their kind."""
    sheets = loaded["excel_2007.xlsb"].object["items"]
    assert list(sheets) == ["Sheet1", "Sheet3"]
    assert sheets["Sheet1"]["rows"][0][:7] == [
        *("String", 1, 1.1, True, False),
        *("2010-10-10 00:00:00", "2010-10-10 10:10:10"),
    ]
    assert sheets["Sheet1"]["dtypes"][8:] == ["timedelta64[us]", "timedelta64[us]"]


def test_a_data_set_of_sas_loads_with_dates(loaded: dict[str, Loaded]) -> None:
    """Names survive, numbers are numbers, dates are dates."""
    table = loaded["sample.sas7bdat"].object
    assert table["columns"] == ["integer_row", "text_row", "float_row", "date_row"]
    assert table["dtypes"] == ["float64", "str", "float64", "datetime64[us]"]
    assert table["rows"][1] == [2.0, "Some more text", 17.23, "2018-02-05 00:00:00"]
    assert len(table["rows"]) == 5


@pytest.mark.parametrize(
    ("name", "option"), [("two_sheets.xlsx", "sheet_name"), ("two.sqlite", "table"), ("two.hdf5", "key")]
)
def test_several_tables_are_named_in_a_note(name: str, option: str, loaded: dict[str, Loaded]) -> None:
    """The note says which there are and which option chooses one."""
    for table in loaded[name].object["items"]:
        assert repr(table) in loaded[name].printed
    assert f"{option}=" in loaded[name].printed


def test_a_guessed_encoding_is_told(loaded: dict[str, Loaded]) -> None:
    """Text that is not UTF-8 is never read in silence."""
    assert "cp1252" in loaded["french.csv"].printed
    assert loaded["plain.csv"].printed == ""


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("really_excel.csv", "Excel"),
        ("really_parquet", "Parquet"),
        ("really_sqlite.txt", "SQLite"),
        ("really_tsv.xls", "CSV"),
        ("really_gzip.csv", "CSV (gzip)"),
        ("really_plain.csv.gz", "CSV"),
        ("really_json.csv", "JSON"),
    ],
)
def test_content_decides_what_a_file_is_called(name: str, label: str, loaded: dict[str, Loaded]) -> None:
    """A wrong name, or none, does not mislead."""
    assert loaded[name].label == label


def test_load_file_is_quick_to_import(laboratory: Laboratory, loaded: dict[str, Loaded]) -> None:
    """Importing it brings no library that a file may never need."""
    assert loaded
    heavy = {"pandas", "numpy", "scipy", "matplotlib", "PIL", "pyarrow", "h5py", "yaml", "geopandas"}
    assert heavy.isdisjoint(laboratory.imports)
