"""The pages on which the catalogue is edited, compared and taken in, on a small town's catalogue in a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import SMALL
from page_fixtures import RULES, Visit, start_server

from app.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OTHER = 'catalogue: {id: nachbarstadt, title: Ziele der Nachbarstadt}\nareas: [{id: 1, title: Bauen}]\ngoals: [{id: "1.1", title: Mehr Wohnungen bauen, area: 1}]\n'


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose settings choose the small catalogue."""
    home = tmp_path_factory.mktemp("kleinstadt")
    Shelf(home).add(SMALL.encode(), "klein.yaml")
    (home / "settings.yaml").write_text("catalogue: kleinstadt\n", "utf-8")
    return home


@pytest.fixture(scope="module")
def site(town: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("ISEK_HOME", str(town))
        server = start_server(town)
    yield server.address
    status, log = server.stop(), server.log.read_text("utf-8")
    assert (status, "Traceback" in log) == (0, False), log


def violations(visit: Visit) -> list[str]:
    found = Axe().run(visit.page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def test_a_profile_is_tried_saved_and_taken_back(visit: Visit, town: Path) -> None:
    page = visit.open("katalog-bearbeiten?ziel=rad")
    page.wait_for_selector(".profilkopf h2")
    assert page.locator(".profilkopf h2").inner_text().split("\n")[-1].strip() == "rad Radverkehr ausbauen"
    terms = page.locator("#begriffe textarea")
    assert terms.input_value().splitlines() == ["Radweg", "Fahrradbügel", "Fahrradstraße"]
    terms.fill("Radweg\nLastenradverleih\n\nRadweg")
    page.fill("#probe textarea", "Lastenradverleih für Familien")
    page.click("#pruefen")
    page.wait_for_selector(".vergleich", timeout=120_000)
    row = page.locator(".vergleich tbody tr", has_text="rad Radverkehr").inner_text()
    assert row.count("%") == 2
    assert Shelf(town).load("kleinstadt").by_id["rad"].terms[1] == "Fahrradbügel"  # nothing is saved yet
    visit.shot("profil-wirkung")
    assert violations(visit) == []
    page.click("#speichern")
    page.locator("#ansage", has_text="Gespeichert").wait_for(state="attached", timeout=120_000)
    assert Shelf(town).load("kleinstadt").by_id["rad"].terms == ("Radweg", "Lastenradverleih")
    page.click("#zurueck")
    page.locator("#ansage", has_text="zurückgenommen").wait_for(state="attached", timeout=120_000)
    assert terms.input_value().splitlines() == ["Radweg", "Fahrradbügel", "Fahrradstraße"]
    assert Shelf(town).load("kleinstadt").by_id["rad"].terms[1] == "Fahrradbügel"


def test_an_edit_on_an_outdated_page_is_refused_and_the_input_stays(visit: Visit, town: Path) -> None:
    page = visit.open("katalog-bearbeiten?ziel=schule")
    page.wait_for_selector(".profilkopf h2")
    shelf = Shelf(town)
    before = shelf.load("kleinstadt")
    raw, _ = shelf.read("kleinstadt")
    shelf.add(raw + b"# von anderer Hand\n", "klein.yaml")
    page.fill("#bedeutung textarea", "Meine <b>Bedeutung</b>")
    page.click("#speichern")
    page.wait_for_selector(".fehler", timeout=60_000)
    assert "außerhalb dieses Dienstes geändert" in page.locator(".fehler").inner_text()
    assert page.locator("#bedeutung textarea").input_value() == "Meine <b>Bedeutung</b>"
    assert shelf.load("kleinstadt").goals == before.goals
    shelf.undo("kleinstadt", shelf.load("kleinstadt").digest)


def test_without_a_chosen_goal_the_page_says_so(visit: Visit) -> None:
    page = visit.open("katalog-bearbeiten")
    page.click("#pruefen")
    page.wait_for_selector(".fehler")
    assert "Der Text ist leer" in page.locator(".fehler").inner_text()
    page.fill("#probe textarea", "Radweg")
    page.click("#pruefen")
    page.locator(".fehler", has_text="Es ist kein Ziel gewählt").wait_for()


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#katalogdatei")
    chooser.value.set_files(str(file))


def test_another_city_is_taken_in_and_compared(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("katalog-fassungen")
    file = tmp_path / "nachbar <img src=x onerror=alert(1)>.yaml"
    file.write_text(OTHER.replace("area: 1}", "area: 9}"), "utf-8")
    choose(page, file)
    page.wait_for_selector("#tabelle-stand .fehler")
    assert "Zeile 3" in page.locator("#tabelle-stand .fehler").inner_text()
    assert page.locator("#tabelle-stand img").count() == 0
    file.write_text(OTHER, "utf-8")
    choose(page, file)  # a mended file of the same name
    page.wait_for_selector("#tabelle-stand .mit-ziel")
    assert "«nachbarstadt» mit 1 Zielen" in page.locator("#tabelle-stand").inner_text()
    page.locator("#alt").get_by_label("kleinstadt", exact=True).check()
    page.locator("#neu").get_by_label("nachbarstadt", exact=True).check()
    page.click("#vergleichen")
    page.wait_for_selector(".unterschiede")
    told = page.locator(".unterschiede").inner_text()
    assert "4 Unterschiede zwischen kleinstadt@1 und nachbarstadt." in told
    assert "1.1 Mehr Wohnungen bauen" in told and "rad Radverkehr ausbauen" in told
    visit.shot("fassungen")
    assert violations(visit) == []


@pytest.mark.parametrize("path", ["katalog-bearbeiten", "katalog-fassungen"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_accessible_in_light_and_dark_and_narrow(visit: Visit, path: str, dark: bool) -> None:
    visit.page.emulate_media(color_scheme="dark" if dark else "light")
    page = visit.open(f"{path}{'?__theme=dark' if dark else ''}")
    assert violations(visit) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
