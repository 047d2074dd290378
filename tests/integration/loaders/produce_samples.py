"""Write the files of `samples.py` with the libraries that people write them with.

Runs under the interpreter of the code environment: `python produce_samples.py FOLDER`.
"""

import bz2
import configparser
import gzip
import json
import lzma
import mailbox
import plistlib
import sqlite3
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from shutil import copyfile
from typing import Any

import cbor2
import geopandas
import h5py
import icalendar
import javaproperties
import json5
import matplotlib as mpl
import msgpack
import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyreadstat
import pysubs2
import rispy
import safetensors.numpy
import scipy.io
import scipy.sparse
import shapely
import soundfile
import xarray
from docx import Document
from dotenv import set_key
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTCollection, TTFont
from lxml import etree
from odf import opendocument, style, table, text
from odf.draw import Frame, Page, TextBox
from PIL import Image
from pptx import Presentation
from produce_files import FIXTURES, PLACES, RIVERS, TOWNS  # type: ignore[import-not-found]  # beside this script
from sklearn.datasets import dump_svmlight_file

sys.path.append(str(Path(__file__).parents[3]))

from tests.integration.loaders.samples import CODE

mpl.use("Agg")
WORDS = "Die Stationen der Loire: Orléans, Nîmes, Besançon."
NESTED = {"nom": "Orléans", "stations": [{"id": 7}, {"id": 8}], "code": "007"}


def tables(folder: Path) -> None:
    """Delimited text, workbooks, columns."""
    TOWNS.to_csv(folder / "towns.psv", index=False, sep="|")
    TOWNS.to_csv(folder / "towns.tab", index=False, sep="\t")
    TOWNS.to_csv(folder / "nameless", index=False, sep=";")
    TOWNS.to_csv(folder / "towns.dat", index=False, sep="\t")
    for extension in ("xltx", "xltm"):
        _save_template(folder / f"towns.{extension}")
    (folder / "towns.fods").write_bytes(_flat_open_document())
    TOWNS.to_parquet(folder / "towns.pq")
    TOWNS.to_orc(folder / "towns.orc")
    for name in ("towns.arrow", "towns.ipc"):
        _write_arrow(folder / name, pa.ipc.new_file)
    _write_arrow(folder / "towns.arrows", pa.ipc.new_stream)
    PLACES.to_parquet(folder / "places.geoparquet")
    for name in ("towns.db3", "towns.s3db"):
        with closing(sqlite3.connect(folder / name)) as connection:
            TOWNS.to_sql("villes", connection, index=False)
    pyreadstat.write_sav(TOWNS, folder / "towns.zsav", compress=True)
    plain = TOWNS.rename(
        columns={"Ville": "VILLE", "Température": "TEMP", "Relevé": "JOUR", "Station": "STATION"}
    )
    pyreadstat.write_por(plain.assign(VILLE=["Orleans", "Nimes", "Besancon"]), folder / "towns.por")
    pyreadstat.write_xport(plain, folder / "towns.xpt", file_format_version=8)
    named = TOWNS.drop(columns="Relevé").rename(columns={"Température": "Temp"})
    pyogrio.write_dataframe(named, folder / "towns.dbf", driver="ESRI Shapefile", encoding="UTF-8")
    genes = pd.DataFrame([["chr1", 10, 20, "géne"], ["chr2", 0, 5, "b"]])
    genes.to_csv(folder / "genes.bed", sep="\t", header=False, index=False)
    for extension in ("gff", "gff3", "gtf"):
        features = pd.DataFrame(
            [
                ["chr1", "x", "gene", 5, 9, ".", "+", ".", 'ID "é"'],
                ["chr2", "x", "CDS", 1, 3, 0.5, "-", 0, "ID=b"],
            ]
        )
        head = "##gff-version 3\n" if extension == "gff3" else ""
        lines = features.to_csv(sep="\t", header=False, index=False, quoting=3)
        (folder / f"genes.{extension}").write_text(head + lines, encoding="utf-8")


def _save_template(path: Path) -> None:
    import openpyxl  # noqa: PLC0415 - only here

    TOWNS.to_excel(path.with_suffix(".xlsx"), index=False)
    book = openpyxl.load_workbook(path.with_suffix(".xlsx"))
    book.template = True
    book.save(path)


def _flat_open_document() -> bytes:
    document = opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name="Villes")
    document.spreadsheet.addElement(sheet)
    rows = [list(TOWNS.columns), *TOWNS.astype(object).where(TOWNS.notna(), None).to_numpy().tolist()]
    for cells in rows:
        row = table.TableRow()
        sheet.addElement(row)
        for cell in cells:
            row.addElement(_flat_cell(cell))
    return bytes(document.xml())


