"""The page «Abdeckung» as staff see it, in Debian's Chromium."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from page_fixtures import SCHEMES, Visit
from test_page import violations

pytestmark = pytest.mark.browser

TABLE = (
    "id;titel;text\n1;Rad A;Auf dem Rathausplatz entsteht eine Fahrradstation mit 80 Plätzen und einer Werkstatt.\n"
    "2;<img src=x>;Die Fahrradstation am Rathausplatz bekommt 80 Plätze und eine Werkstatt.\n3;;\n"
)
READY = "#meldung :is(.leer, .kennzahlen)"  # whether or not another test decided something


def test_a_table_shows_what_its_suggestions_cover_and_which_projects_agree(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("abdeckung", ready=READY)
    assert page.locator(".nicht-entschieden").count() == 0
    page.get_by_label("Tabelle mit Vorschlägen der Software").check()
    page.wait_for_selector("#auswerten")
    page.click("#auswerten")
    page.wait_for_selector("#fortschritt .fehler")
    assert "Bitte zuerst eine Tabelle öffnen" in page.locator(".fehler").inner_text()
    table = tmp_path / "projekte.csv"
    table.write_text(TABLE, "utf-8")
    page.set_input_files("input[type=file]", table)
    page.wait_for_selector("text=Geöffnet: projekte.csv, 3 Spalten")
    page.click("#auswerten")
    page.wait_for_selector(".nicht-entschieden")
    assert page.locator("#ansage").inner_text().endswith("haben mindestens ein Projekt.")
    assert page.locator(".kennzahlen strong").first.inner_text() == "2"
    row = page.get_by_role("row").filter(has_text="PB5.4")
    assert "2 Projekte" in row.get_by_role("cell").first.inner_text()
    assert "kein Projekt" in page.get_by_role("row").filter(has_text="PB1.4").inner_text()
    row.locator("summary").press("Enter")
    assert "2 <img src=x>" in row.inner_text() and page.locator("#meldung img").count() == 0
    page.click("#paare-suchen")
    page.wait_for_selector(".paare li")
    assert "Fahrradstation am Rathausplatz" in page.locator(".paare .nebeneinander > div").nth(1).inner_text()
    assert page.locator("#ansage").inner_text() == "Fertig: Ein auffälliges Paar."
    visit.shot("abdeckung-tabelle")
    assert violations(visit) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Als CSV laden", exact=True).click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert {line["ziel"]: line["projekte"] for line in rows}["PB5.4"] == "2" and len(rows) == 31
    page.get_by_label("Entscheidungen, die gelten").check()
    page.wait_for_selector(".nicht-entschieden", state="detached")
    assert page.locator(".paare").count() == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_and_320_pixels_suffice(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open("abdeckung", ready=READY)
    assert page.get_by_role("navigation", name="Hauptmenü").locator("[aria-current=page]").inner_text() == "Abdeckung"
    visit.shot(f"abdeckung-{scheme}")
    assert violations(visit) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    visit.shot(f"abdeckung-schmal-{scheme}")
