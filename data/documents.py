"""Applications as documents: PDF, DOCX, ODT and TXT to plain text."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from data.errors import LimitError, UserError
from data.tables import MAX_UNPACKED, check_zip, decode

SUFFIXES = (".pdf", ".docx", ".odt", ".txt", ".md")
MAX_BYTES = 20_000_000
MAX_PAGES = 500
_ODT_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


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
    if not path.is_file():
        raise UserError(f"Die Datei «{path}» gibt es nicht; bitte den Pfad prüfen.")
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise LimitError(f"«{path.name}» hat {size / 1e6:.1f} MB, erlaubt sind {max_bytes / 1e6:.0f} MB.")
        text = reader(path, max_pages if path.suffix.lower() == ".pdf" else max_unpacked)
    except OSError as error:
        raise UserError(
            f"Die Datei «{path}» lässt sich nicht lesen ({error.strerror or type(error).__name__})."
        ) from error
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
        return "\f".join(page.extract_text() for page in reader.pages)
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


def _read_docx(path: Path, max_unpacked: int) -> str:
    from docx import Document
    from docx.opc.exceptions import OpcError
    from docx.table import Table

    check_zip(path, max_unpacked)
    try:
        blocks = Document(str(path)).iter_inner_content()
        return "\n".join(_table_text(block) if isinstance(block, Table) else block.text for block in blocks)
    except (OpcError, KeyError, ValueError, zipfile.BadZipFile, SyntaxError) as error:
        raise UserError(f"«{path.name}» lässt sich nicht als Word-Datei (.docx) lesen; bitte neu speichern.") from error


def _table_text(table: object) -> str:
    return "\n".join(": ".join(cell.text for cell in row.cells) for row in table.rows)  # type: ignore[attr-defined]


def _read_odt(path: Path, max_unpacked: int) -> str:
    check_zip(path, max_unpacked)
    try:
        with zipfile.ZipFile(path) as archive:
            root = ElementTree.fromstring(archive.read("content.xml"))
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise UserError(
            f"«{path.name}» lässt sich nicht als OpenDocument-Text (.odt) lesen; bitte neu speichern."
        ) from error
    return "\n".join(_odt_paragraphs(root))


def _odt_paragraphs(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        if element.tag in (f"{_ODT_TEXT}p", f"{_ODT_TEXT}h"):
            yield "".join(element.itertext())


def _read_text(path: Path, _: int) -> str:
    return decode(path.read_bytes())


_READERS: dict[str, Callable[[Path, int], str]] = {
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".odt": _read_odt,
    ".txt": _read_text,
    ".md": _read_text,
}
