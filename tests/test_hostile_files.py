"""Files that were made to hang, to fill the memory or to end the process: each ends in one German sentence, at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from docx import Document
from docx.oxml import parse_xml
from fakes import unconfined
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from app.settings import load_settings
from data.catalogue import load_catalogue, parse_catalogue
from data.documents import read_document
from data.errors import LimitError, UserError
from data.labelled import load_labelled
from data.strict_yaml import load_file
from data.tables import read_projects

CHECKOUT = Path(__file__).parents[1]
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>text</t></is></c></row>'
)
READERS: list[tuple[str, Callable[[Path], object]]] = [
    *((f"a{suffix}", read_projects) for suffix in (".csv", ".xlsx", ".jsonl")),
    *((f"a{suffix}", read_document) for suffix in (".pdf", ".docx", ".odt", ".txt")),
    ("a.yaml", load_file),
    ("a.yaml", load_settings),
    ("a.yaml", load_catalogue),
    ("a.jsonl", load_labelled),
]
# Runs in a process of its own: reads the file, then writes seconds, growth of the peak in MB, and how it ended.
PROBE = """
import sys, time
from pathlib import Path
import data.tables, data.documents, python_calamine, docx, pypdf
from data.errors import LimitError
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
read = {".csv": data.tables.read_projects, ".xlsx": data.tables.read_projects, ".jsonl": data.tables.read_projects}
path, before, start, end = Path(sys.argv[1]), peak(), time.process_time(), "gelesen"
try:
    read.get(path.suffix, data.documents.read_document)(path)
except LimitError as error:
    end = str(error)
print(time.process_time() - start, peak() - before, end, sep="\\n")
"""


def workbook(path: Path, cells: str) -> Path:
    """A workbook whose one sheet has these rows, written as they are."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet()
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/worksheets/sheet1.xml"] = (
        f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()
    )
    return packed(path, parts)


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def word(path: Path, body: str) -> Path:
    """A Word file with this body."""
    space = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    document = Document()
    for element in reversed(list(parse_xml(f"<w:body {space}>{body}</w:body>"))):
        document.element.body.insert(0, element)
    document.save(str(path))
    return path


def line(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize(("name", "read"), READERS, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "circle"])
def test_only_plain_files_are_opened(tmp_path: Path, name: str, read: Callable[[Path], object], kind: str) -> None:
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    with pytest.raises(UserError, match=r"a\.\w+"):
        read(path)


@pytest.mark.parametrize(("name", "read"), READERS, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("stem", ["x\0", "x" * 5000, "~niemand/x"], ids=["NUL", "long", "tilde"])
def test_names_that_cannot_be_are_named(stem: str, name: str, read: Callable[[Path], object]) -> None:
    with pytest.raises(UserError):
        read(Path("/tmp") / f"{stem}{Path(name).suffix}")
    with pytest.raises(UserError):
        read(Path(f"{stem}{Path(name).suffix}"))


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 300)),
        '<row r="2"><c t="n"\n r = \'ZZZZZZZZZ99999999999\' ><v>1</v></c></row>',
        '<row r="1048576">' + "<c><v>1</v></c>" * 9 + "</row>",
        '<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:c r="xfd1048576"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_a_sheet_that_spans_too_much_is_refused_before_it_is_laid_out(tmp_path: Path, cells: str) -> None:
    with pytest.raises(LimitError, match=r"mehr als 3\.000\.000 Zellen"):
        read_projects(workbook(tmp_path / "a.xlsx", HEADER + cells))


def test_formatted_empty_cells_and_a_formula_with_a_link_elsewhere_are_no_obstacle(tmp_path: Path) -> None:
    far = '<row r="1048576" ht="12.8"><c r="A1048576" s="0"/><c r="XFD1048576"/><c s="0" r="B1048576"/></row>'
    told = '<row r="2"><c r="B2" t="str"><f>[1]Tabelle!A1</f><v>Radweg</v></c></row>'
    path = workbook(tmp_path / "a.xlsx", HEADER + told + far)
    assert [project.text for project in read_projects(path).projects] == ["Radweg"]


