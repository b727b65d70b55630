"""No cell that the program writes for a spreadsheet is one that the spreadsheet would run."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from decision_drafts import DRAFT
from python_calamine import CalamineWorkbook

from app.__main__ import main
from app.decision_export import write_decisions
from app.decisions.store import open_store
from app.evaluation_files import write_errors
from app.settings import Settings
from data.catalogue import Catalogue
from eval.errors import COLUMNS
from index.matcher import Matcher

LEADING = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
EVIL = tuple(f"{lead}cmd|' /C calc'!A0 {number}" for number, lead in enumerate(LEADING))


def cells(path: Path) -> list[str]:
    """All cells of a table as a spreadsheet gets them; in XLSX none may hold a formula or a link."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [cell for row in csv.reader(stream, delimiter=";") for cell in row]
    with zipfile.ZipFile(path) as archive:
        sheets = b"".join(archive.read(name) for name in archive.namelist() if "sheet" in name)
    assert b"<f>" not in sheets and b"<f " not in sheets and b"<hyperlink" not in sheets
    return [
        str(cell) for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python() for cell in row
    ]


def harmless(path: Path, least: int) -> None:
    """In CSV nothing begins like a formula, in XLSX all is text; `least` cells of ours must be there at all."""
    found = cells(path)
    assert sum("calc" in cell for cell in found) >= least
    if path.suffix == ".csv":
        assert [cell for cell in found if cell.startswith(LEADING) and not _number(cell)] == []


def _number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_batch(matcher: Matcher, tmp_path: Path, suffix: str) -> None:  # noqa: ARG001 - the index is built
    source, target = tmp_path / "ein.csv", tmp_path / f"aus{suffix}"
    with source.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["id", "text", "=cmd|calc"])
        writer.writerows([[evil, f"{evil} Fahrradstraße", evil] for evil in EVIL])
    assert main(["batch", str(source), "--output", str(target)]) == 0
    harmless(target, 3 * len(EVIL))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_decisions(neumuenster: Catalogue, tmp_path: Path, suffix: str) -> None:
    store = open_store(Settings(), tmp_path)
    for evil in EVIL:
        store.save(replace(DRAFT, title=evil, reference=evil, department=evil, reason=evil), evil)
    write_decisions(store.every(), tmp_path / f"aus{suffix}", neumuenster)
    harmless(tmp_path / f"aus{suffix}", 3 * len(EVIL))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_errors_of_an_evaluation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suffix: str) -> None:
    wrong = [SimpleNamespace(row=lambda _, evil=evil: dict.fromkeys(COLUMNS, evil)) for evil in EVIL]
    monkeypatch.setattr("app.evaluation_files.wrong_cases", lambda _: wrong)
    run = SimpleNamespace(run=SimpleNamespace(records=(), catalogue=None))
    assert write_errors(cast(Any, run), tmp_path / f"aus{suffix}") == len(EVIL)
    harmless(tmp_path / f"aus{suffix}", len(EVIL) * len(COLUMNS))
