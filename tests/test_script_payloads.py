"""Markup and scripts in whatever people type or upload are shown as text: none runs, none becomes an element."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from page_fixtures import Visit

from app.page.frame import PLACES
from app.page.site import PAGES_BELOW

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Each would set `lief` to its number, or leave an element with the attribute `fremd`.
PAYLOADS = (
    "<script>lief=1</script>",
    "<img src=x onerror=lief=2 fremd>",
    "<svg onload=lief=3 fremd>",
    '<iframe srcdoc="<script>parent.lief=4</script>" fremd></iframe>',
    '"><img src=x onerror=lief=5 fremd>',
    "'><svg/onload=lief=6 fremd>",
    "</textarea><script>lief=7</script>",
    "</title><script>lief=8</script>",
    "</style></script><script>lief=9</script>",
    '<a href="javascript:lief=10" fremd>klick</a>',
    "[klick](javascript:lief=11)",
    '![bild](x" onerror="lief=12)',
    "<details open ontoggle=lief=13 fremd>",
    "<body onload=lief=14>",
    "<input autofocus onfocus=lief=15 fremd>",
    "<math><mtext><mglyph><style><img src=x onerror=lief=16 fremd>",
    '<object data="javascript:lief=17" fremd></object>',
    '<embed src="javascript:lief=18" fremd>',
    '<meta http-equiv=refresh content="0;url=javascript:lief=19" fremd>',
    "<base href=//boese.example/ fremd>",
    "<link rel=stylesheet href=//boese.example/x.css fremd>",
    "<form action=javascript:lief=22 fremd><button formaction=javascript:lief=22>",
    "<video fremd><source onerror=lief=23></video>",
    "<!--><img src=x onerror=lief=24 fremd>-->",
    "{{constructor.constructor('lief=25')()}}",
    "${lief=26}",
    r"$$\href{javascript:lief=27}{x}$$",
    "&lt;img src=x onerror=lief=28 fremd&gt;",
    '" autofocus onfocus=lief=29 x="',
    "<![CDATA[<img src=x onerror=lief=30 fremd>]]>",
)
FILE_NAME = 'boese "><img src=x onerror=lief=31 fremd>'
ALL = "Fahrradstraße am Stadtwald " + " ".join(PAYLOADS)
QUOTED = {one: one.replace('"', '""') for one in (ALL, *PAYLOADS)}
TABLE = f'id;text;"{QUOTED[ALL]}"\n' + "".join(f'"{QUOTED[one]}";"Radweg {QUOTED[one]}";x\n' for one in PAYLOADS)
CATALOGUE = "catalogue: {id: %(text)s, title: %(text)s}\nareas: [{id: 1, title: %(text)s}]\ngoals: [{id: a, title: %(text)s, area: 9}]\n"


@dataclass(frozen=True)
class Way:
    """A page: the ending and content of a file to upload, and the buttons to press once every text field is filled."""

    path: str
    buttons: tuple[str, ...] = ()
    ending: str = ""
    content: str = ""
    shown: str = "text=/boese/"  # what is there once the file was looked at


# A new page is a line here.
WAYS = (
    Way("", ("#finden", "#speichern"), ".txt", ALL, "#antwort .text"),
    Way("", (), ".png", "x"),
    Way("assistent", ("#finden",)),
    Way("stapel", ("#zuordnen",), ".csv", TABLE),
    Way("stapel", (), ".csv", f"{ALL}\n{ALL}\n"),
    Way("entscheidungen"),
    Way("entscheidungen?nr=%3Cimg%20src%3Dx%20onerror%3Dlief%3D32%20fremd%3E"),
    Way("katalog"),
    Way("katalog#<img src=x onerror=lief=33 fremd>"),
    Way("katalog-bearbeiten?ziel=PB5.4", ("#pruefen",)),
    Way("katalog-bearbeiten?ziel=%3Cimg%20src%3Dx%20onerror%3Dlief%3D34%20fremd%3E", ("#pruefen",)),
    Way("katalog-fassungen", (), ".yaml", CATALOGUE % {"text": json.dumps(ALL)}),
    Way("abdeckung"),
    Way("qualitaet"),
    Way("hilfe"),
)


def fill(visit: Visit) -> None:
    """Type every payload into every field that takes text."""
    for field in visit.page.locator("textarea:visible, input[type=text]:visible, input[type=search]:visible").all():
        if field.is_editable():
            field.fill(ALL)
            field.press("Tab")


def harmless(visit: Visit) -> None:
    visit.page.wait_for_timeout(250)  # for what was shown to be run, if it is
    assert visit.page.evaluate("typeof lief") == "undefined"
    assert visit.page.locator("[fremd]").count() == 0
    assert [message for message in visit.messages if message.startswith(("error", "dialog"))] == []


def test_every_page_has_a_line() -> None:
    pages = {place.path for place in PLACES} | {path for _, path, _ in PAGES_BELOW}
    assert pages <= {way.path.split("?")[0].split("#")[0] for way in WAYS}
    assert len(PAYLOADS) >= 20


def test_the_test_sees_a_payload_that_becomes_an_element(visit: Visit) -> None:
    page = visit.open("hilfe")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<i fremd></i>')")
    with pytest.raises(AssertionError):
        harmless(visit)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.path or 'zuordnen'}{way.ending}"[:40])
def test_no_payload_runs(visit: Visit, way: Way, tmp_path: Path) -> None:
    page = visit.open(way.path)
    if way.ending:
        file = tmp_path / f"{FILE_NAME}{way.ending}"
        file.write_text(way.content, "utf-8")
        page.locator("input[type=file]").first.set_input_files(file)
        page.locator(way.shown).first.wait_for()
        harmless(visit)
    for button in way.buttons:
        fill(visit)
        page.click(button)
        page.locator("#ansage", has_text=re.compile(r"\w")).wait_for(state="attached")
        harmless(visit)
    fill(visit)
    harmless(visit)


def test_a_decision_made_of_payloads_is_shown_as_text_wherever_it_is_seen(visit: Visit) -> None:
    page = visit.open()
    visit.ask(f"Fahrradstraße am Stadtwald mit überdachten Abstellanlagen. {PAYLOADS[0]} {PAYLOADS[1]}")
    for field in page.locator("#antwort fieldset.urteil").all():
        field.get_by_label("Annehmen").check()
    for name in ("titel", "aktenzeichen", "fachdienst", "begruendung", "person"):
        page.locator(f"#{name} :is(textarea, input)").fill(ALL[:180] if name != "begruendung" else ALL)
    page.click("#speichern")
    page.locator("#gespeichert .gespeichert, #speichern-meldung .fehler").first.wait_for()
    harmless(visit)
    assert page.locator("#gespeichert .zustand a").count() == 1, page.locator("#speichern-meldung").inner_text()
    number = str(page.locator("#gespeichert .zustand a").get_attribute("href")).split("nr=")[1]
    page = visit.open(f"entscheidungen?nr={number}")
    page.locator("#entscheidung-einzeln", has_text="<script>lief=1</script>").wait_for()
    harmless(visit)
    page = visit.open("entscheidungen")
    page.locator("#meldung", has_text="<script>lief=1</script>").wait_for()
    harmless(visit)
