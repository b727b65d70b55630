"""Signing in and working below a path, as staff see it: in Debian's Chromium, directly and through nginx."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from page_fixtures import Server, Visit
from playwright.sync_api import Browser
from proxy_fixtures import PASSWORD, PREFIX
from test_page import CYCLING, TABLE, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def visiting(browser: Browser) -> Iterator[Callable[[str], Visit]]:
    """Opens a browser of its own at an address; nothing foreign is asked for and no script complains, or the test fails."""
    visits: list[Visit] = []

    def opened(site: str) -> Visit:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", reduced_motion="reduce")
        visits.append(Visit(context.new_page(), site))
        return visits[-1]

    yield opened
    for visit in visits:
        visit.page.context.close()
    assert [url for visit in visits for url in visit.foreign] == []
    assert [text for visit in visits for text in visit.messages if text.startswith(("error", "dialog"))] == []


def sign_in(visit: Visit, name: str) -> None:
    visit.page.fill("#name", name)
    visit.page.fill("#kennwort", PASSWORD)
    visit.page.get_by_role("button", name="Anmelden").click()
    visit.page.wait_for_selector(".angemeldet")


def test_signing_in_and_out_goes_by_keyboard_and_is_announced(
    department: Server, visiting: Callable[[str], Visit]
) -> None:
    visit = visiting(department.address + PREFIX)
    page = visit.page
    page.goto(f"{visit.site}/hilfe")
    assert page.url == f"{visit.site}/anmelden?weiter=/hilfe"
    assert page.evaluate("document.activeElement.id") == "name"
    page.keyboard.type("petra")
    page.keyboard.press("Tab")
    page.keyboard.type("falsch falsch")
    page.keyboard.press("Enter")
    page.wait_for_selector("#fehler")
    visit.messages.clear()  # the browser notes the 401
    assert page.locator("#fehler").get_attribute("role") == "alert"
    assert (page.input_value("#name"), page.input_value("#kennwort")) == ("petra", "")
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "fehler"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".angemeldet")
    assert page.url == f"{visit.site}/hilfe"
    assert page.locator(".angemeldet").inner_text().split("\n")[0] == "Angemeldet: petra (Bearbeiten)"
    assert violations(visit) == []
    leave = page.get_by_role("button", name="Abmelden")
    leave.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#name")
    assert page.url == f"{visit.site}/anmelden" and page.context.cookies() == []
    page.go_back()
    page.wait_for_selector("#name")  # nothing of the page is kept


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_sign_in_page(
    department: Server, visiting: Callable[[str], Visit], scheme: str
) -> None:
    visit = visiting(department.address + PREFIX)
    visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visit.page.goto(f"{visit.site}/anmelden")
    assert violations(visit) == []
    ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(244, 246, 248)", "dark": "rgb(16, 23, 29)"}[scheme]
    visit.page.fill("#name", "wer")
    visit.page.fill("#kennwort", "falsch falsch")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#fehler")
    visit.messages.clear()
    assert violations(visit) == []
    visit.shot(f"anmelden-{scheme}")
    visit.page.set_viewport_size({"width": 320, "height": 700})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_when_the_sign_in_has_ended_what_was_typed_stays(department: Server, visiting: Callable[[str], Visit]) -> None:
    visit = visiting(department.address + PREFIX)
    page = visit.page
    page.goto(f"{visit.site}/")
    sign_in(visit, "petra")
    page.fill("#text textarea", CYCLING)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.click("#finden")
    page.wait_for_selector("#abgelaufen[role=alert]")
    visit.shot("anmeldung-abgelaufen")
    visit.messages.clear()  # the browser notes the 401
    assert page.locator("#abgelaufen a").get_attribute("href") == "./anmelden"
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.click("#finden")
    page.wait_for_selector(".karte")
    assert page.locator("#abgelaufen").count() == 0 and page.input_value("#text textarea") == CYCLING


def test_behind_nginx_everything_works_below_the_path(
    behind_nginx: str, visiting: Callable[[str], Visit], tmp_path: Path
) -> None:
    """`Visit` counts everything outside of the path as foreign."""
    visit = visiting(behind_nginx)
    page = visit.page
    page.goto(f"{behind_nginx}/stapel")
    sign_in(visit, "petra")
    assert page.url == f"{behind_nginx}/stapel"
    page.get_by_role("link", name="Zuordnen").click()
    page.wait_for_selector("#finden")
    visit.ask(CYCLING)
    assert "PB5.4" in page.locator(".karte").first.inner_text()
    visit.shot("unter-einem-pfad")
    visit.open("stapel")
    table = tmp_path / "projekte.csv"
    table.write_text(TABLE.replace("Inhalt", "text"), "utf-8")
    page.set_input_files("input[type=file]", table)
    page.wait_for_selector("text=Geöffnet: projekte.csv")
    page.click("#zuordnen")
    page.wait_for_selector(".durchsicht details")
    with page.expect_download() as download:
        page.get_by_text("Als CSV laden").click()
    assert download.value.url.startswith(f"{behind_nginx}/gradio_api/file=")
    assert "PB5.4" in download.value.path().read_text("utf-8-sig")
    assert statuses(behind_nginx, download.value.url) == {"petra": 200, "otto": 403, "": 401}


def statuses(site: str, url: str) -> dict[str, int]:
    """What petra, otto and somebody unknown get at an address."""
    found = {}
    for name in ("petra", "otto", ""):
        with httpx.Client(timeout=60) as client:
            if name:
                client.post(f"{site}/anmelden", data={"name": name, "kennwort": PASSWORD})
            found[name] = client.get(url).status_code
    return found


def test_behind_nginx_nobody_can_call_themselves_somebody_else(behind_nginx: str) -> None:
    forged = {"X-Remote-User": "petra", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "boese.example"}
    assert httpx.get(f"{behind_nginx}/", headers=forged, timeout=60).status_code == 401
    page = httpx.get(f"{behind_nginx}/", headers={**forged, "Accept": "text/html"}, timeout=60)
    assert page.headers["location"] == f"{PREFIX}/anmelden?weiter=/"


def test_the_program_tells_a_client_below_the_path(department: Server) -> None:
    from gradio_client import Client

    named = httpx.get(f"{department.address}{PREFIX}/config", headers={"X-Remote-User": "otto"}, timeout=60)
    assert named.status_code == 200 and re.search(r"/zielfinder$", named.json()["root"])
    client = Client(
        department.address + PREFIX, verbose=False, analytics_enabled=False, headers={"X-Remote-User": "otto"}
    )
    try:
        assert client.predict(CYCLING, api_name="/match")["goals"][0]["id"] == "PB5.4"
    finally:
        client.close()
