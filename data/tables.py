"""Tables of projects: CSV, XLSX and JSONL in and out.

CSV may be separated by comma, semicolon or tab and stored as UTF-8 (with or without BOM), UTF-16 with BOM or
Windows-1252. Cells that a spreadsheet would run as a formula are written as text (OWASP ASVS 5.3.10).
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import lzma
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.confined import confined
from data.errors import LimitError, UserError, grouped, reason
from data.plain_file import check_file

SUFFIXES = (".csv", ".xlsx", ".jsonl")
TEXT_COLUMNS = ("text", "beschreibung", "projekt")
MAX_ROWS = 100_000
SURPLUS = "\0surplus"  # key of a row with more cells than the header; no column can have this name
MAX_COLUMNS = 1_000
MAX_CELLS = 3_000_000
MAX_UNPACKED = 50_000_000
csv.field_size_limit(1_000_000_000)  # the text limit is checked where texts are matched
# A cell names its place (r="B7"), a row its number (r="7"); a cell that ends at once (<c r="B7" s="1"/>) holds nothing.
_FILLED = rb"""(?!\s*(?:s\s*=\s*["']\d+["']\s*)?/>)"""
_COLUMN_OF = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)\d+["']""" + _FILLED)
_ROW_OF = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]+(\d+)["']""" + _FILLED)
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLACED_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=""")
_ROW_START = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br\s*=\s*["'](\d+)["']""")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Project:
    """One row: its id (numbered where missing), its text (may be blank) and the row as it came."""

    id: str
    text: str
    row: dict[str, Any] = field(default_factory=dict)
    fault: str = ""  # German; why the row cannot be matched


@dataclass(frozen=True)
class ProjectTable:
    """The projects of a file, in its order, with its columns and remarks for the user (German)."""

    columns: tuple[str, ...]
    projects: tuple[Project, ...]
    remarks: tuple[str, ...] = ()


def read_projects(
    path: Path, text_column: str | None = None, max_rows: int = MAX_ROWS, max_unpacked: int = MAX_UNPACKED
) -> ProjectTable:
    """Read a table of projects.

    Raises:
        UserError: unknown format, unreadable, no text column; LimitError: more than `max_rows` rows.
    """
    columns, rows = _read(path, max_rows, max_unpacked)
    if not rows:
        raise UserError(f"«{path.name}» enthält keine Zeile mit Daten.")
    return _table(path.name, columns, rows, text_column)


def read_columns(path: Path, max_rows: int = MAX_ROWS, max_unpacked: int = MAX_UNPACKED) -> tuple[str, ...]:
    """The names of the columns of a table, whether or not one of them is known to hold the text.

    Raises:
        UserError: unknown format or unreadable; LimitError: more than `max_rows` rows.
    """
    return tuple(_read(path, max_rows, max_unpacked)[0])


def _read(path: Path, max_rows: int, max_unpacked: int) -> tuple[list[str], list[dict[str, Any]]]:
    reader = {".csv": _read_csv, ".xlsx": _read_xlsx, ".jsonl": _read_jsonl}.get(path.suffix.lower())
    if reader is None:
        raise UserError(
            f"«{path.name}»: erwartet wird eine Tabelle als {', '.join(SUFFIXES)}, gefunden wurde {path.suffix!r}."
        )
    check_file(path, max_unpacked)
    try:
        return reader(path, max_rows, max_unpacked)
    except OSError as error:
        raise UserError(f"Die Datei «{path}» lässt sich nicht lesen ({reason(error)}).") from error


def _table(where: str, columns: list[str], rows: list[dict[str, Any]], text_column: str | None) -> ProjectTable:
    text_of = _text_source(where, columns, text_column)
    id_column = next((name for name in columns if name.strip().lower() == "id"), None)
    seen: dict[str, int] = {}
    projects, missing = [], 0
    ids = [_identity(row.get(id_column)) if id_column else "" for row in rows]
    taken = set(ids)
    for number, (given, row) in enumerate(zip(ids, rows, strict=True), 1):
        missing += not given
        identity = given or _free(str(number), taken)
        seen[identity] = seen.get(identity, 0) + 1
        surplus = row.pop(SURPLUS, 0)
        fault = _surplus(surplus, len(columns)) if surplus else text_of.fault(row)
        projects.append(Project(identity, text_of(row), row, fault))
    return ProjectTable(tuple(columns), tuple(projects), tuple(_remarks(seen, missing, len(rows))))


