"""Applications as documents: PDF, DOCX, ODT and TXT to plain text."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from data.confined import confined
from data.errors import LimitError, UserError, reason
from data.plain_file import check_file
from data.tables import MAX_UNPACKED, check_zip, decode

SUFFIXES = (".pdf", ".docx", ".odt", ".txt", ".md")
MAX_BYTES = 20_000_000
MAX_PAGES = 500
MAX_TAGS = 2_000_000  # of a DOCX or ODT; five hundred pages have some hundred thousand
MAX_PDF_SECONDS = 20  # of computing, for all pages of a PDF
MAX_PDF_PAGE_BYTES = 5_000_000  # of drawing commands, unpacked
_ODT_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ODT_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_ODT_PARAGRAPHS = (f"{_ODT_TEXT}p", f"{_ODT_TEXT}h")
_ODT_BREAKS = {f"{_ODT_TEXT}line-break": "\n", f"{_ODT_TEXT}tab": "\t"}
_ODT_SKIPPED = (f"{_ODT_TEXT}tracked-changes", "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}annotation")
_DOCX = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DOCX_BREAKS = {f"{_DOCX}tab": "\t", f"{_DOCX}br": "\n", f"{_DOCX}cr": "\n"}
_DOCX_HOLDERS = {f"{_DOCX}{name}" for name in ("tbl", "sdt", "sdtContent", "ins", "moveTo", "customXml")}
_DOCX_SKIPPED = {f"{_DOCX}{name}" for name in ("pPr", "rPr", "del", "moveFrom")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same again for old programs
}


def read_document(
    path: Path, max_bytes: int = MAX_BYTES, max_pages: int = MAX_PAGES, max_unpacked: int = MAX_UNPACKED
) -> str:
    """The text of a document, paragraphs separated by line breaks, pages of a PDF by a form feed.

    Raises:
        UserError: missing, unknown format, damaged, encrypted or without text; LimitError: too large.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"«{path.name}»: gelesen werden {', '.join(SUFFIXES)}, gefunden wurde {path.suffix!r}.")
    check_file(path, max_bytes)
    try:
        limit = max_pages if path.suffix.lower() == ".pdf" else max_unpacked
        text: str = reader(path, limit) if reader is _read_text else confined(reader, path, limit)
    except OSError as error:
        raise UserError(f"Die Datei «{path}» lässt sich nicht lesen ({reason(error)}).") from error
    if not text.strip():
        raise UserError(
            f"«{path.name}» enthält keinen lesbaren Text (vielleicht ein Scan?); bitte den Text selbst einfügen."
        )
    return text


def _read_pdf(path: Path, max_pages: int) -> str:
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings are not for the user
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UserError(f"«{path.name}» ist mit einem Kennwort geschützt; bitte ohne Kennwort speichern.")
        pages = len(reader.pages)
        if pages > max_pages:
            raise LimitError(f"«{path.name}» hat {pages} Seiten, erlaubt sind {max_pages}; bitte kürzen.")
        return "\f".join(_pdf_texts(path.name, reader))
    except UserError:
        raise
    # A damaged PDF surfaces in pypdf as almost any exception, a missing crypto library as another.
    except (
        PyPdfError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        RecursionError,
        ImportError,
        NotImplementedError,
        AssertionError,
    ) as error:
        raise UserError(
            f"«{path.name}» lässt sich nicht als PDF lesen ({type(error).__name__}); bitte neu speichern."
        ) from error


def _pdf_texts(name: str, reader: Any) -> Iterator[str]:
    """The text of each page, as long as drawing them all does not take too long."""
    until = time.thread_time() + MAX_PDF_SECONDS

    def watch(*_: Any) -> None:
        if time.thread_time() > until:
            raise LimitError(
                f"«{name}» ist zu aufwendig gezeichnet, um gelesen zu werden; bitte den Text selbst einfügen."
            )

    for page in reader.pages:
        contents = page.get_contents()
        watch()
        if contents is not None and len(contents.get_data()) > MAX_PDF_PAGE_BYTES:
            raise LimitError(
                f"«{name}» hat eine Seite mit mehr als {MAX_PDF_PAGE_BYTES // 1_000_000} MB Zeichenbefehlen; bitte den Text "
                "selbst einfügen."
            )
        yield page.extract_text(visitor_operand_before=watch)


