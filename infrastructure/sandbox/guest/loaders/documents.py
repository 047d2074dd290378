"""Documents: their words, and objects to look further."""

from typing import Any

from loaders.errors import LoadFileError, refuse
from loaders.protection import refuse_protected
from loaders.registry import Options
from loaders.source import Source


def load_pdf(source: Source, options: Options) -> list[str]:
    """Return the text of each page; scripts and forms in it are never run."""
    import pypdfium2  # noqa: PLC0415 - dear to import

    password = options.pop("password", None)
    refuse(options)
    try:
        document = pypdfium2.PdfDocument(source.read(), password=password)
    except pypdfium2.PdfiumError as error:
        if error.err_code != pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise
        how = "load_file(…, password='…') opens it" if password is None else "it is not this one"
        msg = f"{source.filename!r} is protected by a password: {how}."
        raise LoadFileError(msg) from None
    try:
        return [_page_text(page) for page in document]
    finally:
        document.close()


def load_docx(source: Source, options: Options) -> Any:
    """Return the document; its paragraphs and tables are `paragraphs` and `tables`."""
    import docx  # noqa: PLC0415 - dear to import

    refuse(options)
    refuse_protected(source)
    return docx.Document(source.open())


def load_pptx(source: Source, options: Options) -> Any:
    """Return the presentation; its slides are `slides`."""
    import pptx  # noqa: PLC0415 - dear to import

    refuse(options)
    refuse_protected(source)
    return pptx.Presentation(source.open())


def load_odt(source: Source, options: Options) -> str:
    """Return the words of an OpenDocument text or presentation, a paragraph a line."""
    from odf import opendocument, teletype, text  # noqa: PLC0415 - dear to import

    refuse(options)
    refuse_protected(source)
    document = opendocument.load(source.open())
    parts = [node for kind in (text.H, text.P) for node in document.getElementsByType(kind)]
    order = {id(node): place for place, node in enumerate(_nodes(document.body))}
    return "\n".join(teletype.extractText(node) for node in sorted(parts, key=lambda node: order[id(node)]))


def load_rtf(source: Source, options: Options) -> str:
    """Return the words."""
    from striprtf.striprtf import rtf_to_text  # noqa: PLC0415 - rarely needed

    refuse(options)
    return str(rtf_to_text(source.read().decode("cp1252", errors="replace")))


def load_epub(source: Source, options: Options) -> dict[str, str]:
    """Return the words of each chapter, by the chapter's name."""
    refuse(options)
    import ebooklib  # noqa: PLC0415 - it comes as a package
    from bs4 import BeautifulSoup  # noqa: PLC0415 - the same
    from ebooklib import epub  # noqa: PLC0415 - the same

    with source.path(".epub") as path:
        book = epub.read_epub(path, {"ignore_ncx": True})
        chapters = book.get_items_of_type(ebooklib.ITEM_DOCUMENT)
        return {
            each.get_name(): BeautifulSoup(each.get_content(), "lxml").get_text("\n", strip=True)
            for each in chapters
        }


def _page_text(page: Any) -> str:
    text_page = page.get_textpage()
    try:
        return str(text_page.get_text_bounded()).replace("\r\n", "\n")
    finally:
        text_page.close()
        page.close()


def _nodes(node: Any) -> Any:
    yield node
    for child in getattr(node, "childNodes", ()):
        yield from _nodes(child)
