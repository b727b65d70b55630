"""The page «Stapel»: going on after a kill, and looking through the rows by keyboard."""

from __future__ import annotations

import csv
import json
import signal
import time
from pathlib import Path

import pytest
from page_fixtures import SCHEMES, Visit, start_server
from playwright.sync_api import Browser
from test_decision_pages import leaves
from test_page import violations
from test_stack import large_run

from app.desk import Desk
from app.settings import Settings, isek_home
from index.matcher import Matcher

pytestmark = pytest.mark.browser

TABLE = (
    "id;titel;Aktenzeichen;text\n1;Rad;AZ 1;Fahrradstraße am Stadtwald mit überdachten Abstellanlagen\n2;;;\n"
    "3;Ausweis;;Ich möchte meinen Personalausweis verlängern\n4;Leiter;AZ 4;Drehleiter DLK 23 Ersatzbeschaffung\n"
)


def matched(visit: Visit, folder: Path, table: str, name: str = "projekte.csv") -> None:
    page = visit.open("stapel")
    file = folder / name
    file.write_text(table, "utf-8")
    page.set_input_files("input[type=file]", file)
    page.wait_for_selector(f"text=Geöffnet: {name}")
    page.click("#zuordnen")


def test_rows_are_decided_one_by_one_by_keyboard(visit: Visit, tmp_path: Path) -> None:
    matched(visit, tmp_path, TABLE)
    page = visit.page
    page.wait_for_selector(".durchsicht details")
    page.locator("#durchsehen").press("Enter")
    page.wait_for_selector("#projekt h2")
    assert page.locator("#projekt h2").inner_text() == "Projekt 1 von 3: 1 · Rad"
    assert page.evaluate("document.activeElement.textContent") == "Projekt 1 von 3: 1 · Rad"
    visit.shot("stapel-einzeln")
    assert violations(visit) == []
    page.locator("#speichern").press("Enter")
    page.wait_for_selector("#speichern-meldung >> text=Noch offen")
    for radio in page.locator("#antwort [data-urteil=accepted]").all():
        radio.press("Space")
    page.locator("#antwort [data-urteil=accepted]").first.press("Control+Enter")
    page.wait_for_selector("#projekt h2:has-text('Projekt 2 von 3: 3')")
    page.locator("#kein-ziel").press("Space")
    page.locator("#kein-ziel").press("Control+Enter")
    page.wait_for_selector("#projekt h2:has-text('Projekt 3 von 3: 4')")
    page.locator("#zurueck").press("Enter")
    page.wait_for_selector("#projekt >> text=kein Ziel. Speichern legt eine neue Fassung an")
    assert page.locator("#kein-ziel").is_checked()
    page.locator("#weiter").press("Enter")
    page.wait_for_selector("#projekt h2:has-text('Projekt 3 von 3: 4')")
    page.locator("#weiter").press("Enter")
    page.wait_for_selector("text=Kein weiteres Projekt in dieser Auswahl.")
    assert not page.locator("#urteile").is_visible()  # what the script hands to the server
    page.locator("#liste").press("Enter")
    results = page.locator(".durchsicht > details > summary .status")
    assert results.nth(0).inner_text().startswith("entschieden: PB5.4")
    assert results.nth(2).inner_text() == "entschieden: kein Ziel"
    page.get_by_label("Noch nicht entschiedene").check()
    page.wait_for_selector("text=Eine Zeile.")
    page.click("#eintragen")
    page.locator(".durchsicht > details").nth(3).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Als CSV laden").click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [row["entscheidung"].split(",")[0] for row in rows] == ["PB5.4", "", "kein Ziel", ""]
    page.goto(f"{visit.site}/entscheidungen?nr={rows[0]['entscheidung_nr']}")
    page.wait_for_selector("text=AZ 1")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_the_review_of_a_row(visit: Visit, tmp_path: Path, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    matched(visit, tmp_path, TABLE)
    page = visit.page
    page.locator(".durchsicht details summary").first.click()
    assert violations(visit) == []
    page.click("#durchsehen")
    page.wait_for_selector("#projekt h2:has-text('Projekt 1 von 3')")
    open_goals = page.locator("#antwort fieldset.urteil").evaluate_all("all => all.map(one => one.dataset.ziel)")
    assert f"Noch offen: {', '.join(open_goals)}. Zum Speichern" in page.locator("#ausgewaehlt").inner_text()
    page.click("#speichern")
    page.wait_for_selector("#speichern-meldung .fehler")
    page.locator("#antwort [data-urteil=accepted]").first.check()
    for summary in page.locator("#antwort summary").all():
        summary.click()
    visit.shot(f"stapel-einzeln-{scheme}")
    assert violations(visit) == []
    page.locator("#antwort [data-urteil=rejected]").first.check()
    page.locator("#kein-ziel").check()
    page.click("#speichern")
    page.wait_for_selector("#projekt h2:has-text('Projekt 2 von 3')")
    page.click("#zurueck")
    page.wait_for_selector("#projekt .vermerk")
    assert violations(visit) == []
    page.set_viewport_size({"width": 320, "height": 640})
    visit.shot(f"stapel-einzeln-schmal-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_whoever_leaves_a_row_unsaved_is_asked(visit: Visit, tmp_path: Path) -> None:
    matched(visit, tmp_path, TABLE)
    page = visit.page
    page.wait_for_selector(".durchsicht details")
    page.click("#durchsehen")
    page.wait_for_selector("#projekt h2:has-text('Projekt 1 von 3')")
    page.locator("#kein-ziel").check()
    with page.expect_download():
        page.get_by_role("button", name="Als CSV laden").click()
    assert "dialog" not in visit.messages
    leaves(page, unsaved=True)
    page.evaluate("window.confirm = () => false")
    page.click("#weiter")
    page.click("#liste")
    page.wait_for_timeout(500)
    assert page.locator("#projekt h2").inner_text().startswith("Projekt 1 von 3")
    assert page.locator("#kein-ziel").is_checked()
    page.evaluate("window.confirm = () => true")
    page.click("#weiter")
    page.wait_for_selector("#projekt h2:has-text('Projekt 2 von 3')")
    page.locator("#kein-ziel").check()
    page.click("#liste")
    page.wait_for_selector("#projekt", state="hidden")
    page.get_by_label("1 Zentrale Verwaltung").check()
    page.get_by_label("ab 90 %").check()
    page.wait_for_selector("text=Eine Zeile.")
    assert page.evaluate("dispatchEvent(new Event('beforeunload', {cancelable: true}))")  # nobody is asked
    page.click("#durchsehen")
    page.wait_for_selector("#projekt h2:has-text('Projekt 1 von 1')")
    page.click("#weiter")
    page.wait_for_selector("text=Kein weiteres Projekt in dieser Auswahl.")
    page.locator("#kein-ziel").check()
    leaves(page, unsaved=True)
    page.click("#speichern")
    page.wait_for_selector("[data-gesichert]", state="detached")
    page.wait_for_selector("text=Gespeichert. Kein weiteres Projekt in dieser Auswahl.")
    leaves(page, unsaved=False)
    assert visit.messages.count("dialog") == 2
    visit.messages.clear()


def test_rows_are_filtered_by_area_and_confidence(visit: Visit, tmp_path: Path) -> None:
    matched(visit, tmp_path, TABLE)
    page = visit.page
    page.wait_for_selector(".durchsicht details")
    page.get_by_label("1 Zentrale Verwaltung").check()
    page.get_by_label("ab 90 %").check()
    page.wait_for_selector("text=Eine Zeile.")
    assert "Drehleiter" in page.locator(".durchsicht > details > summary").inner_text()
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.slow
def test_every_row_of_a_large_run_is_reached(visit: Visit, matcher: Matcher, tmp_path: Path) -> None:
    run = large_run(Desk(matcher, Settings()), tmp_path, 2_500, "gross.csv")
    page = visit.open("stapel")
    page.check(f"#laeufe input[value='{run.number}']")
    page.click("#fortsetzen")
    page.wait_for_selector("text=1 bis 200 von 2.500 Zeilen.")
    begin = page.get_by_label("Ab Zeile der Auswahl")
    begin.fill("2402")
    page.wait_for_selector("text=2.402 bis 2.500 von 2.500 Zeilen.")
    assert "Drehleiter DLK 23 Ersatzbeschaffung 2498" in page.locator(".durchsicht > details").nth(97).inner_text()
    page.click("#durchsehen")
    page.wait_for_selector("#projekt h2:has-text('Projekt 1.602 von 1.667: 2402')")
    assert page.locator("#antwort .text").inner_text().endswith(" 2402")
    page.get_by_label("Fehlerhafte").check()
    page.wait_for_selector("text=1 bis 200 von 833 Zeilen.")
    assert begin.input_value() == "1"
    begin.press("ArrowUp")
    page.wait_for_selector("text=2 bis 201 von 833 Zeilen.")
    begin.fill("-3")
    page.wait_for_selector("text=1 bis 200 von 833 Zeilen.")
    begin.fill("")
    page.wait_for_selector("text=1 bis 200 von 833 Zeilen.")
    visit.shot("stapel-gross")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    run.discard()


@pytest.mark.slow
def test_a_run_goes_on_after_the_server_was_killed(browser: Browser, tmp_path: Path) -> None:
    """Killed after the first chunk; a new server offers the run, and the table has every row once."""
    rows = [f"{n};Radweg Nummer {n}" for n in range(3_000)]
    server = start_server(tmp_path)
    context = browser.new_context(locale="de-DE", reduced_motion="reduce")
    visit = Visit(context.new_page(), server.address)
    matched(visit, tmp_path, "id;text\n" + "\n".join(rows) + "\n", "abgebrochen.csv")
    visit.page.locator("#fortschritt", has_text="von 3.000 Zeilen").wait_for(timeout=60_000)
    assert server.stop(signal.SIGKILL) == -9
    (folder,) = [
        path.parent
        for path in (isek_home() / "stapel").glob("*/lauf.json")
        if json.loads(path.read_text("utf-8"))["name"] == "abgebrochen.csv"
    ]
    assert (folder / "zwischenstand").stat().st_size > 1_000 and not (folder / "fertig").exists()
    again = start_server(tmp_path)
    try:
        visit = Visit(context.new_page(), again.address)
        page = visit.open("stapel")
        page.locator("#laeufe label", has_text="abgebrochen.csv").locator("input").check()
        page.click("#fortsetzen")
        page.locator("#fortschritt", has_text="Fertig: 3.000 Zeilen zugeordnet").wait_for(timeout=120_000)
        with page.expect_download() as download:
            page.get_by_role("button", name="Als CSV laden").click()
        written = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines(), delimiter=";"))
        assert [row["id"] for row in written] == [str(n) for n in range(3_000)]
        assert all(row["goal_1"] for row in written)
        page.reload()
        offered = page.locator("#laeufe label", has_text="abgebrochen.csv")
        offered.locator("input").check()
        assert "fertig zugeordnet" in offered.inner_text()
        page.click("#verwerfen")
        page.wait_for_selector("text=Verworfen.")
        assert not folder.exists()
    finally:
        context.close()
        again.stop()


def test_a_stopped_run_leaves_nothing(visit: Visit, tmp_path: Path) -> None:
    matched(visit, tmp_path, "id;text\n" + "".join(f"{n};Radweg Nummer {n}\n" for n in range(20_000)), "gestoppt.csv")
    page = visit.page
    page.wait_for_selector("[role=progressbar]")
    page.click("#abbrechen")
    page.wait_for_selector("text=Abgebrochen.")
    until = time.monotonic() + 20
    while any("gestoppt" in path.read_text("utf-8") for path in (isek_home() / "stapel").glob("*/lauf.json")):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert page.locator("#laeufe label", has_text="gestoppt.csv").count() == 0
    visit.messages.clear()  # Gradio reports the stopped stream on the console
