"""The page as staff see it, in Debian's Chromium."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from page_fixtures import SCHEMES, Visit, violations

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser

CYCLING = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"
FORM = "Antragsteller: Radverein\nProjekt: Die Goethestraße wird Fahrradstraße.\nBankverbindung: DE00 0000 0000"


def test_a_cycling_project_is_given_the_cycling_goal(visit: Visit) -> None:
    page = visit.open()
    visit.ask(CYCLING)
    card = page.locator(".karte").first
    assert "PB5.4" in card.inner_text() and "%" in card.inner_text()
    assert page.locator(".bereich-ziele h3").first.inner_text().split() == ["5", "Gestaltung", "der", "Umwelt"]
    assert "Fahrradstraße" in page.locator(".text mark").first.inner_text()
    assert page.locator("#ansage").inner_text().startswith("Ergebnis: ein Ziel in den Produktbereichen")
    assert page.locator("#ansage").get_attribute("role") == "status"
    visit.shot("ergebnis-hell")


def test_boilerplate_is_shown_as_not_regarded(visit: Visit) -> None:
    page = visit.open()
    visit.ask(FORM)
    assert [part.split(": ")[0] for part in page.locator(".text .ignoriert").all_inner_texts()] != []
    assert "Bankverbindung" in page.locator(".text .ignoriert").last.inner_text()


def test_no_goal_is_an_answer_of_its_own(visit: Visit) -> None:
    page = visit.open()
    visit.ask("Ich möchte meinen Personalausweis verlängern")
    assert page.locator(".zustand h2").inner_text() == "Kein Ziel passt"
    assert page.locator("#ansage").inner_text() == "Ergebnis: Kein Ziel passt."
    assert page.locator(".karte").count() == 0
    visit.shot("kein-ziel")


def test_an_empty_text_gets_a_german_sentence(visit: Visit) -> None:
    page = visit.open()
    visit.ask("   ")
    assert "Der Text ist leer" in page.locator(".fehler").inner_text()
    visit.shot("fehler")


def test_the_area_filter_narrows_the_goals(visit: Visit) -> None:
    page = visit.open()
    page.get_by_label("4 Gesundheit und Sport").check()
    visit.ask(CYCLING)
    page.locator(".weitere summary").click()
    ids = [text for text in page.locator(".kennung, .gruppe b").all_inner_texts() if text.startswith("PB")]
    assert ids and all(text.startswith("PB4") for text in ids)


def test_markup_in_a_text_is_shown_and_not_run(visit: Visit) -> None:
    page = visit.open()
    hostile = "Fahrradstraße <img src=x onerror=alert(1)><script>alert(2)</script>\n\n# Titel\n\n[x](http://boese.example) `a` $$x$$"
    visit.ask(hostile)
    assert page.locator("#antwort :is(img, script, h1, code, a:not(.kennung))").count() == 0
    assert "<script>alert(2)</script>" in page.locator(".text").inner_text()


def test_the_whole_way_can_be_gone_by_keyboard(visit: Visit) -> None:
    page = visit.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "sprung"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhalt"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.insert_text(CYCLING)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".karte")
    assert "PB5.4" in page.locator(".karte").first.inner_text()


def test_a_document_is_read_and_matched(visit: Visit, tmp_path: Path) -> None:
    page = visit.open()
    document = tmp_path / "antrag.txt"
    document.write_text("Projekt: Lastenräder zum Ausleihen\nIBAN: DE00 0000", "utf-8")
    page.set_input_files("input[type=file]", document)
    page.wait_for_selector("#antwort .karte")
    assert page.input_value("#text textarea").startswith("Projekt: Lastenräder")
    assert "PB5.4" in page.locator(".karte").first.inner_text()
    picture = tmp_path / "bild.png"
    picture.write_bytes(b"x")
    page.set_input_files("input[type=file]", picture)
    page.wait_for_selector("#antwort .fehler")
    assert "gelesen werden .pdf, .docx" in page.locator(".fehler").inner_text()
    assert page.input_value("#text textarea").startswith("Projekt: Lastenräder")


def test_the_catalogue_is_searched_and_opened_by_address(visit: Visit) -> None:
    page = visit.open("katalog#ziel-PB5.4")
    page.wait_for_selector("[id='ziel-PB5.4'][open]")
    assert page.locator("[id='ziel-PB5.4'] blockquote").inner_text() == "Radverkehr und ÖPNV stärken"
    assert page.locator("[id='ziel-PB5.4'] .profil h3").inner_text().endswith("kein Beschluss")
    page.fill("#suche textarea, #suche input", "Drehleiter")
    page.wait_for_selector("text=Ein Ziel gefunden.")
    assert page.locator("details .kennung").first.inner_text() == "PB1.4"
    page.fill("#suche textarea, #suche input", "qqqq")
    page.wait_for_selector("text=Kein Ziel gefunden.")
    visit.shot("katalog-leer")


def test_a_search_is_not_undone_by_the_list_the_page_begins_with(visit: Visit) -> None:
    held: list[Route] = []
    letting = False

    def hold(route: Route) -> None:
        if letting:
            route.continue_()
        else:
            held.append(route)

    visit.page.route("**/gradio_api/run/predict**", hold)
    page = visit.open("katalog")
    page.fill("#suche textarea, #suche input", "Drehleiter")
    page.wait_for_timeout(500)
    letting = True
    assert held
    for route in reversed(held):  # the first call is answered last
        route.continue_()
        page.wait_for_timeout(200)
    page.wait_for_selector("text=Ein Ziel gefunden.")
    page.wait_for_timeout(500)
    assert page.locator("#meldung .katalog > p").inner_text() == "Ein Ziel gefunden."


TABLE = "id;Name;Inhalt\n1;Rad;Fahrradstraße am Stadtwald\n2;leer;\n3;A;Ich möchte meinen Personalausweis verlängern\n"


def test_a_table_goes_in_and_comes_out_with_goals(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("stapel")
    table = tmp_path / "projekte.csv"
    table.write_text(TABLE, "utf-8")
    page.set_input_files("input[type=file]", table)
    page.wait_for_selector("text=Geöffnet: projekte.csv, 3 Spalten")
    page.click("#zuordnen")
    page.wait_for_selector("#fortschritt .fehler")
    assert "keine Textspalte" in page.locator(".fehler").inner_text()
    page.get_by_label("Inhalt").check()
    page.click("#zuordnen")
    page.wait_for_selector(".durchsicht details")
    assert page.locator("#fortschritt p").inner_text() == "Fertig: 3 Zeilen zugeordnet, eine davon fehlerhaft."
    results = page.locator(".durchsicht summary .status").all_inner_texts()
    assert results[0].startswith("PB5.4") and results[1:] == ["fehlerhaft", "kein Ziel"]
    page.locator(".durchsicht summary").first.press("Enter")
    assert "Fahrradstraße" in page.locator(".durchsicht .karte").first.inner_text()
    visit.shot("stapel")
    assert violations(visit) == []
    with page.expect_download() as download:
        page.click("text=Als CSV laden")
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert (download.value.suggested_filename, rows[0]["goal_1"]) == ("projekte-ziele.csv", "PB5.4")
    assert rows[1]["error"].startswith("Der Text ist leer")
    page.get_by_label("Fehlerhafte").check()
    page.wait_for_selector("text=Eine Zeile.")


def test_a_run_over_a_table_can_be_stopped(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("stapel")
    table = tmp_path / "viele.csv"
    table.write_text("id;text\n" + "".join(f"{n};Radweg Nummer {n}\n" for n in range(20_000)), "utf-8")
    page.set_input_files("input[type=file]", table)
    page.wait_for_selector("text=Geöffnet: viele.csv")
    page.click("#zuordnen")
    page.wait_for_selector("[role=progressbar]")
    page.click("#abbrechen")
    page.wait_for_selector("text=Abgebrochen.")
    page.wait_for_timeout(300)
    assert page.locator(".durchsicht").count() == 0
    assert page.locator("#fortschritt p").inner_text().startswith("Abgebrochen.")
    visit.messages.clear()  # Gradio reports the stopped stream on the console


def test_the_assistant_answers_follow_ups_and_quick_replies(visit: Visit) -> None:
    page = visit.open("assistent")
    page.focus("#text textarea")
    page.keyboard.press("Enter")  # nothing to send
    page.keyboard.type("Radfahren")
    page.keyboard.press("Shift+Enter")
    page.keyboard.insert_text(CYCLING)
    assert page.input_value("#text textarea") == f"Radfahren\n{CYCLING}"
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn ol")
    assert page.locator(".turn.gesagt").count() == 1
    assert page.input_value("#text textarea") == ""
    assert "PB5.4" in page.locator(".turn ol li").first.inner_text()
    page.get_by_role("button", name="Warum PB5.4?").click()
    page.wait_for_selector(".turn .stelle")
    assert "PB5.4 Radverkehr" in page.locator("#ansage").inner_text()
    page.fill("#text textarea", "<img src=x onerror=alert(1)> was soll das?")
    page.click("#finden")
    page.wait_for_selector("text=Das habe ich nicht verstanden.")
    assert page.locator("#gespraech img").count() == 0
    visit.shot("assistent")
    assert violations(visit) == []


@pytest.mark.parametrize("path", ["assistent", "stapel", "katalog", "hilfe"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_on_the_other_pages(visit: Visit, path: str, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open(path)
    assert page.get_by_role("navigation", name="Hauptmenü").locator("[aria-current=page]").count() == 1
    if path == "katalog":
        page.get_by_label("5 Gestaltung der Umwelt").check()
        page.wait_for_selector("text=5 Ziele gefunden.")
        page.locator("details summary").first.click()
    visit.shot(f"{path}-{scheme}")
    assert violations(visit) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_goal_an_address_names_is_seen_in_the_list_of_goals(visit: Visit) -> None:
    page = visit.open("katalog-bearbeiten?ziel=PB5.4")
    page.wait_for_selector(".profilkopf h2")
    chosen = page.get_by_label("PB5.4 Radverkehr und ÖPNV stärken")
    assert chosen.is_checked()
    page.wait_for_function("document.querySelector('.zielwahl .wrap:has(label)').scrollTop > 0")
    held = page.locator(".zielwahl .wrap:has(label)").bounding_box()
    seen = chosen.bounding_box()
    assert held and seen and held["y"] <= seen["y"] <= held["y"] + held["height"]
    assert page.evaluate("scrollY") == 0
    visit.shot("profil-bearbeiten")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_page_there_is_none_of_says_so_and_leads_on(visit: Visit, scheme: str) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme)
    answer = page.goto(f"{visit.site}/katalog/gibt-es-nicht")
    assert answer is not None and answer.status == 404
    assert page.locator("h1").inner_text() == "Diese Seite gibt es nicht"
    visit.shot(f"fehlende-seite-{scheme}")
    assert violations(visit) == []
    page.get_by_role("link", name="Hilfe").click()
    page.wait_for_selector("h1:has-text('Hilfe')")
    visit.messages[:] = [said for said in visit.messages if "status of 404" not in said]  # the browser's own complaint


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_and_nothing_foreign_is_asked_for(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open()
    assert page.evaluate("document.documentElement.lang") == "de"
    assert violations(visit) == []
    visit.ask(FORM)
    page.locator(".weitere summary").click()
    visit.shot(f"axe-{scheme}")
    assert violations(visit) == []


def test_320_pixels_need_no_sideways_scrolling(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 320, "height": 640})
    page = visit.open()
    visit.ask(FORM + " Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2)
    page.locator(".weitere summary").click()
    visit.shot("schmal")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
