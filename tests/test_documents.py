from __future__ import annotations

import contextlib
import random
import zipfile
from pathlib import Path

import pytest
from docx import Document
from fakes import unconfined
from pypdf import PdfWriter

from data.documents import read_document
from data.errors import LimitError, UserError

ODT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
    "<text:h>Radweg</text:h><text:p>Am <text:span>Kanal</text:span></text:p>"
    "</office:text></office:body></office:document-content>"
)


def pdf_with(text: str, path: Path, pages: int = 1, password: str | None = None) -> Path:
    """A PDF with one line of text on every page, written by hand: pypdf has no way to draw text."""
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    for _ in range(pages):
        page = writer.add_blank_page(300, 300)
        stream = DecodedStreamObject()
        stream.set_data(b"BT /F1 12 Tf 20 200 Td (" + text.encode("cp1252") + b") Tj ET")
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(path)
    return path


def odt(path: Path, content: str = ODT) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", content)
    return path


def test_pdf_pages_are_joined_by_a_form_feed(tmp_path: Path) -> None:
    text = read_document(pdf_with("Neue Fahrradbügel für Schüler", tmp_path / "a.pdf", pages=2))
    assert text.split("\f") == ["Neue Fahrradbügel für Schüler"] * 2


def test_docx_paragraphs_and_tables_keep_their_order(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("Radweg am Kanal")
    row = document.add_table(rows=1, cols=2).rows[0]
    row.cells[0].text, row.cells[1].text = "Kosten", "5.000 Euro"
    document.add_paragraph("Danke")
    document.save(str(tmp_path / "a.docx"))
    assert read_document(tmp_path / "a.docx") == "Radweg am Kanal\nKosten: 5.000 Euro\nDanke"


def test_odt_headings_and_paragraphs(tmp_path: Path) -> None:
    assert read_document(odt(tmp_path / "a.odt")) == "Radweg\nAm Kanal"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_plain_text_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("Grüne Höfe".encode(encoding))
    assert read_document(tmp_path / "a.txt") == "Grüne Höfe"


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.odt"])
@pytest.mark.parametrize("raw", [b"", b"nichts davon", b"%PDF-1.7\n%%EOF", b"PK\x03\x04kaputt"])
def test_a_damaged_document_is_refused(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(UserError, match=name):
        read_document(tmp_path / name)


def test_a_locked_pdf_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Kennwort"):
        read_document(pdf_with("geheim", tmp_path / "a.pdf", password="x"))


def test_limits_on_bytes_pages_and_unpacked_size(tmp_path: Path) -> None:
    path = pdf_with("x", tmp_path / "a.pdf", pages=3)
    with pytest.raises(LimitError, match="3 Seiten, erlaubt sind 2"):
        read_document(path, max_pages=2)
    with pytest.raises(LimitError, match="erlaubt sind 10 Bytes"):
        read_document(path, max_bytes=10)
    with pytest.raises(LimitError, match="entpackt"):
        read_document(odt(tmp_path / "a.odt", "<a>" + " " * 2_000_000 + "</a>"), max_unpacked=1_000_000)


def test_an_entity_bomb_in_an_odt_is_refused(tmp_path: Path) -> None:
    bomb = "<!DOCTYPE b [<!ENTITY a0 'xxxxxxxxxx'>" + "".join(
        f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)
    )
    with pytest.raises(UserError):
        read_document(odt(tmp_path / "a.odt", bomb + "]><b>&a9;</b>"))


def test_unknown_formats_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'\.exe'"):
        read_document(tmp_path / "a.exe")
    with pytest.raises(UserError, match="gibt es nicht"):
        read_document(tmp_path / "a.pdf")


def test_odt_breaks_count_deleted_text_does_not(tmp_path: Path) -> None:
    content = ODT.replace(
        "<text:h>", "<text:tracked-changes><text:p>weg</text:p></text:tracked-changes><text:h>"
    ).replace("Am ", 'Am<text:line-break/>a<text:tab/>b<text:s text:c="2"/>')
    assert read_document(odt(tmp_path / "a.odt", content)) == "Radweg\nAm\na\tb  Kanal"


def test_docx_content_controls_are_read_and_merged_cells_once(tmp_path: Path) -> None:
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document = Document()
    inner = "<w:sdtContent><w:p><w:r><w:t>Feld</w:t><w:tab/><w:t>Wert</w:t></w:r></w:p></w:sdtContent>"
    document.element.body.insert(0, parse_xml(f"<w:sdt {space}>{inner}</w:sdt>"))
    row = document.add_table(rows=1, cols=2).rows[0]
    row.cells[0].merge(row.cells[1]).text = "Kosten"
    document.save(str(tmp_path / "a.docx"))
    assert read_document(tmp_path / "a.docx") == "Feld\tWert\nKosten"


@pytest.mark.parametrize("name", ["a.odt", "a.docx"])
def test_no_damage_ends_in_another_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.odt":
        odt(path)
    else:
        Document().save(str(path))
    whole, dice = path.read_bytes(), random.Random(7)
    for _ in range(30):
        raw = bytearray(whole)
        for _ in range(3):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        path.write_bytes(raw)
        with unconfined(), contextlib.suppress(UserError):
            read_document(path)


def test_a_binary_file_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\x7fELF\0\0")
    with pytest.raises(UserError, match="keine Textdatei"):
        read_document(tmp_path / "a.txt")
