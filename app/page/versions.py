"""The page of catalogue versions: compare two of them, and take in another city's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from app.access.person import ADMIN, person_of
from app.desk import Desk
from app.page.answer import error_html
from app.page.frame import html, on, on_visit, page_header, page_title, place
from app.page.markup import element, escaped
from data.errors import UserError, reason
from eval.catalogue_changes import CatalogueChanges, Change, catalogue_changes

PATH = "katalog-fassungen"
LEAD = "Zwei Fassungen eines Zielsystems vergleichen, oder den Katalog einer anderen Stadt einlesen."
IMPORTED = (
    "Eingelesen: «{name}» mit {goals} Zielen. Auf der Befehlszeile heißt er «--catalogue {id}»; für die Seiten trägt die "
    "Verwaltung «catalogue: {id}» in die Einstellungen ein und startet den Dienst neu."
)


def versions_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    work = VersionWork(desk)
    page_header(place("katalog"), desk.catalogue.title)
    page_title("Fassungen des Zielkatalogs", LEAD)
    with gr.Column(elem_classes="stapel fassungen"):
        with gr.Row(elem_classes="suche"):
            old = gr.Radio([], label="Frühere Fassung", elem_id="alt")
            new = gr.Radio([], label="Neuere Fassung", elem_id="neu")
        compare = gr.Button("Vergleichen", variant="primary", elem_id="vergleichen", scale=0, min_width=140)
        told = html("", elem_id="meldung")
        html(
            element("h2", "Katalog einlesen")
            + element(
                "p",
                "Eine YAML-Datei mit mindestens catalogue (id, title), areas (id, title) und goals (id, title, area). Sie wird "
                "geprüft; ein eigener Katalog gleicher Kennung wird ersetzt, seine bisherige Fassung bleibt aufbewahrt.",
                class_="leise",
            )
        )
        upload = gr.UploadButton("Katalog öffnen (YAML)", elem_id="katalogdatei", elem_classes="datei", scale=0)
        taken = html("", elem_id="tabelle-stand")
    on_visit(work.visited, [old, new])
    on(compare.click, work.compared, [old, new], told)
    on(upload.upload, work.imported, upload, [taken, old, new])


@dataclass(frozen=True)
class VersionWork:
    """What the page does."""

    desk: Desk

    def visited(self) -> tuple[Any, Any]:
        choices = self.desk.shelf.choices()
        present = self.desk.settings.catalogue
        return gr.update(choices=choices, value=None), gr.update(
            choices=choices, value=present if present in [value for _, value in choices] else None
        )

    def compared(self, old: str | None, new: str | None) -> str:
        try:
            if not old or not new:
                raise UserError("Bitte auf beiden Seiten eine Fassung wählen.")
            return changes_html(catalogue_changes(self.desk.shelf.open(old), self.desk.shelf.open(new)))
        except UserError as error:
            return error_html(str(error))

    def imported(self, path: str | None, request: gr.Request) -> tuple[Any, ...]:
        if path is None:
            return gr.skip(), gr.skip(), gr.skip()
        file = Path(path)
        try:
            if not person_of(request).may(ADMIN):
                raise UserError(
                    "Kataloge einlesen darf nur, wer verwaltet; bitte an die Verwaltung des Zielfinders wenden."
                )
            catalogue = self.desk.take_in(file.read_bytes(), file.name)
        except OSError as error:
            return error_html(f"«{file.name}» lässt sich nicht lesen ({reason(error)})."), gr.skip(), gr.skip()
        except UserError as error:
            return error_html(str(error)), gr.skip(), gr.skip()
        finally:
            file.unlink(missing_ok=True)
        sentence = IMPORTED.format(name=catalogue.name, goals=len(catalogue.goals), id=catalogue.id)
        told = element(
            "div", element("p", escaped(sentence)), class_="zustand mit-ziel", data_ansage="Der Katalog ist eingelesen."
        )
        return told, *self.visited()


def changes_html(changes: CatalogueChanges) -> str:
    """What came, went and changed; profiles, which are editorial, last."""
    goals = [
        _goals("Hinzugekommen", [f"{goal.id} {goal.title}" for goal in changes.added]),
        _goals("Entfallen", [f"{goal.id} {goal.title}" for goal in changes.dropped]),
        _table("Neu gefasst", changes.reworded),
        _table("Verschoben oder mit anderem Status", changes.moved),
        _table("Redaktionelle Profile (kein Beschluss)", changes.profiles),
    ]
    count = sum(map(len, (changes.added, changes.dropped, changes.reworded, changes.moved, changes.profiles)))
    number = "Kein Unterschied" if not count else "Ein Unterschied" if count == 1 else f"{count} Unterschiede"
    sentence = f"{number} zwischen {changes.old} und {changes.new}."
    return element("div", element("p", escaped(sentence)), *goals, class_="unterschiede", data_ansage=escaped(sentence))


def _goals(title: str, names: list[str]) -> str:
    if not names:
        return ""
    return element("section", element("h2", title), element("ul", *(element("li", escaped(name)) for name in names)))


def _table(title: str, changes: tuple[Change, ...]) -> str:
    if not changes:
        return ""
    head = element("tr", *(element("th", name, scope="col") for name in ("Ziel", "Angabe", "Früher", "Jetzt")))
    rows = [
        element(
            "tr",
            element("th", escaped(change.goal), scope="row"),
            *(element("td", escaped(text) or "–") for text in (change.field, change.before, change.after)),
        )
        for change in changes
    ]
    table = element("table", element("thead", head), element("tbody", *rows), class_="vergleich")
    region = element("div", table, class_="rollbar", tabindex=0, role="region", aria_label=title)
    return element("section", element("h2", title), region)
