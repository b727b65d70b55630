"""Files are read in a process that may end, run out of memory or take for ever, and the program goes on."""

from __future__ import annotations

import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from data.confined import confined
from data.documents import read_document
from data.errors import LimitError, UserError
from data.tables import read_projects
from tests.faulty_readers import endless, ends, fills, limited, mistaken, much, talks, told, unreadable, writes
from tests.test_documents import pdf_with
from tests.test_hostile_files import HEADER, packed, workbook

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows kennt keine Grenzen für Prozesse")


def test_what_a_reader_returns_or_raises_comes_back() -> None:
    assert confined(told, Path("ä b.pdf"), 3, 4) == ["ä b.pdf", 3, 4, "Grüße \ud800", None, 1.5]
    with pytest.raises(UserError, match=r"^«a\.pdf» ist falsch\.$"):
        confined(mistaken, Path("a.pdf"))
    with pytest.raises(LimitError, match=r"^«a\.pdf» ist zu groß\.$"):
        confined(limited, Path("a.pdf"))
    with pytest.raises(UserError, match="gibt es nicht"):
        confined(unreadable, Path("/nirgends/a.pdf"))


def test_what_a_parser_prints_is_no_answer() -> None:
    assert confined(talks, Path("a.pdf")) == "gelesen"


@UNIX
@pytest.mark.parametrize("reader", [ends, fills])
def test_a_reader_that_crashes_or_fills_the_memory_ends_in_a_sentence(reader: Any) -> None:
    with pytest.raises(UserError, match="beschädigt oder braucht mehr Arbeitsspeicher"):
        confined(reader, Path("a.pdf"))


@UNIX
def test_a_reader_writes_no_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="die Datei wird zu groß"):
        confined(writes, tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == b""


@UNIX
def test_a_reader_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.confined.PATIENCE", 3)
    began = time.monotonic()
    with pytest.raises(LimitError, match="dauert länger"):
        confined(endless, Path("a.pdf"))
    assert time.monotonic() - began < 30


def test_more_text_than_fits_is_refused_where_it_is_made() -> None:
    with pytest.raises(LimitError, match="mehr als 100 MB Text"):
        confined(much, Path("a.xlsx"))


def test_neither_the_folder_nor_the_environment_says_what_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pypdf.py", "zipfile.py", "data.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit(9)")
    pdf_with("Radweg am Kanal", tmp_path / "a.pdf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert read_document(Path("a.pdf")) == "Radweg am Kanal"


@UNIX
def test_a_workbook_of_half_a_megabyte_that_becomes_ninety_gigabytes_does_not_end_the_program(tmp_path: Path) -> None:
    """Its one long text stands in 90,000 rows; the reader, written in Rust, ends the process when memory is out."""
    rows = "".join(f'<row r="{n}"><c r="B{n}" t="s"><v>0</v></c></row>' for n in range(2, 90_000))
    path = workbook(tmp_path / "a.xlsx", HEADER + rows)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}"><si><t>{"x" * 1_000_000}</t></si></sst>'.encode()
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"'
        b' Target="sharedStrings.xml"/></Relationships>',
    )
    with pytest.raises(UserError, match="Arbeitsspeicher"):
        read_projects(packed(path, parts))
