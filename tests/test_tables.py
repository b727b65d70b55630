from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from data.errors import LimitError, UserError
from data.tables import TableWriter, read_projects

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0", '=HYPERLINK("x")']


def csv_file(folder: Path, raw: bytes) -> Path:
    path = folder / "projekte.csv"
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_is_read_in_every_usual_dialect(tmp_path: Path, separator: str, encoding: str) -> None:
    text = f'id{separator}text\n7{separator}"Grüne Wege, schöne Plätze; überall"\n'
    table = read_projects(csv_file(tmp_path, text.encode(encoding)))
    assert [(project.id, project.text) for project in table.projects] == [("7", "Grüne Wege, schöne Plätze; überall")]


def test_a_quoted_line_break_stays_in_its_cell(tmp_path: Path) -> None:
    table = read_projects(csv_file(tmp_path, b'id;text\n1;"eins\nzwei"\n2;drei\n'))
    assert [project.text for project in table.projects] == ["eins\nzwei", "drei"]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("Beschreibung", "x", "x"),
        ("Projekt", "x", "x"),
        ("Titel;Text", "Radweg;Neubau", "Radweg\nNeubau"),
        ("Text;Beschreibung", "a;b", "a"),
    ],
)
def test_the_text_column_is_found(tmp_path: Path, header: str, row: str, expected: str) -> None:
    table = read_projects(csv_file(tmp_path, f"{header}\n{row}\n".encode()))
    assert table.projects[0].text == expected


def test_missing_ids_are_numbered_and_double_ones_reported(tmp_path: Path) -> None:
    table = read_projects(csv_file(tmp_path, b"id;text\na;x\n;y\na;z\n"))
    assert [project.id for project in table.projects] == ["a", "2", "a"]
    assert len(table.remarks) == 2 and "a" in table.remarks[1]


def test_another_text_column_can_be_named(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"id;Inhalt\n1;x\n")
    with pytest.raises(UserError, match=r"keine Textspalte.*id, Inhalt.*--text-column"):
        read_projects(path)
    assert read_projects(path, "inhalt").projects[0].text == "x"
    with pytest.raises(UserError, match="'Foo' gibt es nicht"):
        read_projects(path, "Foo")


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("a.csv", b"", "ist leer"),
        ("a.csv", b"id;text\n", "keine Zeile"),
        ("a.txt", b"x", "gefunden wurde '.txt'"),
        ("a.xlsx", b"kein zip", "beschädigt"),
        ("a.jsonl", b'{"text": "x"}\n[1]\n', "Zeile 2"),
        ("a.jsonl", b"{", "Zeile 1"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, name: str, raw: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(UserError, match=expected):
        read_projects(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"weg\.csv"):
        read_projects(tmp_path / "weg.csv")


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"text\n" + b"x\n" * 6)
    assert len(read_projects(path, max_rows=6).projects) == 6
    with pytest.raises(LimitError, match="mehr als"):
        read_projects(path, max_rows=5)


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "bombe.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 60_000_000)
    with pytest.raises(LimitError, match="50 MB"):
        read_projects(path)


def test_xlsx_is_read_with_numbers_as_ids(tmp_path: Path) -> None:
    path = tmp_path / "projekte.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "Beschreibung"])
        sheet.write_row(1, 0, [17, "Radweg"])
    assert [(p.id, p.text) for p in read_projects(path).projects] == [("17", "Radweg")]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_becomes_a_formula(tmp_path: Path, text: str) -> None:
    for name in ("aus.csv", "aus.xlsx"):
        with TableWriter(tmp_path / name, ["text"]) as writer:
            writer.write({"text": text})
            writer.commit()
    with (tmp_path / "aus.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream, delimiter=";"))[1][0] == f"'{text}"
    sheet = zipfile.ZipFile(tmp_path / "aus.xlsx").read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert (
        CalamineWorkbook.from_path(str(tmp_path / "aus.xlsx")).get_sheet_by_index(0).to_python()[1][0].strip()
        == text.strip()
    )


@pytest.mark.parametrize("name", ["aus.csv", "aus.xlsx", "aus.jsonl"])
def test_nothing_is_left_of_a_table_that_was_not_finished(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("vorher")
    with pytest.raises(RuntimeError), TableWriter(tmp_path / name, ["a"]) as writer:
        writer.write({"a": 1})
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "vorher"


def test_jsonl_keeps_every_character(tmp_path: Path) -> None:
    with TableWriter(tmp_path / "aus.jsonl", []) as writer:
        writer.write({"text": "ä\ud800\u2028"})
        writer.commit()
    assert json.loads((tmp_path / "aus.jsonl").read_text("utf-8"))["text"] == "ä\ud800\u2028"


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Ordner"):
        TableWriter(tmp_path / "weg" / "aus.csv", [])


def test_a_row_with_too_many_cells_is_faulty_and_an_open_quote_is_refused(tmp_path: Path) -> None:
    table = read_projects(csv_file(tmp_path, b"id;text\n1;Radweg; mit Dach\n2;y\n"))
    assert [bool(project.fault) for project in table.projects] == [True, False]
    assert "3 Zellen" in table.projects[0].fault
    with pytest.raises(UserError, match=r"Zeile 3 beginnt"):
        read_projects(csv_file(tmp_path, b'id;text\n1;x\n2;"offen\n3;z\n'))


def test_json_values_that_are_no_text_are_faulty_and_ids_stay_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": true, "text": ["a"]}\n{"text": "b"}\n{"id": 2, "text": "c"}\n')
    projects = read_projects(path).projects
    assert [(p.id, bool(p.fault)) for p in projects] == [("true", True), ("2*", False), ("2", False)]


@pytest.mark.parametrize("name", ["aus.csv", "aus.xlsx"])
def test_a_lone_surrogate_is_written_as_its_escape(tmp_path: Path, name: str) -> None:
    with TableWriter(tmp_path / name, ["text"]) as writer:
        writer.write({"text": "a\ud800"})
        writer.commit()
    assert read_projects(tmp_path / name).projects[0].text == "a\\ud800"


def test_the_limit_counts_rows_without_the_header(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="mehr als 2 Zeilen"):
        read_projects(csv_file(tmp_path, b"text\na\nb\nc\n"), max_rows=2)


def test_a_folder_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "a.csv"
    folder.mkdir()
    with pytest.raises(UserError, match="ist ein Ordner"):
        read_projects(folder)
    with pytest.raises(UserError, match="ist ein Ordner"):
        TableWriter(folder, [])