def _identity(value: Any) -> str:
    """An id as text; what is no text (true, 1.5) as JSON writes it, whole floats without their zero."""
    return json.dumps(value) if isinstance(value, bool | list | dict) else cell_text(value).strip()


def _free(name: str, taken: set[str]) -> str:
    """`name`, marked until no given id has it."""
    while name in taken:
        name += "*"
    taken.add(name)
    return name


def _surplus(cells: int, expected: int) -> str:
    return (
        f"Die Zeile hat {cells} Zellen, die Kopfzeile {expected}; "
        "bitte Text mit Trennzeichen in Anführungszeichen setzen."
    )


def _remarks(seen: dict[str, int], missing: int, total: int) -> Iterator[str]:
    if missing:
        yield f"{missing} von {total} Zeilen ohne «id» wurden nach ihrer Zeilennummer benannt."
    doubled = [identity for identity, count in seen.items() if count > 1]
    if doubled:
        shown = ", ".join(doubled[:5]) + (" …" if len(doubled) > 5 else "")
        yield f"{len(doubled)} Kennungen kommen mehrfach vor und bleiben so: {shown}"


class _TextOf:
    """Joins the text of a row from one or several columns."""

    def __init__(self, columns: Sequence[str], only_text: bool) -> None:
        self._columns, self._only_text = columns, only_text

    def fault(self, row: dict[str, Any]) -> str:
        """The German sentence about a value of JSON that is no text; blank where all are."""
        for name in self._columns:
            if isinstance(row.get(name), bool | int | float | list | dict) and self._only_text:
                return f"«{name}» muss ein Text sein, gefunden wurde {json.dumps(row[name])[:40]}."
        return ""

    def __call__(self, row: dict[str, Any]) -> str:
        return "\n".join(filter(None, (cell_text(row.get(name)) for name in self._columns)))


def _text_source(where: str, columns: list[str], wanted: str | None) -> _TextOf:
    folded = {name.strip().lower(): name for name in columns}
    only_text = where.lower().endswith(".jsonl")  # a cell of a spreadsheet may be a number
    if wanted is not None:
        if wanted.strip().lower() not in folded:
            raise UserError(f"«{where}»: die Spalte {wanted!r} gibt es nicht; vorhanden sind: {', '.join(columns)}.")
        return _TextOf([folded[wanted.strip().lower()]], only_text)
    if "titel" in folded and "text" in folded:
        return _TextOf([folded["titel"], folded["text"]], only_text)
    for name in TEXT_COLUMNS:
        if name in folded:
            return _TextOf([folded[name]], only_text)
    raise UserError(
        f"«{where}»: keine Textspalte gefunden; erwartet wird eine Spalte {', '.join(TEXT_COLUMNS)} oder titel und text, "
        f"vorhanden sind: {', '.join(columns) or 'keine'}. Mit --text-column NAME lässt sich eine andere nennen."
    )


def cell_text(value: Any) -> str:
    """A cell as a person reads it: nothing for None, no decimals of a whole number."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def decode(raw: bytes) -> str:
    """Text of bytes in UTF-8 or UTF-16 (with BOM), else Windows-1252 (undefined bytes become U+FFFD)."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _read_csv(path: Path, max_rows: int, _: int) -> tuple[list[str], list[dict[str, Any]]]:
    text = decode(path.read_bytes()).replace("\0", "")
    first = text.split("\n", 1)[0]
    delimiter = max((";", "\t", ","), key=first.count)
    if text.count(delimiter) > 2 * MAX_CELLS:  # refused before they are made
        raise LimitError(_too_many_cells(path.name))
    # One bare column is no dialect question; quoted line breaks are kept by newline="".
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 0  # lines read before the row at hand

    def filled() -> Iterator[list[str]]:
        nonlocal start
        for row in reader:
            start = reader.line_num
            if any(cell.strip() for cell in row):
                yield row

    try:
        rows = _limited(filled(), max_rows, path.name, header=1)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise UserError(
                f"«{path.name}»: das Anführungszeichen der Zeile, die in Zeile {start + 1} beginnt, wird nicht geschlossen."
            ) from error
        raise UserError(
            f"«{path.name}», Zeile {reader.line_num}: das ist keine lesbare CSV-Tabelle ({error})."
        ) from error
    return _with_header(rows, path.name, surplus=True)


