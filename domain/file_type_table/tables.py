"""Tables, structured data, databases and what statistics packages write."""

from domain.file_type_table.rows import BLANK, Family, binary, entry, root, text

CSV = text("CSV", Family.TABULAR, "csv", ".csv")

_OLE = rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_DOCUMENT = rb"mimetypeapplication/vnd\.oasis\.opendocument\."

TABULAR = (
    CSV,
    text("MapInfo table", Family.GEOSPATIAL, "text", ".tab", rb"!table\b"),
    text("TSV", Family.TABULAR, "csv", ".tsv .tab"),
    text("Pipe-separated", Family.TABULAR, "csv", ".psv"),
    text("ARFF", Family.TABULAR, "arff", ".arff", rb"(?i:(\s*%[^\n]*\n)*\s*@relation\b)"),
)

SPREADSHEETS = (
    binary("Numbers", Family.SPREADSHEET, "numbers", ".numbers", entry(rb"Index/"), "ZIP"),
    binary("Excel", Family.SPREADSHEET, "excel", ".xlsx .xlsm .xltx .xltm .xlsb", entry(rb"xl/"), "ZIP"),
    binary(
        "Excel",
        Family.SPREADSHEET,
        "excel",
        ".xls",
        _OLE + rb".*W\x00o\x00r\x00k\x00b\x00o\x00",
        "OLE",
    ),
    binary("Excel", Family.SPREADSHEET, "excel", ".xlsx .xlsm .xlsb", container="OLE"),  # with a password
    binary(
        "OpenDocument spreadsheet",
        Family.SPREADSHEET,
        "excel",
        ".ods",
        entry(_OPEN_DOCUMENT + rb"spreadsheet"),
        "ZIP",
    ),
    text(
        "OpenDocument spreadsheet",
        Family.SPREADSHEET,
        "fods",
        ".fods",
        root(rb"office:document\b(?=.*opendocument\.spreadsheet)"),
        "XML",
    ),
)

COLUMNAR = (
    binary("GeoParquet", Family.GEOSPATIAL, "parquet", ".geoparquet", container="Parquet"),
    binary("Parquet", Family.COLUMNAR, "parquet", ".parquet .pq .parq", rb"PAR1[^\t\n\r -~]"),
    binary("Feather", Family.COLUMNAR, "feather", ".feather .arrow .ipc", rb"ARROW1\x00\x00|FEA1"),
    binary("Arrow stream", Family.COLUMNAR, "arrows", ".arrows", rb"\xff\xff\xff\xff.{2}\x00\x00\x10\x00"),
    binary("ORC", Family.COLUMNAR, "orc", ".orc", rb"ORC([^\t\n\r -~]|\n[^ -~])"),
    binary("Avro", Family.COLUMNAR, "avro", ".avro", rb"Obj\x01"),
)

STRUCTURED = (
    text(
        "JSON Lines",
        Family.STRUCTURED,
        "jsonl",
        ".jsonl .ndjson .jl",
        BLANK + rb"\{ ?\"[^\n]*\}\s*\n\{ ?\"",
        "JSON",
    ),
    text("GeoJSON", Family.GEOSPATIAL, "geo", ".geojson", container="JSON"),
    text(
        "GeoJSON sequence",
        Family.GEOSPATIAL,
        "geo",
        ".geojsonl .geojsons .geojsonseq",
        container="JSON Lines",
    ),
    text("TopoJSON", Family.GEOSPATIAL, "geo", ".topojson", container="JSON"),
    text("Jupyter notebook", Family.DOCUMENT, "json", ".ipynb", container="JSON"),
    text("HTTP archive", Family.NETWORK, "json", ".har", container="JSON"),
    text("Web manifest", Family.CONFIG, "json", ".webmanifest", container="JSON"),
    text("JSON", Family.STRUCTURED, "json", ".json", BLANK + rb"(\{\s*\"|\[\s*\{\s*\")"),
    text("JSON", Family.STRUCTURED, "json", ".json"),  # it may be a list of numbers, or a word
    text("YAML", Family.STRUCTURED, "yaml", ".yaml .yml", container="JSON"),  # JSON is YAML, too
    text("JSON5", Family.STRUCTURED, "json5", ".json5 .jsonc", container="JSON"),
    text("Hjson", Family.STRUCTURED, "hjson", ".hjson", container="JSON"),
    text("TOML", Family.STRUCTURED, "toml", ".toml"),
    binary("CBOR", Family.STRUCTURED, "cbor", ".cbor", rb"\xd9\xd9\xf7"),
    binary("CBOR", Family.STRUCTURED, "cbor", ".cbor"),  # the tag is optional
    binary("MessagePack", Family.STRUCTURED, "msgpack", ".msgpack .mpk"),
    binary("BSON", Family.STRUCTURED, "bson", ".bson"),
    binary("Ion", Family.STRUCTURED, "ion", ".ion", rb"\xe0\x01\x00\xea"),
    text("Ion", Family.STRUCTURED, "ion", ".ion"),
    binary("Property list", Family.STRUCTURED, "plist", ".plist", rb"bplist0"),
    text("Property list", Family.STRUCTURED, "plist", ".plist", root(rb"(!DOCTYPE plist|plist)"), "XML"),
)