def _read_docx(path: Path, max_unpacked: int) -> str:
    from docx import Document

    check_zip(path, max_unpacked, MAX_TAGS)
    try:
        return "\n".join(_docx_blocks(Document(str(path)).element.body))
    # A damaged archive surfaces in zipfile, zlib, lxml and python-docx as almost any exception.
    except Exception as error:
        raise UserError(f"«{path.name}» lässt sich nicht als Word-Datei (.docx) lesen; bitte neu speichern.") from error


def _docx_blocks(parent: Any) -> Iterator[str]:
    """Paragraphs and rows of tables in order; content controls and insertions are looked into, text boxes follow the
    paragraph that holds them."""
    for element in parent:
        if element.tag == f"{_DOCX}p":
            boxes: list[str] = []
            yield _docx_text(element, boxes)
            yield from boxes
        elif element.tag == f"{_DOCX}tr":
            cells = (
                child for child in element.iter(f"{_DOCX}tc") if next(child.iterancestors(f"{_DOCX}tr")) is element
            )
            texts = ["\n".join(_docx_blocks(cell)) for cell in cells if not _continues(cell)]
            if texts:
                yield ": ".join(texts)
        elif element.tag in _DOCX_HOLDERS:
            yield from _docx_blocks(element)


def _continues(cell: Any) -> bool:
    """True for a cell that only continues the merged one above it."""
    merges = cell.findall(f"{_DOCX}tcPr/{_DOCX}vMerge")
    return any(merge.get(f"{_DOCX}val", "continue") == "continue" for merge in merges)


def _docx_text(element: Any, boxes: list[str]) -> str:
    """Text of the runs, content controls and links of a paragraph; what its text boxes hold goes to `boxes`."""
    parts = []
    for child in element:
        if child.tag == f"{_DOCX}t":
            parts.append(child.text or "")
        elif child.tag in _DOCX_BREAKS:
            parts.append(_DOCX_BREAKS[child.tag])
        elif child.tag == f"{_DOCX}txbxContent":
            boxes.extend(_docx_blocks(child))
        elif child.tag not in _DOCX_SKIPPED:
            parts.append(_docx_text(child, boxes))
    return "".join(parts)


def _read_odt(path: Path, max_unpacked: int) -> str:
    check_zip(path, max_unpacked, MAX_TAGS)
    try:
        with zipfile.ZipFile(path) as archive:
            root = ElementTree.fromstring(archive.read("content.xml"))
        return "\n".join(_odt_paragraphs(root))
    # A damaged archive surfaces in zipfile, zlib and the parser as almost any exception.
    except Exception as error:
        raise UserError(
            f"«{path.name}» lässt sich nicht als OpenDocument-Text (.odt) lesen; bitte neu speichern."
        ) from error


def _odt_paragraphs(parent: ElementTree.Element) -> Iterator[str]:
    """Paragraphs in order, those of text frames after the one that holds the frame."""
    for element in parent:
        if element.tag in _ODT_SKIPPED:
            continue
        if element.tag in _ODT_PARAGRAPHS:
            frames: list[str] = []
            yield _odt_text(element, frames)
            yield from frames
        else:
            yield from _odt_paragraphs(element)


def _odt_text(element: ElementTree.Element, frames: list[str]) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == f"{_ODT_TEXT}s":
            parts.append(" " * min(int(child.get(f"{_ODT_TEXT}c", "1")), 1000))
        elif child.tag in _ODT_BREAKS:
            parts.append(_ODT_BREAKS[child.tag])
        elif child.tag == f"{_ODT_DRAW}frame":
            frames.extend(_odt_paragraphs(child))
        elif child.tag not in _ODT_SKIPPED:
            parts.append(_odt_text(child, frames))
        parts.append(child.tail or "")
    return "".join(parts)


def _read_text(path: Path, _: int) -> str:
    text = decode(path.read_bytes())
    controls = sum(ord(letter) < 32 and letter not in "\t\n\r\f\v" for letter in text)
    if "\0" in text or controls * 20 > len(text):
        raise UserError(f"«{path.name}» ist keine Textdatei; bitte als {', '.join(SUFFIXES)} speichern.")
    return text


_READERS: dict[str, Callable[[Path, int], str]] = {
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".odt": _read_odt,
    ".txt": _read_text,
    ".md": _read_text,
}