def _read_xlsx(path: Path, max_rows: int, max_unpacked: int) -> tuple[list[str], list[dict[str, Any]]]:
    return _with_header(confined(sheet_rows, path, max_rows, max_unpacked), path.name)


def sheet_rows(path: Path, max_rows: int, max_unpacked: int) -> list[list[Any]]:
    """The rows of the first sheet that are not blank, the header among them; to be called through `confined`.

    Raises:
        UserError: no workbook; LimitError: too many rows or cells, or too large.
    """
    from python_calamine import CalamineWorkbook

    check_zip(path, max_unpacked)
    try:
        _check_grid(path)
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0)
        rows = _limited(
            (row for row in sheet.iter_rows() if any(cell_text(c).strip() for c in row)), max_rows, path.name, header=1
        )
    except UserError:
        raise
    # A damaged workbook surfaces as almost any exception; a fault in the reader itself as one that is no Exception.
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise UserError(
            f"«{path.name}» lässt sich nicht als Excel-Datei (.xlsx) lesen; bitte neu speichern."
        ) from error
    return rows


def _read_jsonl(path: Path, max_rows: int, _: int) -> tuple[list[str], list[dict[str, Any]]]:
    numbered = ((n, line) for n, line in enumerate(decode(path.read_bytes()).split("\n"), 1) if line.strip())
    rows: list[dict[str, Any]] = []
    for number, line in _limited(numbered, max_rows, path.name):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(
                f"«{path.name}», Zeile {number}: erwartet wurde ein JSON-Objekt, gefunden {line[:40]!r}."
            ) from error
        if not isinstance(row, dict):
            raise UserError(f"«{path.name}», Zeile {number}: erwartet wurde ein JSON-Objekt, gefunden {line[:40]!r}.")
        rows.append(row)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    _check_columns(len(columns), path.name)
    return columns, rows


def _check_grid(path: Path) -> None:
    """Refuse a workbook with a sheet that spans more than `MAX_CELLS` cells.

    The reader allocates the whole rectangle up to the last cell; one in XFD1048576 would end the process, with no
    exception to catch.
    """
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            height, width = _extent(archive.read(part))
            if height * width > MAX_CELLS:
                raise LimitError(_too_many_cells(path.name))


def _extent(sheet: bytes) -> tuple[int, int]:
    """The last row and column that a part's cells name; both 0 where it has no cells. Empty cells do not count."""
    names: set[bytes] = set()
    rows: set[bytes] = set()
    loose = 0
    for piece in _pieces(sheet):
        names.update(_COLUMN_OF.findall(piece))
        rows.update(_ROW_OF.findall(piece))
        loose += len(_ANY_CELL.findall(piece)) - len(_PLACED_CELL.findall(piece))
    width, height = max(map(_column, names), default=0), max(map(_number, rows), default=0)
    if loose > 0:  # cells without a place follow one another
        lines = _ROW_START.split(sheet)
        width += max(len(_ANY_CELL.findall(line)) for line in lines)
        height = max(height, *map(_number, _ROW_NUMBER.findall(sheet)), 0) + len(lines)
    return height, width


def _pieces(sheet: bytes, size: int = 1_000_000) -> Iterator[bytes]:
    """A part cut before tags, so that what is found in it takes no more memory than a piece of it does."""
    start = 0
    while start < len(sheet):
        end = sheet.find(b"<", start + size)
        yield sheet[start : end if end > 0 else len(sheet)]
        start = end if end > 0 else len(sheet)


def _number(digits: bytes) -> int:
    return int(digits[:9])


def _column(name: bytes) -> int:
    """``A`` → 1, ``XFD`` → 16384; longer names, which no spreadsheet has, → the first beyond."""
    number = 0
    for letter in name.upper()[:4]:
        number = number * 26 + letter - 64
    return number