def _flat_cell(cell: Any) -> Any:
    if cell is None:
        return table.TableCell()
    if isinstance(cell, pd.Timestamp):
        return table.TableCell(valuetype="date", datevalue=cell.date().isoformat())
    if isinstance(cell, str):
        made = table.TableCell(valuetype="string")
        made.addElement(text.P(text=cell))
        return made
    return table.TableCell(valuetype="float", value=cell)


def _write_arrow(path: Path, opened: Callable[..., Any]) -> None:
    content = pa.Table.from_pandas(TOWNS)
    with path.open("wb") as sink, opened(sink, content.schema) as writer:
        writer.write_table(content)


def structured(folder: Path) -> None:
    """JSON and what is like it, settings, markup."""
    for extension in ("json5", "jsonc"):
        (folder / f"nested.{extension}").write_text(
            "// é\n" + json5.dumps(NESTED, quote_keys=extension == "jsonc")
        )
    (folder / "nested.cbor").write_bytes(cbor2.dumps(NESTED))
    for extension in ("msgpack", "mpk"):
        (folder / f"nested.{extension}").write_bytes(msgpack.packb(NESTED))
    (folder / "nested.plist").write_bytes(plistlib.dumps(NESTED))
    (folder / "binary.plist").write_bytes(plistlib.dumps(NESTED, fmt=plistlib.FMT_BINARY))
    (folder / "nested.webmanifest").write_text(json.dumps(NESTED))
    (folder / "visit.har").write_text(json.dumps({"log": {"entries": [{"request": {"url": "data:,é"}}]}}))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["load_file('é')"]}
    (folder / "work.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    RIVERS.to_json(folder / "lines.jl", orient="records", lines=True)
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_dict({"Station": {"Ville": "Orléans", "motif": "100 %(rien)s"}, "vide": {}})
    for extension in ("ini", "cfg", "desktop", "service"):
        with (folder / f"a.{extension}").open("w") as file:
            parser.write(file)
    (folder / "a.properties").write_text(javaproperties.dumps({"ville": "Orléans", "clé": "a=b"}))
    (folder / "a.env").touch()
    set_key(folder / "a.env", "VILLE", "Orléans")
    set_key(folder / "a.env", "REF", "${VILLE}")
    for extension in ("xsd", "xsl", "opml", "dae", "docbook", "fb2", "quakeml", "rss"):
        tag = {"dae": "COLLADA", "fb2": "FictionBook"}.get(extension, extension)
        tree = etree.Element(tag, version="1")
        etree.SubElement(tree, "ville").text = "Orléans"
        (folder / f"a.{extension}").write_bytes(etree.tostring(tree, xml_declaration=True, encoding="utf-8"))
    for extension in ("html", "htm", "xhtml"):
        page = f"<!DOCTYPE html><html><body><h1>é</h1>{RIVERS.to_html(index=False)}</body></html>"
        (folder / f"page.{extension}").write_text(page)


def arrays(folder: Path) -> None:
    """Grids, matrices, weights."""
    values = xarray.DataArray([[1.5, np.nan], [3.0, 4.0]], dims=("y", "x"), attrs={"unité": "°C"})
    for extension in ("nc", "nc4"):
        xarray.Dataset({"t": values}).to_netcdf(folder / f"grid.{extension}", engine="h5netcdf")
    for extension in ("nc", "cdf"):
        with scipy.io.netcdf_file(folder / f"classic.{extension}", "w") as file:
            file.createDimension("x", 2)
            made = file.createVariable("t", "f8", ("x",))
            made[:] = [1.5, 3.0]
            made.units = "K"
    with h5py.File(folder / "tree.he5", "w") as tree:
        tree["mesures/température"] = np.array([12.5, 0.0])
    sparse = scipy.sparse.coo_array(np.array([[0, 2.5, 0], [0, 0, -1]]))
    scipy.io.mmwrite(folder / "sparse.mtx", sparse)
    for extension in ("svmlight", "libsvm"):
        dump_svmlight_file([[0, 2.5], [1, 0]], [1, -1], str(folder / f"a.{extension}"), zero_based=False)
    weights = {"poids": np.array([[1, 2], [3, 4]], dtype="float32")}
    safetensors.numpy.save_file(weights, folder / "weights.safetensors")


def maps(folder: Path) -> None:
    """Geography, by GDAL and shapely."""
    drivers = {
        "fgb": "FlatGeobuf",
        "geojsonl": "GeoJSONSeq",
        "geojsons": "GeoJSONSeq",
        "gml": "GML",
        "jml": "JML",
    }
    for extension, driver in drivers.items():
        PLACES.to_file(folder / f"places.{extension}", driver=driver)
    topology = {
        "type": "Topology",
        "objects": {
            "villes": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Point", "coordinates": [1.9, 47.9], "properties": {"nom": "Orléans"}}
                ],
            }
        },
        "arcs": [],
    }
    (folder / "places.topojson").write_text(json.dumps(topology))
    PLACES.to_file(folder / "doc.kml", driver="KML")
    _zip(folder / "places.kmz", [folder / "doc.kml"])
    line = geopandas.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (2, 1)])])
    line.to_file(folder / "drawing.dxf", driver="DXF")
    shape = shapely.Polygon([(0, 0), (2, 0), (2, 1)])
    (folder / "one.wkt").write_text(shapely.to_wkt(shape, trim=True))
    (folder / "several.wkt").write_text("POINT (1 2)\nPOINT (3 4)\n")
    (folder / "one.wkb").write_bytes(shapely.to_wkb(shape))
    for driver, extension in (("ESRI Shapefile", "shp"), ("MapInfo File", "mif")):
        whole = folder / f"whole_{extension}"
        whole.mkdir()
        options = {"FORMAT": "MIF"} if extension == "mif" else {}
        PLACES.to_file(whole / f"villes.{extension}", driver=driver, **options)
        _zip(folder / f"whole_{extension}.zip", whole.iterdir())
    for path in (folder / "whole_shp").iterdir():
        copyfile(path, folder / path.name)


