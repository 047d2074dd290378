"""Files of every extension, who wrote each, and what must be seen in the object that it loads as.

`look` is an expression over the loaded object, `it`; `seen` is its value as JSON. The files are written by
`produce_samples.py`, which runs in the code environment, or lie in `tests/fixtures/files`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.file_type_table import FILE_TYPES, Family

TOWNS = "it.astype(object).where(it.notna(), None).values.tolist()"
VALUES: list[list[Any]] = [
    ["Orléans", 12.5, "2024-02-29 00:00:00", 7],
    ["Nîmes", None, "2023-12-31 00:00:00", 8],
    ["Besançon", -3.25, None, 9],
]
NO_DATES = [[town, degrees, station] for town, degrees, _, station in VALUES]
TYPES = "list(it.columns), [str(each) for each in it.dtypes]"
COLUMNS = ["Ville", "Température", "Relevé", "Station"]
NESTED = {"nom": "Orléans", "stations": [{"id": 7}, {"id": 8}], "code": "007"}
MAP = "sorted([int(row.Station), row.Name, row.geometry.wkt] for row in it.itertuples()), str(it.crs)"
PLACES = [[[7, "Orléans", "POINT (1.9 47.9)"], [8, "Nîmes", "POINT (4.36 43.84)"]], "EPSG:4326"]
WORDS = "Die Stationen der Loire: Orléans, Nîmes, Besançon."
EDGES = "sorted([*map(str, sorted(each))] for each in it.edges())"
TRIANGLE = [["0", "1"], ["0", "2"], ["1", "2"]]
NAMED_EDGES = [["Gard", "Loire"], ["Gard", "Rhône"]]


@dataclass(frozen=True)
class Sample:
    """One file: its name, the library or program that wrote it, a look at the object, and what is seen."""

    name: str
    by: str
    look: str
    seen: Any


def alike(names: str, by: str, look: str, seen: Any) -> Iterable[Sample]:
    """Yield samples that differ in name only."""
    return (Sample(name, by, look, seen) for name in names.split())


TABLES = (
    Sample("towns.psv", "pandas", TOWNS, [[a, b, c and c[:10], d] for a, b, c, d in VALUES]),
    Sample("towns.tab", "pandas", TOWNS, [[a, b, c and c[:10], d] for a, b, c, d in VALUES]),
    Sample(
        "flowers.arff",
        "liac-arff",
        f"{TYPES}, it.values.tolist()",
        [
            ["longueur", "espèce"],
            ["float64", "str"],
            [[5.1, "setosa"], [7.0, "virginica"]],
        ],
    ),
    *alike("towns.xltx towns.xltm", "openpyxl", f"{TOWNS}, list(it.columns)", [VALUES, COLUMNS]),
    Sample("towns.fods", "odfpy", f"{TOWNS}, list(it.columns)", [VALUES, COLUMNS]),
    *alike("towns.pq towns.orc towns.arrows", "pyarrow", f"{TOWNS}, list(it.columns)", [VALUES, COLUMNS]),
    *alike("towns.arrow towns.ipc", "pyarrow", f"{TOWNS}, list(it.columns)", [VALUES, COLUMNS]),
    Sample(
        "places.geoparquet", "geopandas", MAP.replace("str(it.crs)", "it.crs.to_epsg()"), [PLACES[0], 4326]
    ),
    *alike("towns.db3 towns.s3db", "sqlite3", TOWNS, VALUES),
    Sample("towns.zsav", "pyreadstat", TOWNS, VALUES),
    Sample(
        "towns.por",
        "pyreadstat",
        "it.iloc[:, [1, 3]].fillna(0).values.tolist(), len(it)",
        [
            [[12.5, 7.0], [0.0, 8.0], [-3.25, 9.0]],
            3,
        ],
    ),
    Sample("towns.xpt", "pyreadstat", TOWNS, [[a, b, c, float(d)] for a, b, c, d in VALUES]),
    Sample("towns.dbf", "GDAL", TOWNS, NO_DATES),
    Sample(
        "genes.bed",
        "pandas",
        "it.to_dict('list')",
        {
            "chrom": ["chr1", "chr2"],
            "start": [10, 0],
            "end": [20, 5],
            "name": ["géne", "b"],
        },
    ),
    *alike(
        "genes.gff genes.gff3 genes.gtf",
        "pandas",
        "it.loc[1, ['seqid', 'start', 'score']].tolist()",
        [
            "chr2",
            1,
            0.5,
        ],
    ),
)

STRUCTURED = (
    *alike("nested.json5 nested.jsonc", "json5", "it", NESTED),
    *alike("nested.cbor nested.msgpack nested.mpk nested.plist binary.plist", "see the name", "it", NESTED),
    *alike("nested.webmanifest", "json", "it", NESTED),
    Sample("visit.har", "json", "it['log']['entries'][0]['request']['url']", "data:,é"),
    Sample("work.ipynb", "json", "it['cells'][0]['source']", ["load_file('é')"]),
    Sample("lines.jl", "pandas", "it.to_dict('list')", {"Fleuve": ["Loire", "Gard"], "km": [1006, 127]}),
    *alike(
        "a.ini a.cfg a.desktop a.service",
        "configparser",
        "it",
        {
            "Station": {"Ville": "Orléans", "motif": "100 %(rien)s"},
            "vide": {},
        },
    ),
    Sample("a.properties", "javaproperties", "it", {"ville": "Orléans", "clé": "a=b"}),
    Sample("a.env", "python-dotenv", "it", {"VILLE": "Orléans", "REF": "${VILLE}"}),
    *alike(
        "a.xsd a.xsl a.opml a.dae a.docbook a.fb2 a.quakeml a.rss",
        "lxml",
        "it.attrib, it[0].text",
        [
            {"version": "1"},
            "Orléans",
        ],
    ),
    *alike(
        "page.html page.htm page.xhtml",
        "pandas",
        "it.values.tolist(), list(it.columns)",
        [
            [["Loire", 1006], ["Gard", 127]],
            ["Fleuve", "km"],
        ],
    ),
)

ARRAYS = (
    Sample(
        "grid.nc",
        "netCDF4 by h5netcdf",
        "it['t'].fillna(0).values.tolist(), it['t'].attrs, it.sizes",
        [
            [[1.5, 0.0], [3.0, 4.0]],
            {"unité": "°C"},
            {"y": 2, "x": 2},
        ],
    ),
    Sample("grid.nc4", "h5netcdf", "it['t'].mean().item()", 8.5 / 3),
    Sample("classic.nc", "scipy", "it['t'].values.tolist(), it['t'].attrs['units']", [[1.5, 3.0], "K"]),
    Sample("classic.cdf", "scipy", "it['t'].values.tolist()", [1.5, 3.0]),
    Sample("tree.he5", "h5py", "it['mesures/température'][()].tolist()", [12.5, 0.0]),
    Sample("sparse.mtx", "scipy", "it.shape, it.toarray().tolist()", [[2, 3], [[0, 2.5, 0], [0, 0, -1]]]),
    *alike(
        "a.svmlight a.libsvm",
        "scikit-learn",
        "it[0].toarray().tolist(), it[1].tolist()",
        [
            [[0, 2.5], [1, 0]],
            [1.0, -1.0],
        ],
    ),
    Sample(
        "weights.pt",
        "torch 1.13.1",
        "it['epoch'], it['name'], {k: [v.dtype.name, v.tolist()] for k, v in it['model'].items()}",
        [
            3,
            "Orléans",
            {
                "weight": ["float32", [[0.5, -2.0]]],
                "bias": ["float32", [3.25]],
                "steps": ["int64", 7],
                "half": ["float16", [1.5, 2.5]],
                "brain": ["float32", [1.5, -2.0]],
                "turned": ["int64", [[0, 3], [1, 4], [2, 5]]],
            },
        ],
    ),
    Sample(
        "weights.pth",
        "torch 1.13.1",
        "[[each.dtype.name, each.tolist()] for each in it]",
        [["int32", [[1, 2], [3, 4]]], ["bool", [True, False]]],
    ),
    Sample(
        "weights.safetensors",
        "safetensors",
        "it['poids'].tolist(), str(it['poids'].dtype)",
        [
            [[1.0, 2.0], [3.0, 4.0]],
            "float32",
        ],
    ),
)

MAPS = (
    *alike(
        "places.fgb places.geojsonl places.geojsons places.gml places.jml",
        "GDAL",
        MAP.replace(", str(it.crs)", ""),
        PLACES[0],
    ),
    Sample(
        "places.topojson",
        "topojson's own specification",
        "list(it.geometry.to_wkt()), it.nom.tolist()",
        [
            ["POINT (1.9 47.9)"],
            ["Orléans"],
        ],
    ),
    Sample(
        "places.kmz", "GDAL", "it.Name.tolist(), it.geometry.x.tolist()", [["Orléans", "Nîmes"], [1.9, 4.36]]
    ),
    Sample("drawing.dxf", "GDAL", "[each.wkt for each in it.geometry]", ["LINESTRING (0 0, 2 1)"]),
    Sample("one.wkt", "shapely", "it.wkt", "POLYGON ((0 0, 2 0, 2 1, 0 0))"),
    Sample("several.wkt", "shapely", "[each.wkt for each in it]", ["POINT (1 2)", "POINT (3 4)"]),
    Sample("one.wkb", "shapely", "it.wkt", "POLYGON ((0 0, 2 0, 2 1, 0 0))"),
    Sample("whole_shp.zip", "GDAL", MAP, PLACES),
    Sample("whole_mif.zip", "GDAL", "it.Name.tolist(), len(it)", [["Orléans", "Nîmes"], 2]),
)

GRAPHS = (
    *alike("g.graphml g.gexf g.gml g.net g.adjlist g.edgelist", "networkx", EDGES, NAMED_EDGES),
    *alike("g.g6 g.s6", "networkx", EDGES, TRIANGLE),
)

_RED = """
.png .apng
.jpg .jpeg .jpe .jfif .mpo .gif .webp .bmp .dib .tif .tiff .avif .dds .im .jp2 .j2k .j2c .jpx .ppm .pnm
.pcx .qoi .sgi .rgb .tga .icb .vda .vst
"""

PICTURES = (
    *alike(
        " ".join(f"red{extension}" for extension in _RED.split()),
        "Pillow",
        "it.size, it.convert('RGB').getpixel((0, 0))[0] > 240",
        [[4, 3], True],
    ),
    Sample("red.ico", "Pillow", "it.size, it.convert('RGB').getpixel((0, 0))", [[16, 16], [255, 0, 0]]),
    Sample("red.icns", "Pillow", "it.size[0] >= 16, it.convert('RGB').getpixel((0, 0))", [True, [255, 0, 0]]),
    *alike("grey.pgm grey.bw", "Pillow", "it.mode, it.getpixel((0, 0)), it.size", ["L", 7, [5, 2]]),
    *alike(
        "bits.pbm bits.xbm bits.msp", "Pillow", "it.size, it.convert('L').getpixel((0, 0))", [[8, 2], 255]
    ),
    Sample("grey.pfm", "Pillow", "it.mode, it.getpixel((0, 0))", ["F", 0.5]),
    Sample("plot.svg", "matplotlib", "'Température' in it, it.count('<svg')", [True, 1]),
)

DOCUMENTS = (
    Sample("words.pdf", "matplotlib", "len(it), 'Température' in it[1]", [2, True]),
    Sample(
        "words.docx",
        "python-docx",
        "[p.text for p in it.paragraphs], it.tables[0].cell(0, 1).text",
        [
            [WORDS, ""],
            "km",
        ],
    ),
    Sample("words.pptx", "python-pptx", "[s.shapes.title.text for s in it.slides]", ["Orléans", "Nîmes"]),
    *alike("words.odt words.odp", "odfpy", "it.splitlines()", ["Orléans", WORDS]),
    Sample("words.rtf", "PyRTF3", "it.strip()", WORDS),
    Sample(
        "mail.eml",
        "email",
        "it['subject'], it.get_content().strip(), it['to']",
        ["Été", WORDS, "b@b.example"],
    ),
    Sample("mail.mbox", "mailbox", "[m['subject'] for m in it]", ["Été", "Hiver"]),
    Sample(
        "dates.ics",
        "icalendar",
        "[(str(e['summary']), str(e.start)) for e in it.events]",
        [
            ["Relevé à Orléans", "2024-02-29 12:00:00+00:00"],
        ],
    ),
    Sample("books.ris", "rispy", "it[0]['title'], it[0]['year']", ["Les fleuves", "2024"]),
    *alike(
        "film.srt film.vtt film.ass film.ssa",
        "pysubs2",
        "[(e.start, e.end, e.text) for e in it]",
        [
            [1000, 2500, "Orléans"],
            [3000, 4000, "Nîmes"],
        ],
    ),
)

SOUND = (
    *alike(
        "tone.wav tone.flac tone.aiff tone.aif tone.au tone.snd tone.caf tone.w64 tone.voc tone.sph "
        "tone.nist",
        "libsndfile",
        "len(it.samples), it.sample_rate_hz, round(float(it.samples.max()), 1)",
        [800, 8000, 0.5],
    ),
    *alike(
        "tone.ogg tone.oga tone.mp3 tone.opus",
        "libsndfile",
        "700 < len(it.samples) < 2500, 0.4 < it.samples.max() < 0.7",
        [True, True],
    ),
)

ARCHIVES = (
    Sample("towns_csv.zip", "zipfile", TOWNS, [[a, b, c and c[:10], d] for a, b, c, d in VALUES]),
    Sample("with_readme.zip", "zipfile", "it.columns.tolist()", COLUMNS),
    Sample(
        "several.zip",
        "zipfile",
        "sorted(it), it['b/rivers.csv'].km.tolist(), it.read('a.txt').decode()",
        [
            ["a.txt", "b/rivers.csv", "towns.csv"],
            [1006, 127],
            "é",
        ],
    ),
    *alike("lib.whl lib.jar", "zipfile", "sorted(it), it['a.txt']", [["a.txt", "b.txt"], "é"]),
    *alike(
        "several.tar several.tgz several.tar.gz several.tar.xz several.tar.bz2 several.tar.zst",
        "tarfile",
        "sorted(it), it['b/rivers.csv'].km.tolist()",
        [["a.txt", "b/rivers.csv", "towns.csv"], [1006, 127]],
    ),
    *alike(
        "towns.csv.zst towns.csv.lz4 towns.csv.br towns.csv.xz towns.csv.bz2",
        "pyarrow and Python",
        "it.Ville.tolist()",
        [
            "Orléans",
            "Nîmes",
            "Besançon",
        ],
    ),
    *alike(
        "towns.xlsx.gz towns.parquet.zst towns.json.br towns.sqlite.lz4",
        "pyarrow and Python",
        "it.Ville.tolist()",
        [
            "Orléans",
            "Nîmes",
            "Besançon",
        ],
    ),
    Sample("hidden_parquet.gz", "gzip", "it.Station.tolist()", [7, 8, 9]),
)

OTHERS = (
    *alike(
        "face.ttf face.ttc face.otf face.woff",
        "DejaVu, fontTools",
        "it['maxp'].numGlyphs > 2, 'A' in it.getGlyphOrder()",
        [True, True],
    ),
    *alike(
        "gruß.adoc gruß.asciidoc gruß.org gruß.textile gruß.mediawiki gruß.man gruß.tex gruß.rst gruß.md "
        "gruß.markdown",
        "Python",
        "it",
        WORDS,
    ),
    *alike("gruß.diff gruß.patch gruß.pem gruß.asc gruß.text gruß.conf gruß.wiki", "Python", "it", WORDS),
    Sample("towns.xport", "pyreadstat", "len(it)", 3),
    Sample("genes.gff2", "pandas", "it.seqid.tolist()", ["chr1", "chr2"]),
    Sample("towns.parq", "pyarrow", "it.Ville.tolist()", ["Orléans", "Nîmes", "Besançon"]),
    Sample("grid.netcdf", "h5netcdf", "it['t'].dims", ["y", "x"]),
    Sample("dates.ical", "icalendar", "len(it.events)", 1),
    Sample("words.docm", "python-docx", "it.paragraphs[0].text", WORDS),
    Sample("words.pptm", "python-pptx", "len(it.slides)", 2),
    Sample("tone.aifc", "libsndfile", "len(it.samples)", 800),
    Sample("places.geojsonseq", "GDAL", "it.Name.tolist()", ["Orléans", "Nîmes"]),
    *alike("a.xslt a.atom", "lxml", "it[0].text", "Orléans"),
    Sample("nameless", "pandas", "list(it.columns)", COLUMNS),
    Sample("towns.dat", "pandas", "list(it.columns)", COLUMNS),
)

_JAPANESE, _CHINESE = ["東京都", "大阪府", "名古屋"], ["北京市", "上海市", "广州市"]
_RUSSIAN = ["Москва", "Волгоград", "Казань"]

ENCODINGS = tuple(
    Sample(
        f"{name}.csv",
        "Python",
        "it.iloc[:3, 0].tolist(), it.iloc[:3, 1].tolist(), list(it.columns), len(it)",
        [
            words,
            [1.5, 2.5, 3.5],
            [header, "n"],
            30,
        ],
    )
    for name, header, words in (
        ("sjis", "都市", _JAPANESE),
        ("gb18030", "城市", _CHINESE),
        ("big5", "城市", ["臺北市", "高雄市", "新竹縣"]),
        ("koi8", "Город", _RUSSIAN),
        ("cp1251", "Город", _RUSSIAN),
        ("latin", "Été", ["Orléans", "Nîmes", "Besançon"]),
    )
)
"""Thirty rows each, in the encoding of the name (`latin` is cp1252)."""

CODE: Mapping[str, str] = {
    extension: f"source{extension}"
    for row in FILE_TYPES
    if row.family is Family.CODE
    for extension in row.extensions
}
"""A file of source code by each extension: text, whatever its language."""

LANGUAGES = tuple(Sample(name, "Python", "it", "x = 'é'  # 1\n") for name in CODE.values())

SAMPLES: Sequence[Sample] = (
    *TABLES,
    *STRUCTURED,
    *ARRAYS,
    *MAPS,
    *GRAPHS,
    *PICTURES,
    *DOCUMENTS,
    *SOUND,
    *ARCHIVES,
    *OTHERS,
    *ENCODINGS,
    *LANGUAGES,
)