def _too_many_cells(where: str) -> str:
    return (
        f"«{where}» spannt sich über mehr als {grouped(MAX_CELLS)} Zellen; bitte die Tabelle teilen und leere Zeilen und "
        "Spalten löschen."
    )


def _limited(rows: Iterable[Any], limit: int, where: str, header: int = 0) -> list[Any]:
    result: list[Any] = []
    cells = 0
    for row in rows:
        cells += len(row) if isinstance(row, list) else 0
        if cells > MAX_CELLS:
            raise LimitError(_too_many_cells(where))
        if len(result) >= limit + header:
            raise LimitError(f"«{where}» hat mehr als {grouped(limit)} Zeilen; bitte die Tabelle teilen.")
        result.append(row)
    return result


def _with_header(rows: list[list[Any]], where: str, surplus: bool = False) -> tuple[list[str], list[dict[str, Any]]]:
    if not rows:
        raise UserError(f"«{where}» ist leer.")
    _check_columns(len(rows[0]), where)
    columns: list[str] = []
    for position, value in enumerate(rows[0], 1):
        name = cell_text(value).strip() or f"spalte_{position}"
        columns.append(name if name not in columns else f"{name}_{position}")
    if len(columns) * len(rows) > MAX_CELLS:
        raise LimitError(_too_many_cells(where))
    records = [dict(zip(columns, row, strict=False)) for row in rows[1:]]
    for record, row in zip(records, rows[1:], strict=True):
        if surplus and any(cell.strip() for cell in row[len(columns) :]):
            record[SURPLUS] = len(row)
    return columns, records


def check_zip(path: Path, max_unpacked: int = MAX_UNPACKED, max_tags: int | None = None) -> None:
    """Refuse an archive-based document that is no archive, or holds more than `max_unpacked` bytes or `max_tags` tags of XML."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            total = sum(part.file_size for part in parts)
            if total <= max_unpacked:
                tags = _count_tags(archive, parts, max_unpacked)
    # RuntimeError is what zipfile raises for an encrypted part.
    except (
        zipfile.BadZipFile,
        ValueError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise UserError(f"«{path.name}» ist beschädigt oder keine {path.suffix}-Datei; bitte neu speichern.") from error
    if total > max_unpacked:
        raise LimitError(
            f"«{path.name}» entpackt sich zu {total // 1_000_000} MB, erlaubt sind {max_unpacked // 1_000_000} MB."
        )
    if max_tags is not None and tags > max_tags:
        raise LimitError(
            f"«{path.name}» besteht aus {grouped(tags)} Auszeichnungen, erlaubt sind {grouped(max_tags)}; bitte teilen."
        )


def _check_columns(count: int, where: str) -> None:
    if count > MAX_COLUMNS:
        raise LimitError(f"«{where}» hat {grouped(count)} Spalten, erlaubt sind {grouped(MAX_COLUMNS)}.")


def _count_tags(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], max_unpacked: int) -> int:
    """The number of ``<`` in all parts, each unpacked piece by piece to its true end: one that is larger than it says is found
    here, not in the memory."""
    tags = 0
    for part in parts:
        told, part.file_size, size = part.file_size, max_unpacked, 0  # zipfile reads no further than this
        with archive.open(part) as stream:
            while piece := stream.read(1 << 16):
                tags += piece.count(b"<")
                size += len(piece)
        part.file_size = told
        if size != told:
            raise zipfile.BadZipFile(part.filename)
    return tags


def check_target(path: Path) -> None:
    """Refuse a place at which no table can be written, before the work for it begins.

    Raises:
        UserError: unknown format, no such folder, or something other than a file lies there.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"«{path.name}»: geschrieben wird {', '.join(SUFFIXES)}, verlangt war {path.suffix!r}.")
    try:
        if not path.parent.is_dir():
            raise UserError(f"Den Ordner «{path.parent}» gibt es nicht; bitte anlegen oder einen anderen Ort nennen.")
        if path.is_dir():
            raise UserError(f"«{path}» ist ein Ordner; bitte einen Dateinamen nennen.")
        if path.exists() and not path.is_file():
            raise UserError(f"«{path}» ist keine Datei; bitte einen anderen Namen nennen.")
    except OSError as error:
        raise UserError(f"«{path}» lässt sich nicht schreiben ({reason(error)}).") from error