def graphs(folder: Path) -> None:
    """Graphs, by networkx."""
    rivers = nx.Graph([("Gard", "Rhône"), ("Gard", "Loire")])
    nx.write_graphml(rivers, folder / "g.graphml")
    nx.write_gexf(rivers, folder / "g.gexf")
    nx.write_gml(rivers, folder / "g.gml")
    nx.write_pajek(rivers, folder / "g.net")
    nx.write_adjlist(rivers, folder / "g.adjlist")
    nx.write_edgelist(rivers, folder / "g.edgelist")
    nx.write_graph6(nx.complete_graph(3), folder / "g.g6")
    nx.write_sparse6(nx.complete_graph(3), folder / "g.s6")


def pictures(folder: Path) -> None:
    """Images of every kind that Pillow writes."""
    red = Image.new("RGB", (4, 3), (255, 0, 0))
    lossless = "png apng gif webp bmp dib tif tiff avif dds im jp2 j2k j2c jpx ppm pnm pcx qoi sgi rgb"
    for extension in lossless.split():
        red.save(folder / f"red.{extension}", **({"lossless": True} if extension == "webp" else {}))
    for extension in ("jpg", "jpeg", "jpe", "jfif", "mpo"):
        red.save(folder / f"red.{extension}", quality=95)
    for extension in ("tga", "icb", "vda", "vst"):
        red.save(folder / f"red.{extension}", format="TGA")
    square = Image.new("RGBA", (16, 16), (255, 0, 0, 255))
    square.save(folder / "red.ico", sizes=[(16, 16)])
    square.resize((128, 128)).save(folder / "red.icns")
    Image.new("L", (5, 2), 7).save(folder / "grey.pgm")
    Image.new("L", (5, 2), 7).save(folder / "grey.bw", format="SGI")
    bits = Image.new("1", (8, 2), 1)
    for extension in ("pbm", "xbm", "msp"):
        bits.save(folder / f"bits.{extension}")
    Image.new("F", (2, 2), 0.5).save(folder / "grey.pfm", format="PPM")


