"""The parsers by name, each as a function of bytes; fed by hypothesis (test_parsers.py) and by atheris (fuzz.py)."""

from __future__ import annotations

import contextlib
import io
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from fakes import unconfined

from app.settings import load_settings
from data.catalogue import parse_catalogue
from data.documents import read_document
from data.errors import UserError
from data.labelled import load_labelled
from data.strict_yaml import load_bytes
from data.tables import decode, read_projects
from index.passages import read

CELLS = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
CONTENT = '<a xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">{}</a>'


def parse(name: str, raw: bytes) -> None:
    """Give the parser of this name the bytes; a UserError is an answer, anything else is raised."""
    with contextlib.suppress(UserError), unconfined():
        PARSERS[name](raw)


def archive(name: str, content: bytes, others: dict[str, bytes] | None = None) -> bytes:
    """A zip archive in which one part has this content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for part, kept in {**(others or {}), name: content}.items():
            packed.writestr(part, kept)
    return stream.getvalue()


@cache
def workbook() -> dict[str, bytes]:
    """The parts of a small workbook."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet().write_row(0, 0, ["id", "text"])
    return _parts(stream)


@cache
def word() -> dict[str, bytes]:
    """The parts of an empty Word file."""
    from docx import Document

    stream = io.BytesIO()
    Document().save(stream)
    return _parts(stream)


def _parts(stream: io.BytesIO) -> dict[str, bytes]:
    with zipfile.ZipFile(stream) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _file(suffix: str, reader: Callable[[Path], object]) -> Callable[[bytes], object]:
    def parsed(raw: bytes) -> object:
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(raw)
            file.flush()
            return reader(Path(file.name))

    return parsed


def _framed(frame: str, raw: bytes) -> bytes:
    before, after = frame.split("{}")
    return before.encode() + raw + after.encode()


def _passages(raw: bytes) -> None:
    text = decode(raw)
    reading = read(text)
    for part in (*reading.passages, *reading.ignored):
        assert text[part.start : part.end] == part.text


_XLSX, _DOCX, _ODT = _file(".xlsx", read_projects), _file(".docx", read_document), _file(".odt", read_document)
PARSERS: dict[str, Callable[[bytes], object]] = {
    "table-csv": _file(".csv", read_projects),
    "table-jsonl": _file(".jsonl", read_projects),
    "table-xlsx": lambda raw: _XLSX(archive("xl/worksheets/sheet1.xml", _framed(CELLS, raw), workbook())),
    "document-pdf": _file(".pdf", read_document),
    "document-docx": lambda raw: _DOCX(archive("word/document.xml", _framed(BODY, raw), word())),
    "document-odt": lambda raw: _ODT(archive("content.xml", _framed(CONTENT, raw))),
    "document-txt": _file(".txt", read_document),
    "yaml": lambda raw: load_bytes(raw, "a.yaml"),
    "settings": _file(".yaml", load_settings),
    "catalogue": lambda raw: parse_catalogue(raw, "a.yaml"),
    "labelled": _file(".jsonl", load_labelled),
    "passages": _passages,
}
