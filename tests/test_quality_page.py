"""The quality page in Debian's Chromium: measuring, reading, stopping, and taking decisions over."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from page_fixtures import Server, Visit, start_server
from test_page import violations

from app.decisions.records import ACCEPTED, Draft, GoalVerdict
from app.decisions.store import open_store
from app.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # they measure, one after the other, on one server

CATALOGUE = """
catalogue: {id: kleinstadt, title: Ziele von Kleinstadt, version: "1"}
areas: [{id: umwelt, title: Umwelt und Verkehr}, {id: jugend, title: Jugend und Schule}]
goals:
  - {id: S, title: Stadt für alle sein}
  - {id: rad, title: Radverkehr ausbauen, area: umwelt, terms: [Radweg, Fahrradbügel, Fahrradstraße, Lastenrad, Luftpumpe]}
  - {id: schule, title: Schulen modernisieren, area: jugend, terms: [Schulhof, Klassenzimmer, Lehrküche, Tafel, Mensa]}
"""
DECISIONS = {
    "Radweg am Bach <img src=x onerror=alert(1)>": "rad",
    "Fahrradbügel vor dem Amt": "rad",
    "Lastenrad zum Ausleihen": "rad",
    "Luftpumpe an der Brücke": "rad",
    "Lehrküche für die Grundschule": "schule",
    "Neue Tafeln im Unterricht": "schule",
    "Der Radweg führt am Schulhof vorbei": "schule",
    "Dach der Turnhalle dämmen": "schule",
    "Mensa bauen": "schule",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a small catalogue with nine decisions, in a home of its own."""
    folder = tmp_path_factory.mktemp("kleinstadt")
    (folder / "klein.yaml").write_text(CATALOGUE, "utf-8")
    home = folder / "home"
    store = open_store(Settings(), home)
    for text, goal in DECISIONS.items():
        verdict = GoalVerdict(goal, goal, "umwelt", ACCEPTED)
        store.save(Draft(text[:10], text, (verdict,), "kleinstadt@1", "0" * 64, "isek-de", "1" * 64), "Mai")
    store.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ISEK_HOME", str(home))
        server = start_server(folder, "--catalogue", str(folder / "klein.yaml"))
    yield server
    server.stop()
    log = server.log.read_text("utf-8")
    assert "Traceback" not in log and "Unexpected argument" not in log, log


