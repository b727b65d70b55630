"""`isek doctor`: each fault of an installation is named, with its remedy, and nothing else stops the list."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

import pytest
from decision_drafts import DRAFT

from app.__main__ import main
from app.database import FILE
from app.decisions.store import open_store
from app.doctor import CHECKS, FAULT, GOOD, NOTE, Finding, findings, pinned, required
from app.settings import CHECKOUT, Settings
from data.errors import UserError


def found(subject: str) -> Finding:
    return next(finding for finding in findings() if finding.subject == subject)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISEK_HOME", str(tmp_path))
    return tmp_path


def test_a_sound_installation_has_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 9 and not any(line.startswith(FAULT) for line in lines)
    assert any("260 beurteilte Projekte (156 zum Lernen, 104 zum Prüfen)" in line for line in lines)


def test_a_faulty_setting_is_named_and_the_rest_is_still_checked(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_home / "settings.yaml").write_text("modell: x\n", "utf-8")
    assert main(["doctor", "--json"]) == 2
    output = capsys.readouterr()
    by_subject = {finding["subject"]: finding for finding in json.loads(output.out)}
    assert (
        by_subject["Einstellungen"]["level"] == FAULT
        and "'modell' gibt es nicht" in by_subject["Einstellungen"]["sentence"]
    )
    assert by_subject["Zielkatalog"]["level"] == GOOD
    assert output.err == "isek: Ein Fehler gefunden; die Liste sagt, was zu tun ist.\n"


def test_a_missing_catalogue_is_a_fault_of_every_part_that_needs_it(own_home: Path) -> None:
    (own_home / "settings.yaml").write_text("catalogue: gibt-es-nicht\n", "utf-8")
    faults = {finding.subject for finding in findings() if finding.level == FAULT}
    assert {"Zielkatalog", "Suchindex"} <= faults and "Sprachmodell" not in faults


def test_thin_profiles_are_pointed_out(own_home: Path) -> None:
    (own_home / "catalogues").mkdir()
    text = "catalogue: {id: k, title: K}\nareas: [{id: 1, title: A}]\ngoals: [{id: Z1, title: Radverkehr, area: 1}]\n"
    (own_home / "catalogues" / "k.yaml").write_text(text, "utf-8")
    (own_home / "settings.yaml").write_text("catalogue: k\n", "utf-8")
    finding = found("Zielkatalog")
    assert finding.level == NOTE and "1 von 1 Zielen" in finding.sentence and "Z1" in finding.sentence


def test_a_missing_and_a_damaged_index_are_told_apart(matcher: object, home: Path, own_home: Path) -> None:  # noqa: ARG001
    assert found("Suchindex").level == NOTE and "fehlt" in found("Suchindex").sentence
    shutil.copytree(home / "index", own_home / "index")
    assert found("Suchindex").level == GOOD
    for arrays in own_home.glob("index/*/arrays.npz"):
        arrays.write_bytes(arrays.read_bytes()[:-1])
    assert found("Suchindex").level == NOTE and "fehlt" not in found("Suchindex").sentence


def test_a_home_that_is_a_file_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datei").touch()
    monkeypatch.setenv("ISEK_HOME", str(tmp_path / "datei"))
    assert found("Ordner").level == FAULT


def test_names_in_constraints_are_compared_as_packages_are() -> None:
    assert pinned("# text\nPydantic_Core==2.1  # why\n\nzope.interface==5\n") == {
        "pydantic-core": "2.1",
        "zope-interface": "5",
    }


@pytest.mark.parametrize(
    ("package", "floor"),
    [("gradio", (6, 16)), ("transformers", (5, 3)), ("torch", (2, 10)), ("sentence-transformers", (6, 2))],
)
def test_no_pin_is_below_the_version_that_mended_a_known_hole(package: str, floor: tuple[int, int]) -> None:
    """The floors are those of the packages' own security advisories up to November 2026."""
    version = pinned((CHECKOUT / "constraints.txt").read_text("utf-8"))[package]
    assert tuple(int(part) for part in version.split(".")[:2]) >= floor


def test_everything_that_runs_is_pinned() -> None:
    needed = required()
    assert {"numpy", "gradio", "starlette", "mcp", "onnxruntime"} <= needed
    assert needed - set(pinned((CHECKOUT / "constraints.txt").read_text("utf-8"))) == set()


def test_a_damaged_database_is_found_before_anybody_works_with_it(own_home: Path) -> None:
    assert found_database().level == GOOD and not (own_home / FILE).exists()
    with contextlib.closing(open_store(Settings(), own_home)) as store:
        for _ in range(60):
            store.save(DRAFT, "Kim")
    assert "unversehrt und auf dem Stand dieses Programms" in found_database().sentence
    with (own_home / FILE).open("r+b") as file:  # a page of an index or a table in the middle
        file.seek(4096 * 12)
        file.write(b"\xff" * 4096)
    finding = found_database()
    assert finding.level == FAULT and "isek decisions restore" in finding.sentence + finding.remedy


def found_database() -> Finding:
    """Without the other checks, which would load the model."""
    try:
        return next(CHECKS["Datenbank"](Settings()))
    except UserError as error:
        return Finding("Datenbank", FAULT, str(error))