def documents(folder: Path) -> None:
    """Documents, mail, calendars, references, subtitles."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - after the backend is chosen
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415 - the same

    with (
        PdfPages(folder / "words.pdf") as pages,
        mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}),
    ):
        for title in ("Orléans", "Température"):
            figure, axes = plt.subplots()
            axes.set_title(title)
            pages.savefig(figure)
            figure.savefig(folder / "plot.svg")
    document = Document()
    document.add_paragraph(WORDS)
    document.add_paragraph("")
    document.add_table(1, 2).cell(0, 1).text = "km"
    document.save(str(folder / "words.docx"))
    presentation = Presentation()
    for title in ("Orléans", "Nîmes"):
        presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = title
    presentation.save(str(folder / "words.pptx"))
    _open_documents(folder)
    message = EmailMessage()
    message["Subject"], message["To"] = "Été", "b@b.example"
    message.set_content(WORDS)
    (folder / "mail.eml").write_bytes(bytes(message))
    box = mailbox.mbox(folder / "mail.mbox")
    for subject in ("Été", "Hiver"):
        del message["Subject"]
        message["Subject"] = subject
        box.add(message)
    box.close()
    calendar = icalendar.Calendar()
    event = icalendar.Event.new(summary="Relevé à Orléans", start=datetime(2024, 2, 29, 12, tzinfo=UTC))
    calendar.add_component(event)
    (folder / "dates.ics").write_bytes(calendar.to_ical())
    with (folder / "books.ris").open("w") as file:
        rispy.dump([{"type_of_reference": "BOOK", "title": "Les fleuves", "year": "2024"}], file)
    film = pysubs2.SSAFile()
    film.append(pysubs2.SSAEvent(start=1000, end=2500, text="Orléans"))
    film.append(pysubs2.SSAEvent(start=3000, end=4000, text="Nîmes"))
    for extension in ("srt", "vtt", "ass", "ssa"):
        film.save(str(folder / f"film.{extension}"))


def _open_documents(folder: Path) -> None:
    letter = opendocument.OpenDocumentText()
    letter.text.addElement(text.H(outlinelevel=1, text="Orléans"))
    letter.text.addElement(text.P(text=WORDS))
    letter.save(str(folder / "words.odt"))
    slides = opendocument.OpenDocumentPresentation()
    layout = style.PageLayout(name="L")
    slides.automaticstyles.addElement(layout)
    master = style.MasterPage(name="M", pagelayoutname=layout)
    slides.masterstyles.addElement(master)
    page = Page(masterpagename=master)
    slides.presentation.addElement(page)
    for words in ("Orléans", WORDS):
        frame, box = Frame(width="5cm", height="2cm"), TextBox()
        page.addElement(frame)
        frame.addElement(box)
        box.addElement(text.P(text=words))
    slides.save(str(folder / "words.odp"))


def sound(folder: Path) -> None:
    """A tenth of a second of a tone, by libsndfile."""
    tone = (0.5 * np.sin(np.arange(800) * 2 * np.pi * 440 / 8000)).astype("float32")
    for extension in (
        "wav",
        "flac",
        "aiff",
        "aif",
        "au",
        "snd",
        "caf",
        "w64",
        "voc",
        "sph",
        "nist",
        "ogg",
        "oga",
    ):
        form = {"aif": "AIFF", "snd": "AU", "sph": "NIST", "oga": "OGG"}.get(extension, extension.upper())
        soundfile.write(folder / f"tone.{extension}", tone, 8000, format=form)
    soundfile.write(folder / "tone.mp3", tone, 8000, format="MP3")
    soundfile.write(folder / "tone.opus", tone, 8000, format="OGG", subtype="OPUS")


def archives(folder: Path) -> None:
    """Archives and wrappers."""
    inside = folder / "inside"
    (inside / "b").mkdir(parents=True)
    TOWNS.to_csv(inside / "towns.csv", index=False)
    RIVERS.to_csv(inside / "b" / "rivers.csv", index=False)
    for name in ("a.txt", "b.txt"):
        (inside / name).write_text("é")
    _zip(folder / "towns_csv.zip", [inside / "towns.csv"])
    _zip(folder / "with_readme.zip", [inside / "towns.csv", inside / "a.txt"])
    _zip(folder / "lib.whl", [inside / "a.txt", inside / "b.txt"])
    copyfile(folder / "lib.whl", folder / "lib.jar")
    names = ("towns.csv", "b/rivers.csv", "a.txt")
    with zipfile.ZipFile(folder / "several.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(inside / name, name)
    for name, mode in (
        ("tar", "w"),
        ("tgz", "w:gz"),
        ("tar.gz", "w:gz"),
        ("tar.xz", "w:xz"),
        ("tar.bz2", "w:bz2"),
    ):
        with tarfile.open(folder / f"several.{name}", mode) as tar:  # type: ignore[call-overload]
            for each in names:
                tar.add(inside / each, each)
    _compress(folder / "several.tar", folder / "several.tar.zst", "zstd")
    TOWNS.to_csv(folder / "towns.csv", index=False)
    for extension, codec in (("zst", "zstd"), ("lz4", "lz4"), ("br", "brotli")):
        _compress(folder / "towns.csv", folder / f"towns.csv.{extension}", codec)
    (folder / "towns.csv.xz").write_bytes(lzma.compress((folder / "towns.csv").read_bytes()))
    (folder / "towns.csv.bz2").write_bytes(bz2.compress((folder / "towns.csv").read_bytes()))
    _compress(folder / "towns.pq", folder / "towns.parquet.zst", "zstd")
    _compress(folder / "towns.db3", folder / "towns.sqlite.lz4", "lz4")
    TOWNS.to_json(inside / "towns.json", orient="records", force_ascii=False)
    _compress(inside / "towns.json", folder / "towns.json.br", "brotli")
    (folder / "towns.xlsx.gz").write_bytes(gzip.compress((folder / "towns.xlsx").read_bytes()))
    (folder / "hidden_parquet.gz").write_bytes(gzip.compress((folder / "towns.pq").read_bytes()))


def fonts_and_words(folder: Path) -> None:
    """Fonts, and text by any name."""
    shipped = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    copyfile(shipped, folder / "face.ttf")
    font = TTFont(shipped)
    collection = TTCollection()
    collection.fonts = [font]
    collection.save(folder / "face.ttc")
    font = TTFont(shipped)
    font.flavor = "woff"
    font.save(folder / "face.woff")
    _compact_font(folder / "face.otf")
    names = "adoc asciidoc org textile mediawiki man tex rst md markdown diff patch pem asc text conf wiki"
    for extension in names.split():
        (folder / f"gruß.{extension}").write_text(WORDS, encoding="utf-8")


def encodings(folder: Path) -> None:
    """Tables in encodings that are not Unicode's, and source code."""
    for name, encoding, header, words in (
        ("sjis", "cp932", "都市", ("東京都", "大阪府", "名古屋")),
        ("gb18030", "gb18030", "城市", ("北京市", "上海市", "广州市")),
        ("big5", "big5", "城市", ("臺北市", "高雄市", "新竹縣")),
        ("koi8", "koi8-r", "Город", ("Москва", "Волгоград", "Казань")),
        ("cp1251", "cp1251", "Город", ("Москва", "Волгоград", "Казань")),
        ("latin", "cp1252", "Été", ("Orléans", "Nîmes", "Besançon")),
    ):
        table_of_words = pd.DataFrame({header: words * 10, "n": [1.5, 2.5, 3.5] * 10})
        table_of_words.to_csv(folder / f"{name}.csv", index=False, encoding=encoding)
    for extension in CODE:
        (folder / f"source{extension}").write_text("x = 'é'  # 1\n", encoding="utf-8")