MARKUP = (
    text("GPX", Family.GEOSPATIAL, "geo", ".gpx", root(rb"gpx"), "XML"),
    text("KML", Family.GEOSPATIAL, "geo", ".kml", root(rb"kml"), "XML"),
    text("GML", Family.GEOSPATIAL, "geo", ".gml", root(rb"(gml|ogr|wfs):FeatureCollection"), "XML"),
    text("JUMP GML", Family.GEOSPATIAL, "geo", ".jml", root(rb"JCSDataFile"), "XML"),
    text("GraphML", Family.GRAPH, "graphml", ".graphml", root(rb"graphml"), "XML"),
    text("GEXF", Family.GRAPH, "gexf", ".gexf", root(rb"gexf"), "XML"),
    text("GIfTI", Family.SCIENTIFIC, "nibabel", ".gii", root(rb"(!DOCTYPE GIFTI|GIFTI)"), "XML"),
    text("VTK XML", Family.SHAPE, "mesh", ".vtu", root(rb"VTKFile"), "XML"),
    text("SVG", Family.IMAGE, "text", ".svg", root(rb"svg"), "XML"),
    text("HTML", Family.DOCUMENT, "html", ".html .htm .xhtml", root(rb"(?i:!doctype html|html)"), "XML"),
    text("COLLADA", Family.SHAPE, "xml", ".dae", root(rb"COLLADA"), "XML"),
    text("DocBook", Family.DOCUMENT, "xml", ".docbook", container="XML"),
    text("FictionBook", Family.DOCUMENT, "xml", ".fb2", root(rb"FictionBook"), "XML"),
    text("OPML", Family.STRUCTURED, "xml", ".opml", root(rb"opml"), "XML"),
    text("QuakeML", Family.SCIENTIFIC, "xml", ".quakeml", container="XML"),
    text("XML Schema", Family.STRUCTURED, "xml", ".xsd", container="XML"),
    text("XSLT", Family.STRUCTURED, "xml", ".xsl .xslt", container="XML"),
    text("News feed", Family.STRUCTURED, "xml", ".rss .atom", container="XML"),
    text("XML", Family.STRUCTURED, "xml", ".xml", BLANK + rb"<\?xml\b"),
)

DATABASES = (
    binary(
        "GeoPackage", Family.GEOSPATIAL, "geopackage", ".gpkg", rb"SQLite format 3\x00.{52}GPKG", "SQLite"
    ),
    binary("SQLite", Family.DATABASE, "sqlite", ".sqlite .sqlite3 .db .db3 .s3db", rb"SQLite format 3\x00"),
    binary("DuckDB", Family.DATABASE, "duckdb", ".duckdb .ddb .db", rb".{8}DUCK..\x00\x00"),
    binary("Access", Family.DATABASE, "bytes", ".mdb .accdb", rb"\x00\x01\x00\x00Standard (Jet|ACE) DB"),
    text("SQL", Family.DATABASE, "sql", ".sql"),
)

STATISTICS = (
    binary("SPSS", Family.STATISTICS, "spss", ".sav .zsav", rb"\$FL[23]@\(#\)"),
    text("SPSS portable", Family.STATISTICS, "por", ".por", rb".{0,199}SPSS PORT FILE"),
    binary(
        "Stata",
        Family.STATISTICS,
        "stata",
        ".dta",
        rb"<stata_dta>|[\x68\x69\x6c\x6e\x6f\x71-\x73][\x01\x02]\x01\x00",
    ),
    binary(
        "SAS",
        Family.STATISTICS,
        "sas",
        ".sas7bdat",
        rb"\x00{12}\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11",
    ),
    binary("SAS transport", Family.STATISTICS, "xport", ".xpt .xport", rb"HEADER RECORD\*{7}LIB"),
    binary("R data", Family.STATISTICS, "rdata", ".rdata .rda", rb"RD[AXB][23]\n"),
    binary("R object", Family.STATISTICS, "rdata", ".rds", rb"[XAB]\n\x00\x00\x00[\x02\x03]\x00"),
)