@pytest.fixture
def there(browser: Browser, town: Server) -> Iterator[Visit]:
    """A visit to the small town's server; nothing foreign is asked for and no script complains."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", reduced_motion="reduce")
    visit = Visit(context.new_page(), town.address)
    yield visit
    context.close()
    assert visit.foreign == []
    assert [message for message in visit.messages if message.startswith(("error", "dialog"))] == []


def test_a_catalogue_without_a_labelled_set_is_told_so_in_place_of_a_result(there: Visit) -> None:
    page = there.open("qualitaet", ready=".texte")
    assert "sind 9 Entscheidungen gespeichert; übernommen wurde noch keine" in page.locator(".texte").inner_text()
    assert page.locator("#messung h2").inner_text() == "Noch nichts gemessen"
    page.click("#messen")
    page.wait_for_selector("#fortschritt .fehler", timeout=60_000)
    assert "gibt es keinen Prüfsatz" in page.locator("#fortschritt .fehler").inner_text()
    assert page.locator("#abbrechen").is_disabled()
    there.shot("qualitaet-fehler")
    assert violations(there) == []


def test_decisions_are_taken_over_measured_and_read(there: Visit) -> None:
    page = there.open("qualitaet", ready=".texte")
    page.click("#uebernehmen")
    page.wait_for_selector("#texte-stand .zustand")
    assert page.locator("#ansage").inner_text().startswith("9 beurteilte Texte aus Entscheidungen")
    assert page.locator(".texte tbody tr").nth(1).locator("td").all_inner_texts()[0] == "9"
    page.get_by_label("Eigene Entscheidungen").check()
    page.wait_for_selector("#teil input[value=all]:checked")
    page.get_by_label("Auch aus den eigenen Entscheidungen gelernt").check()
    page.get_by_label("Ohne Zielprofile").check()
    page.click("#messen")
    page.wait_for_selector("#fortschritt [role=progressbar]")
    page.wait_for_selector(".kacheln", timeout=120_000)
    assert page.locator("#ansage").inner_text() == "Die Messung ist fertig."
    result = page.locator("#messung").inner_text()
    assert "Entscheidungen, alle Texte: 9 Texte" in result and "die Zahlen fallen deshalb zu gut aus" in result
    assert "Auch aus den eigenen Entscheidungen gelernt" in result
    assert page.locator("#messung img").count() == 0
    errors = page.locator(".gemessen .katalog details")
    assert errors.count() >= 1  # a cycle path beside a school yard, decided to be the school's
    errors.first.locator("summary").press("Enter")
    assert "Richtig" in errors.first.inner_text()
    there.shot("qualitaet")
    assert violations(there) == []
    with page.expect_download() as download:
        page.click("text=Fehler (CSV)")
    assert "Radweg" in download.value.path().read_text("utf-8-sig")


def test_the_whole_report_opens_on_this_server_and_leads_back(there: Visit) -> None:
    page = there.open("qualitaet", ready=".gemessen")
    page.click("text=Ganzen Bericht lesen")
    page.wait_for_selector("h1")
    assert page.url.startswith(f"{there.site}/bericht/")
    assert page.locator("svg").count() >= 4
    assert page.locator("img, script").count() == 0
    page.get_by_text("Die Wörter dieses Berichts").click()
    there.shot("qualitaet-bericht")
    assert violations(there) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.click("text=Zurück zum Zielfinder")
    page.wait_for_selector(".gemessen")
    assert page.url == f"{there.site}/qualitaet"


@contextlib.contextmanager
def held(server: Server) -> Iterator[None]:
    """The measurement that is running stands still: nine texts are measured sooner than a busy machine opens a page."""
    threads = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    children = [pid for thread in threads for pid in thread.read_text().split()]
    (pid,) = (int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_measurement_is_followed_by_whoever_opens_the_page_and_can_be_stopped(
    there: Visit, town: Server, browser: Browser
) -> None:
    page = there.open("qualitaet", ready=".texte")
    page.get_by_label("Eigene Entscheidungen").check()
    page.click("#messen")
    page.wait_for_selector("#fortschritt [role=progressbar]")
    before = page.locator("#messungen label").count()
    with held(town):
        other = browser.new_context(locale="de-DE").new_page()
        other.goto(f"{there.site}/qualitaet")
        other.wait_for_selector("#fortschritt [role=progressbar]")
        other.click("#messen")
        other.wait_for_selector("#fortschritt .fehler")
        assert "Es läuft schon eine Messung" in other.locator("#fortschritt .fehler").inner_text()
        other.context.close()
        page.click("#abbrechen")
        page.wait_for_selector("text=Die Messung wird abgebrochen.")
    page.wait_for_selector("text=Die Messung wurde abgebrochen.")
    assert page.locator("#messungen label").count() == before
    assert page.locator("#abbrechen").is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_320_pixels_suffice(there: Visit, scheme: str) -> None:
    there.page.emulate_media(color_scheme=scheme)
    page = there.open("qualitaet", ready=".gemessen")
    page.locator(".gemessen .katalog details summary").first.click()
    there.shot(f"qualitaet-{scheme}")
    assert violations(there) == []
    page.set_viewport_size({"width": 320, "height": 640})
    there.shot(f"qualitaet-schmal-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_shipped_page_starts_with_nothing_measured(visit: Visit) -> None:
    page = visit.open("qualitaet", ready=".texte")
    assert page.get_by_label("Prüfteil: zum Berichten").is_checked()
    assert "Zahlen zum Prüfteil sind zum Berichten da" in page.locator("#teil").inner_text()
    assert page.locator(".texte tbody tr").first.inner_text().split()[-3:] == ["260", "156", "104"]