def copies(folder: Path) -> None:
    """The same files by their other extensions."""
    for source, name in (
        ("towns.xpt", "towns.xport"),
        ("genes.gff", "genes.gff2"),
        ("towns.pq", "towns.parq"),
        ("grid.nc4", "grid.netcdf"),
        ("dates.ics", "dates.ical"),
        ("words.docx", "words.docm"),
        ("words.pptx", "words.pptm"),
        ("tone.aiff", "tone.aifc"),
        ("places.geojsonl", "places.geojsonseq"),
        ("a.xsl", "a.xslt"),
        ("a.rss", "a.atom"),
    ):
        copyfile(folder / source, folder / name)


def _compact_font(path: Path) -> None:
    from fontTools.pens.t2CharStringPen import T2CharStringPen  # noqa: PLC0415 - only here

    builder = FontBuilder(1000, isTTF=False)
    names = [".notdef", "A", "B"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({65: "A", 66: "B"})
    outline = T2CharStringPen(600, None).getCharString()
    builder.setupCFF("Face", {}, dict.fromkeys(names, outline), {})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader()
    builder.setupNameTable({"familyName": "Face", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def _zip(path: Path, members: Iterable[Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.write(member, member.name)


def _compress(source: Path, target: Path, codec: str) -> None:
    with pa.CompressedOutputStream(str(target), codec) as stream:
        stream.write(source.read_bytes())


def main() -> None:
    """Fill the folder."""
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore")  # of writers about accents, and such
    for name in ("flowers.arff", "words.rtf"):
        copyfile(FIXTURES / name, folder / name)
    for produce in (
        tables,
        structured,
        arrays,
        maps,
        graphs,
        pictures,
        documents,
        sound,
        archives,
        fonts_and_words,
        encodings,
        copies,
    ):
        produce(folder)


if __name__ == "__main__":
    main()