class TableWriter:
    """Writes rows to CSV, XLSX or JSONL; the file appears under its name only when `commit` is called.

    A context manager: left without `commit`, nothing remains.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Raises UserError when the folder is missing, not writable, or the format unknown."""
        check_target(path)
        self._path, self._columns = path, list(columns)
        try:
            handle, name = tempfile.mkstemp(prefix=_temporary_prefix(path), suffix=path.suffix.lower(), dir=path.parent)
        except OSError as error:
            raise UserError(f"In «{path.parent}» lässt sich nicht schreiben ({reason(error)}).") from error
        os.close(handle)
        self._temporary = Path(name)
        try:
            self._sink = _SINKS[path.suffix.lower()](self._temporary, self._columns)
        except OSError as error:
            self._temporary.unlink(missing_ok=True)
            raise self._unwritable(error) from error

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            with contextlib.suppress(Exception):  # closing flushes, which fails again on a full disk
                self._sink.close()
        finally:
            self._temporary.unlink(missing_ok=True)

    def write(self, row: dict[str, Any]) -> None:
        try:
            self._sink.write(row)
        except OSError as error:
            raise self._unwritable(error) from error

    def sweep(self) -> None:
        """Delete what writers of the same file left when they were killed; none but this one may be at work."""
        prefix, suffix = _temporary_prefix(self._path), self._temporary.suffix
        for path in self._path.parent.iterdir():
            if path.name.startswith(prefix) and path.suffix == suffix and path != self._temporary:
                path.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> UserError:
        return UserError(f"«{self._path}» lässt sich nicht schreiben ({reason(error)}).")

    def commit(self) -> None:
        """Close the file and move it to its name, at once.

        Raises:
            UserError: the target cannot be replaced.
        """
        try:
            self._sink.close()
            self._temporary.chmod(0o666 & ~_umask())
            self._temporary.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error


def _temporary_prefix(path: Path) -> str:
    """How the hidden files begin that hold a table until it is complete."""
    return f".{path.stem}.isek-"


def _umask() -> int:
    """The process's mask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


class _CsvSink:
    def __init__(self, path: Path, columns: list[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
        self._writer = csv.writer(self._file, delimiter=";")
        self._columns = columns
        self._writer.writerow([neutralised(name) for name in columns])

    def write(self, row: dict[str, Any]) -> None:
        self._writer.writerow([neutralised(row.get(name)) for name in self._columns])

    def close(self) -> None:
        self._file.close()


class _JsonSink:
    def __init__(self, path: Path, columns: list[str]) -> None:  # noqa: ARG002 - the sinks share one signature
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def write(self, row: dict[str, Any]) -> None:
        # A lone surrogate (legal in JSON input) cannot be encoded; it is written as its escape.
        line = json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()
        self._file.write(line + "\n")

    def close(self) -> None:
        self._file.close()


class _XlsxSink:
    def __init__(self, path: Path, columns: list[str]) -> None:
        import xlsxwriter

        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        }
        self._book = xlsxwriter.Workbook(str(path), {**options, "constant_memory": True})
        self._sheet, self._columns, self._line = self._book.add_worksheet("Ziele"), columns, 0
        self._open = True
        self._sheet.freeze_panes(1, 0)
        self.write({name: name for name in columns})

    def write(self, row: dict[str, Any]) -> None:
        for position, name in enumerate(self._columns):
            value = row.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                self._sheet.write_number(self._line, position, value)
            elif value not in (None, ""):
                # 32,767 characters are what one cell of the format holds.
                self._sheet.write_string(self._line, position, _encodable(cell_text(value))[:32_767])
        self._line += 1

    def close(self) -> None:
        if self._open:
            self._open = False
            with contextlib.closing(self._book):
                pass


_SINKS: dict[str, type[_CsvSink] | type[_JsonSink] | type[_XlsxSink]] = {
    ".csv": _CsvSink,
    ".jsonl": _JsonSink,
    ".xlsx": _XlsxSink,
}


def _encodable(text: str) -> str:
    """Text with lone surrogates, which no encoding holds, as their escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def neutralised(value: Any) -> Any:
    """The cell for a CSV file: text that a spreadsheet would run as a formula gets a leading apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
