"""Deciding and finding decisions again as staff do it, in Debian's Chromium."""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from page_fixtures import SCHEMES, Visit, start_server, violations

from app.access.accounts import Accounts
from app.database import open_database
from app.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

BIKE = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"
TWO = "Die Grundschule bekommt eine Lehrküche. Für den Schulweg entsteht eine Fahrradstraße mit Abstellanlagen."
EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def unique(words: str) -> str:
    """A title that no earlier run of the tests has left in the database."""
    return f"{words} {uuid.uuid4().hex[:10]}"


def judge(page: Page, *accepted: str) -> None:
    """Accept the named suggestions and reject the others."""
    for field in page.locator("#antwort fieldset.urteil").all():
        word = "Annehmen" if field.get_attribute("data-ziel") in accepted else "Ablehnen"
        field.get_by_label(word).check()


def save(page: Page) -> str:
    """Save, and return the number of the project."""
    page.click("#speichern")
    page.wait_for_selector("#gespeichert .gespeichert")
    link = page.locator("#gespeichert .zustand a")
    return str(link.get_attribute("href")).split("nr=")[1]


def decided(visit: Visit, title: str, text: str = BIKE, goal: str = "PB5.4") -> str:
    """Decide about a text on the page, and return the number of the project."""
    page = visit.open()
    visit.ask(text)
    judge(page, goal)
    page.get_by_label("Titel").fill(title)
    return save(page)