def test_a_fault_inside_the_reader_of_workbooks_is_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})  # what PyO3 raises for a panic, which is no Exception

    class Reader:
        @staticmethod
        def from_path(_: str) -> None:
            raise panic("capacity overflow")

    monkeypatch.setattr("python_calamine.CalamineWorkbook", Reader)
    with unconfined(), pytest.raises(UserError, match="lässt sich nicht als Excel-Datei"):
        read_projects(workbook(tmp_path / "a.xlsx", HEADER))


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("viele-spalten.csv", b"text" + b";x" * 2_000 + b"\n1\n"),
        ("viele-felder.jsonl", b"".join(b'{"text":"a","k%d":1}\n' % n for n in range(1_500))),
        ("viele-trenner.csv", b"text\n" + (b";" * 200 + b"x\n") * 20_000),
    ],
)
def test_columns_and_cells_are_limited(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(LimitError, match=r"Spalten|Zellen"):
        read_projects(tmp_path / name)


def oversized(folder: Path) -> dict[str, Path]:
    """Inputs beyond a limit, by what is too much of them."""

    def written(name: str, raw: bytes) -> Path:
        (folder / name).write_bytes(raw)
        return folder / name

    with (folder / "bytes.csv").open("wb") as stream:
        stream.truncate(2_000_000_000)
    with (folder / "bytes.txt").open("wb") as stream:
        stream.truncate(2_000_000_000)
    return {
        "Bytes einer Tabelle": folder / "bytes.csv",
        "Bytes eines Dokuments": folder / "bytes.txt",
        "Zeilen": written("zeilen.csv", b"text\n" + b"x\n" * 150_000),
        "Spalten": written("spalten.csv", b";" * 10_000_000 + b"\n1;2\n"),
        "Zellen CSV": written("zellen.csv", b"text\n" + (b";" * 200 + b"x\n") * 100_000),
        "Zellen XLSX": workbook(folder / "zellen.xlsx", HEADER + '<row r="9"><c r="XFD1048576"><v>1</v></c></row>'),
        "entpackt XLSX": packed(folder / "bombe.xlsx", {"xl/workbook.xml": b"0" * 60_000_000}),
        "entpackt DOCX": packed(folder / "bombe.docx", {"word/document.xml": b"0" * 60_000_000}),
        "Auszeichnungen ODT": packed(folder / "viele.odt", {"content.xml": b"<a>" + b"<b/>" * 10_000_000 + b"</a>"}),
        "Auszeichnungen DOCX": packed(folder / "viele.docx", {"word/document.xml": b"<w:p/>" * 7_000_000}),
        "entpackt ODT": packed(folder / "bombe.odt", {"content.xml": b"0" * 60_000_000}),
    }


@pytest.mark.slow
def test_input_over_a_limit_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    for name, path in oversized(tmp_path).items():
        command = [sys.executable, "-c", PROBE, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        seconds, growth, end = done.stdout.splitlines()
        print(f"{name}: {float(seconds):.3f} s, {float(growth):.1f} MB: {end}")
        assert "erlaubt sind" in end or "mehr als" in end, (name, end)
        assert float(seconds) < 0.5 and float(growth) < 100, (name, done.stdout)


def lying(path: Path, name: str, crc: int | None) -> Path:
    """An archive whose directory says that the part of this name has 100 bytes, with the checksum of these or of all."""
    raw, at = bytearray(path.read_bytes()), 0
    while (at := raw.find(b"PK\x01\x02", at)) >= 0:
        length = int.from_bytes(raw[at + 28 : at + 30], "little")
        if raw[at + 46 : at + 46 + length].decode() == name:
            raw[at + 24 : at + 28] = (100).to_bytes(4, "little")
            raw[at + 16 : at + 20] = crc.to_bytes(4, "little") if crc is not None else raw[at + 16 : at + 20]
        at += 4
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("name", "part"), [("a.docx", "word/document.xml"), ("a.odt", "content.xml"), ("a.xlsx", "x.xml")]
)
@pytest.mark.parametrize("crc", [None, zlib.crc32(b" " * 100)])
def test_an_archive_that_lies_about_its_size_is_not_unpacked(
    tmp_path: Path, name: str, part: str, crc: int | None
) -> None:
    path = lying(packed(tmp_path / name, {part: b" " * 60_000_000}), part, crc)
    tracemalloc.start()
    with unconfined(), pytest.raises(UserError, match="beschädigt"):
        (read_projects if name.endswith("xlsx") else read_document)(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def pdf(path: Path, commands: bytes) -> Path:
    """A PDF of one page with these drawing commands."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    stream = DecodedStreamObject()
    stream.set_data(commands)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    name = NameObject
    font = DictionaryObject(
        {name("/Type"): name("/Font"), name("/Subtype"): name("/Type1"), name("/BaseFont"): name("/Helvetica")}
    )
    page[name("/Resources")] = DictionaryObject({name("/Font"): DictionaryObject({name("/F1"): font})})
    writer.write(path)
    return path


def test_a_pdf_that_takes_too_long_to_draw_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pdf(tmp_path / "a.pdf", b"BT (x) Tj ET " * 500_000)
    with pytest.raises(LimitError, match="5 MB Zeichenbefehlen"):
        read_document(path)
    monkeypatch.setattr("data.documents.MAX_PDF_SECONDS", 0.05)
    with unconfined(), pytest.raises(LimitError, match="zu aufwendig gezeichnet"):
        read_document(pdf(tmp_path / "a.pdf", b"BT /F1 9 Tf (x) Tj ET " * 5_000))


def test_text_boxes_and_insertions_of_word_are_read_and_deletions_are_not(tmp_path: Path) -> None:
    box = f"<w:pict><v:textbox><w:txbxContent>{line('Kasten')}{line('unten')}</w:txbxContent></v:textbox></w:pict>"
    body = (
        f"<w:p><w:r><w:t>vor </w:t></w:r><w:r>{box}</w:r><w:r><w:t>nach</w:t></w:r></w:p>"
        f"<w:ins>{line('eingefügt')}</w:ins><w:moveTo>{line('hierher')}</w:moveTo><w:moveFrom>{line('hierher')}</w:moveFrom>"
        f"<w:del>{line('gestrichen')}</w:del><w:customXml>{line('Feld')}</w:customXml>"
    )
    text = read_document(word(tmp_path / "a.docx", body))
    assert text == "vor nach\nKasten\nunten\neingefügt\nhierher\nFeld"


def test_paths_in_the_settings_are_taken_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    folder = tmp_path / "stadt"
    (folder / "modell").mkdir(parents=True)
    (folder / "settings.yaml").write_text("catalogue: ziele/unsere.yaml\nmodel: ./modell\n")
    settings = load_settings(folder / "settings.yaml")
    assert (settings.catalogue, settings.model) == (str(folder / "ziele/unsere.yaml"), str(folder / "modell"))
    (folder / "settings.yaml").write_text("catalogue: neumuenster\nmodel: organisation/name\n")
    settings = load_settings(folder / "settings.yaml")
    assert (settings.catalogue, settings.model) == ("neumuenster", "organisation/name")


@pytest.mark.parametrize("identity", ["∅", "∗", "–", "=", "\u202e"])
def test_a_goal_is_not_named_by_a_bare_sign(identity: str) -> None:
    raw = f'catalogue: {{id: a, title: b}}\nareas: []\ngoals: [{{id: "{identity}", title: c}}]\n'
    with pytest.raises(UserError, match="muss einen Buchstaben oder eine Ziffer enthalten"):
        parse_catalogue(raw.encode(), "a.yaml")