def test_a_refusal_goes_with_the_next_verdict_and_comes_back(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    refused = page.locator("#speichern-meldung .fehler")
    for _ in range(2):
        page.click("#speichern")
        refused.wait_for()
        page.locator("#antwort fieldset.urteil").first.get_by_label("Grund").dispatch_event("change")
        refused.wait_for(state="hidden")
    judge(page, "PB5.4")
    save(page)


def test_an_application_is_judged_saved_and_confirmed(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    assert page.get_by_label("Titel").input_value() == BIKE
    judge(page, "PB5.4")
    title = unique("Fahrradstraße")
    page.get_by_label("Titel").fill(title)
    page.get_by_label("Aktenzeichen").fill("66.1-2026/17")
    page.get_by_label("Zuständiger Fachdienst").fill("Tiefbau und Grünflächen")
    page.get_by_label("Begründung").fill("Schließt eine Lücke.")
    page.get_by_label("Entschieden von").fill("Kim Beispiel")
    page.locator("#antwort fieldset.urteil").first.get_by_label("Grund").fill("Genau dafür ist das Ziel da.")
    number = save(page)
    assert page.evaluate("document.activeElement.textContent") == "Gespeichert"
    assert page.locator("#ansage").inner_text() == f"Gespeichert als Projekt Nummer {number}, Fassung 1."
    paper = page.locator("#vorlage").inner_text()
    for part in (
        title,
        "66.1-2026/17",
        "Tiefbau und Grünflächen",
        "- PB5.4 Radverkehr",
        "Grund: Genau dafür",
        "Kim Beispiel",
    ):
        assert part in paper
    visit.shot("entscheidung-gespeichert")
    assert violations(visit) == []
    page.get_by_role("button", name="Text kopieren").click()
    page.wait_for_selector("text=/Der Text ist (kopiert|markiert)/")
    page.click("#naechstes")
    page.wait_for_selector("#antwort .leer")
    assert page.input_value("#text textarea") == "" and page.locator("#speichern").count() == 0


def test_an_error_keeps_every_field_and_is_told(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    page.get_by_label("Begründung").fill("Bleibt stehen")
    page.locator("#antwort fieldset.urteil").first.get_by_label("Annehmen").check()
    page.locator("#antwort fieldset.urteil").first.get_by_label("Grund").fill("Bleibt auch")
    page.get_by_label("Entschieden von").fill(" ")
    page.click("#speichern")
    page.wait_for_selector("#speichern-meldung .fehler")
    assert page.locator("#ansage").inner_text().startswith("Nicht gespeichert.")
    assert page.get_by_label("Begründung").input_value() == "Bleibt stehen"
    assert page.locator("#antwort fieldset.urteil").first.get_by_label("Grund").input_value() == "Bleibt auch"
    visit.shot("entscheidung-fehler")
    assert violations(visit) == []


def test_a_text_changed_after_the_answer_is_not_saved(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    judge(page, "PB5.4")
    page.fill("#text textarea", BIKE + " und mehr")
    assert page.locator("#antwort .veraltet").is_visible()
    page.click("#speichern")
    page.wait_for_selector("#speichern-meldung .fehler")
    assert "Der Text wurde nach dieser Antwort geändert" in page.locator("#speichern-meldung").inner_text()
    visit.ask(BIKE + " und mehr")
    judge(page, "PB5.4")
    save(page)


def leaves(page: Page, unsaved: bool) -> None:
    """Load the page again: the browser asks whether to, and is told to stay, only where something is unsaved."""
    if unsaved:
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => location.reload())")
        assert asked.value.type == "beforeunload"
    else:
        page.reload()
        page.wait_for_selector("#ansage", state="attached")


@pytest.mark.slow
def test_whoever_leaves_is_asked_only_where_something_is_unsaved(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    leaves(page, unsaved=False)  # an answer alone can be had again
    visit.ask(BIKE)
    judge(page, "PB5.4")
    leaves(page, unsaved=True)
    assert page.locator("#antwort [data-ziel='PB5.4'] [data-urteil=accepted]").is_checked()
    visit.ask(BIKE)  # which keeps the verdicts
    leaves(page, unsaved=True)
    number = save(page)
    leaves(page, unsaved=False)
    visit.open(f"?nr={number}", "#speichern")
    leaves(page, unsaved=False)
    page.wait_for_selector("#speichern")
    page.get_by_label("Begründung").fill("Noch nicht gespeichert")
    leaves(page, unsaved=True)
    page.click("#leeren")
    page.wait_for_selector("#antwort .leer")
    leaves(page, unsaved=False)
    visit.ask(TWO)
    page.get_by_role("button", name="Alle annehmen").click()
    leaves(page, unsaved=True)
    visit.ask(BIKE)  # another project: what was ticked is gone
    leaves(page, unsaved=False)
    assert visit.messages.count("dialog") == 4
    visit.messages.clear()


def test_the_same_question_asked_again_is_answered_again_and_keeps_the_verdicts(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    judge(page, "PB5.4")
    page.evaluate("document.querySelector('#antwort .antwort').dataset.alt = 'ja'")
    visit.ask(BIKE)
    assert page.locator("#antwort .antwort").get_attribute("data-alt") is None
    assert page.locator("#antwort.wartet").count() == 0
    assert page.locator("#antwort [data-ziel='PB5.4'] [data-urteil=accepted]").is_checked()


def test_a_goal_is_added_by_search_and_made_the_primary_one(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    judge(page, "PB5.4")
    page.locator(".weitere summary").click()
    page.get_by_label("Im ganzen Zielkatalog suchen").fill("drehleiter")
    assert page.locator("#ziel-suche-stand").inner_text() == "Ein weiteres Ziel gefunden."
    page.locator("[data-suche]:visible input").check()
    page.get_by_text("Welches ist das Hauptziel?").wait_for()
    page.locator("#ausgewaehlt").get_by_label("PB1.4").check()
    page.get_by_label("Titel").fill(unique("Drehleiter"))
    save(page)
    lines = page.locator("#vorlage").inner_text().splitlines()
    kept = [line for line in lines if line.startswith("- PB")]
    assert kept[0].startswith("- PB1.4") and "Hauptziel" in kept[0] and "von Hand ergänzt" in kept[0]
    assert kept[1].startswith("- PB5.4") and "Produktbereich: 1 Zentrale Verwaltung" in lines


def test_no_goal_fits_is_a_decision_that_rejects_the_suggestions(visit: Visit) -> None:
    page = visit.open()
    visit.ask(BIKE)
    page.get_by_label("Kein Ziel passt").check()
    assert (
        page.locator("#antwort [data-urteil=rejected]:checked").count()
        == page.locator("#antwort fieldset.urteil").count()
    )
    save(page)
    assert "Ergebnis: Kein Ziel passt." in page.locator("#vorlage").inner_text()
    page.click("#aendern")
    page.locator("#antwort fieldset.urteil").first.get_by_label("Annehmen").check()
    assert not page.get_by_label("Kein Ziel passt").is_checked()
    assert save(page)
    assert ", Fassung 2," in page.locator("#gespeichert .zustand").inner_text()


def test_all_suggestions_can_be_judged_at_once(visit: Visit) -> None:
    page = visit.open()
    visit.ask(TWO)
    page.get_by_role("button", name="Alle annehmen").click()
    assert (
        page.locator("#antwort [data-urteil=accepted]:checked").count()
        == page.locator("#antwort fieldset.urteil").count()
        >= 2
    )
    page.get_by_role("button", name="Übrige ablehnen").click()
    assert page.locator("#antwort [data-urteil=rejected]:checked").count() == 0


def test_a_decision_is_saved_by_keyboard_alone(visit: Visit) -> None:
    page = visit.open()
    press = page.keyboard.press
    press("Tab")
    press("Enter")
    press("Tab")
    page.keyboard.insert_text(BIKE)
    press("Control+Enter")
    page.wait_for_selector("#speichern")
    page.wait_for_function("document.activeElement.matches('#antwort h2')")
    count = page.locator("#antwort fieldset.urteil").count()
    judged = 0
    for _ in range(40):
        press("Tab")
        here = "document.activeElement"
        if page.evaluate(f"{here}.matches('#antwort fieldset.urteil input')"):
            press("Space" if judged == 0 else "ArrowRight")  # the first goal is accepted, the others are rejected
            judged += 1
        if judged == count and page.evaluate(f"{here}.matches('#fachdienst input')"):
            break
    assert judged == count
    page.keyboard.insert_text("Nur Tastatur")
    press("Control+Enter")
    page.wait_for_selector("#gespeichert .gespeichert")
    paper = page.locator("#vorlage").inner_text()
    assert "Fachdienst: Nur Tastatur" in paper and "- PB5.4" in paper


@pytest.mark.slow
def test_two_people_who_change_the_same_decision_are_told(visit: Visit, browser: Browser) -> None:
    number = decided(visit, unique("Streit"))
    context = browser.new_context(locale="de-DE", reduced_motion="reduce")
    second = Visit(context.new_page(), visit.site)
    for who in (visit, second):
        who.open(f"?nr={number}")
        who.page.wait_for_selector("#speichern")
    second.page.get_by_label("Entschieden von").fill("Uli Muster")
    save(second.page)
    context.close()
    page = visit.page
    page.get_by_label("Titel").fill("Mein Stand")
    page.click("#speichern")
    page.wait_for_selector("#speichern-meldung .fehler")
    assert "Uli Muster hat das Projekt" in page.locator("#speichern-meldung").inner_text()
    assert page.get_by_label("Titel").input_value() == "Mein Stand"
    visit.shot("entscheidung-widerspruch")
    page.click("#trotzdem")
    page.wait_for_selector("#gespeichert .gespeichert")
    assert ", Fassung 3," in page.locator("#gespeichert .zustand").inner_text()


def test_a_decision_is_found_opened_and_its_history_read(visit: Visit) -> None:
    title = unique("Suchbares")
    number = decided(visit, title)
    page = visit.page
    page.click("#aendern")
    page.get_by_label("Zuständiger Fachdienst").fill("Stadtplanung")
    save(page)
    visit.open("entscheidungen")
    page.get_by_label("Suchen", exact=True).fill(title)
    page.wait_for_selector("text=Eine Entscheidung gefunden.")
    page.get_by_role("link", name=title).click()
    page.wait_for_selector(".einzeln")
    assert page.url.endswith(f"/entscheidungen?nr={number}")
    assert page.locator("#ansage").inner_text() == f"Projekt Nummer {number} geöffnet, 2 Fassungen."
    history = page.locator(".verlaufsliste").inner_text()
    assert re.search(r"Fassung 2.*Fachdienst\s+.*Stadtplanung.*Fassung 1\n", history, re.DOTALL)
    visit.shot("entscheidung-geschichte")
    assert violations(visit) == []
    page.go_back()
    page.wait_for_selector(".liste")
    assert page.get_by_label("Suchen", exact=True).input_value() == title
    with page.expect_download() as download:
        page.click("#als-csv")
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [(row["nr"], row["titel"], row["hauptziel"]) for row in rows] == [(number, title, "PB5.4")]
    page.get_by_label("Von Tag").fill("gestern")
    page.get_by_label("Von Tag").press("Enter")
    page.wait_for_selector("#meldung-oben .fehler")
    assert "erwartet einen Tag wie" in page.locator("#meldung-oben").inner_text()
    assert page.locator(".liste").count() == 0  # that of the search before is no answer


def test_a_decision_is_withdrawn_and_its_texts_deleted_each_after_a_second_question(visit: Visit) -> None:
    title = unique("Vergängliches")
    number = decided(visit, title)
    page = visit.open(f"entscheidungen?nr={number}")
    page.wait_for_selector(".einzeln")
    page.click("#zuruecknehmen")
    page.wait_for_selector("#ruecknahme")
    visit.shot("entscheidung-zuruecknehmen")
    assert violations(visit) == []
    page.click("#jetzt-zurueck")
    page.wait_for_selector("#meldung-oben .fehler")
    page.locator("#ruecknahme-grund textarea").fill("Antrag zurückgezogen")
    page.click("#jetzt-zurueck")
    page.wait_for_selector("#meldung-oben .mit-ziel")
    assert "zurückgenommen" in page.locator(".einzeln .marken").inner_text()
    page.click("#loeschen")
    page.click("#jetzt-loeschen")
    page.wait_for_selector("text=in allen Fassungen gelöscht")
    whole = page.locator(".einzeln").inner_text()
    assert title not in whole and BIKE not in whole and "PB5.4" in whole and "Texte gelöscht" in whole
    visit.shot("entscheidung-geloescht")
    assert violations(visit) == []


@pytest.mark.slow
def test_markup_in_every_field_is_shown_and_not_run(visit: Visit, tmp_path: Path) -> None:
    page = visit.open()
    document = tmp_path / "<img src=x onerror=alert(3)>.txt"
    document.write_text(f"Projekt: {BIKE} {EVIL}\nAktenzeichen: {EVIL}", "utf-8")
    page.set_input_files("input[type=file]", document)
    page.wait_for_selector("#speichern")
    judge(page, "PB5.4")
    if page.locator("#antwort fieldset.urteil").count() == 0:
        page.get_by_label("Kein Ziel passt").check()
    for label in ("Titel", "Aktenzeichen", "Entschieden von", "Zuständiger Fachdienst", "Begründung"):
        page.get_by_label(label).fill(EVIL)
    for field in page.locator("#antwort fieldset.urteil").all():
        field.get_by_label("Grund").fill(EVIL)
    number = save(page)
    places = ("", "entscheidungen", f"entscheidungen?nr={number}", f"?nr={number}")
    for path in places:
        visit.open(path)
        page.wait_for_timeout(700)
        assert page.locator(":is(.ausgabe, .entscheidungen) :is(img, script, iframe)").count() == 0, path
    assert page.get_by_label("Titel").input_value() == EVIL


def test_the_assistant_saves_a_decision_once_it_is_confirmed(visit: Visit) -> None:
    page = visit.open("assistent")
    for said in (BIKE, "übernimm 1"):
        page.fill("#text textarea", said)
        page.click("#finden")
        page.wait_for_selector(f".turn.gesagt >> text={said}")
    page.get_by_role("button", name="Speichern", exact=True).click()
    page.wait_for_selector("text=Soll ich das so speichern?")
    page.get_by_role("button", name="Ja, speichern").click()
    page.wait_for_selector("text=/Gespeichert als Projekt Nr/")
    visit.shot("assistent-gespeichert")
    assert violations(visit) == []
    page.get_by_role("link", name="ergänzen").click()
    page.wait_for_selector("#speichern")
    assert page.get_by_label("Titel").input_value() == BIKE
    assert page.locator("#antwort [data-urteil=accepted]:checked").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_while_judging_and_in_the_list(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open()
    visit.ask(TWO)
    page.get_by_role("button", name="Alle annehmen").click()
    page.locator(".weitere summary").click()
    visit.shot(f"urteile-{scheme}")
    assert violations(visit) == []
    page.get_by_label("Titel").fill(unique("Axe"))
    save(page)
    visit.open("entscheidungen")
    page.wait_for_selector(".liste")
    visit.shot(f"entscheidungen-{scheme}")
    assert violations(visit) == []


def test_320_pixels_need_no_sideways_scrolling_anywhere(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 320, "height": 640})
    page = visit.open()
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    visit.ask(f"{TWO} {long}")
    page.get_by_role("button", name="Alle annehmen").click()
    page.locator(".weitere summary").click()
    page.get_by_label("Aktenzeichen").fill(long)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= 320
    page.get_by_label("Titel").fill(f"{unique('Schmal')} {long}")
    number = save(page)
    visit.shot("schmal-gespeichert")
    assert page.evaluate(wide) <= 320
    for path, ready in (("entscheidungen", ".liste"), (f"entscheidungen?nr={number}", ".einzeln")):
        visit.open(path, ready)
        visit.shot(f"schmal-{ready[1:]}")
        assert page.evaluate(wide) <= 320


@pytest.mark.slow
def test_the_print_of_a_decision_holds_the_paper_and_no_controls(visit: Visit, tmp_path: Path) -> None:
    from pypdf import PdfReader

    visit.page.emulate_media(color_scheme="dark")
    title = unique("Druckbares")
    number = decided(visit, title)
    page = visit.page
    pages = {}
    for path, ready in (("", "#gespeichert .gespeichert"), (f"entscheidungen?nr={number}", ".einzeln")):
        if path:
            visit.open(path, ready)
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.querySelector('pre')).color") == "rgb(0, 0, 0)"
        visit.shot(f"druck-{ready.rpartition('.')[2]}")
        file = tmp_path / "druck.pdf"
        page.pdf(path=file)
        pages[path] = " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(file).pages).split())
    for text in pages.values():
        assert title in text and "PB5.4" in text and "Entschieden von" in text
        assert not re.search(r"Ziele finden|Nächstes Projekt|Text kopieren|Zur Liste|Zurücknehmen|Assistent", text)
    assert "Ihre Auswahl" not in pages[""] and "Sprachmodell isek-de (Prüfsumme" in pages[""]


@pytest.fixture
def own_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with the index of the session and nothing else."""
    for built in ("index", "vectors"):
        (tmp_path / built).symlink_to(home / built)
    monkeypatch.setenv("ISEK_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def fresh(browser: Browser, own_home: Path) -> Iterator[Visit]:
    """A visit to a server with an empty database."""
    server = start_server(own_home)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", reduced_motion="reduce")
    yield Visit(context.new_page(), server.address)
    context.close()
    server.stop()


@pytest.mark.slow
def test_without_decisions_the_page_says_how_to_make_one(fresh: Visit) -> None:
    page = fresh.open("entscheidungen")
    page.wait_for_selector("#meldung .leer")
    assert "Noch ist nichts entschieden" in page.locator("#meldung").inner_text()
    fresh.shot("entscheidungen-leer")
    assert violations(fresh) == []
    fresh.open("entscheidungen?nr=99")
    page.wait_for_selector("#meldung-oben .fehler")
    assert "Ein Projekt mit der Nummer 99 gibt es nicht." in page.locator("#meldung-oben").inner_text()


PASSWORD = "viele Räder am Markt"


@pytest.fixture
def guarded(browser: Browser, own_home: Path) -> Iterator[Visit]:
    """A visit to a server that asks for a sign-in; «otto» may read, «petra» may edit."""
    accounts = Accounts(open_database(Settings()))
    accounts.add("otto", "reader", PASSWORD)
    accounts.add("petra", "editor", PASSWORD)
    (own_home / "settings.yaml").write_text("sign_in: true\n", "utf-8")
    server = start_server(own_home)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", reduced_motion="reduce")
    yield Visit(context.new_page(), server.address)
    context.close()
    server.stop()


def sign_in(visit: Visit, name: str) -> None:
    page = visit.page
    page.context.clear_cookies()
    page.goto(f"{visit.site}/anmelden")
    page.fill("[name=name]", name)
    page.fill("[name=kennwort]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#inhalt")


@pytest.mark.slow
def test_who_may_only_read_cannot_save_and_who_is_signed_in_cannot_decide_as_somebody_else(guarded: Visit) -> None:
    page = guarded.page
    sign_in(guarded, "petra")
    guarded.open()
    guarded.ask(BIKE)
    judge(page, "PB5.4")
    assert page.get_by_label("Entschieden von").is_disabled()
    assert page.get_by_label("Entschieden von").input_value() == "petra"
    number = save(page)
    assert "von petra am" in page.locator("#gespeichert").inner_text()
    guarded.open(f"entscheidungen?nr={number}", ".einzeln")
    page.wait_for_selector("#zuruecknehmen")
    assert page.locator("#loeschen").count() == 0  # for those who may administer
    sign_in(guarded, "otto")
    guarded.open()
    guarded.ask(BIKE)
    page.wait_for_selector("#hinweis .vermerk")
    assert "mit dem Recht «Lesen» angemeldet" in page.locator("#hinweis").inner_text()
    assert page.locator("#speichern").is_disabled()
    guarded.shot("entscheidung-nur-lesen")
    assert violations(guarded) == []
    guarded.open(f"entscheidungen?nr={number}", ".einzeln")
    page.wait_for_timeout(500)
    assert page.locator("#zuruecknehmen, #loeschen, #bearbeiten").count() == 0
