"""The page on which a goal's profile is edited: tried on a text first, saved second, taken back if need be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.access.person import ADMIN, person_of
from app.desk import Desk
from app.page.answer import error_html
from app.page.confidence import in_percent
from app.page.frame import html, on, on_visit, page_header, page_title, place
from app.page.markup import element, escaped, spoken
from data.catalogue import Catalogue, Goal
from data.catalogue_edit import Profile
from data.errors import UserError
from index.result import Hit, Match

PATH = "katalog-bearbeiten"
LEAD = "Bedeutung, Begriffe und Beispiele eines Ziels. Der Wortlaut des Beschlusses bleibt, wie er ist."
SHOWN = 5  # goals of the trial text on each side
Form = tuple[str, str, str, str]


def profile_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    work = ProfileWork(desk)
    page_header(place("katalog"), desk.catalogue.title)
    page_title("Zielprofil bearbeiten", LEAD)
    seen = gr.State("")
    with gr.Row(elem_classes="arbeit profilarbeit"):
        with gr.Column(elem_classes="eingabe", min_width=280):
            goal = gr.Radio(_choices(desk.catalogue), label="Ziel", elem_id="ziel", elem_classes="zielwahl")
        with gr.Column(elem_classes="eingabe ausgabe", min_width=280):
            head = html(_nothing_chosen(), elem_id="profilkopf")
            form = _form()
            trial = gr.Textbox(
                label="Probetext", info="Wie ändert sich die Antwort auf diesen Text?", lines=2, elem_id="probe"
            )
            with gr.Row(elem_classes="knoepfe"):
                try_out = gr.Button("Wirkung prüfen", elem_id="pruefen", min_width=170, scale=0)
                save = gr.Button("Speichern", variant="primary", elem_id="speichern", min_width=120, scale=0)
                undo = gr.Button("Letzte Änderung zurücknehmen", size="sm", elem_id="zurueck", scale=0)
            told = html("", elem_id="meldung")
    fields = [*form]
    loaded = [head, *fields, seen]
    on_visit(work.visited, [goal, *loaded])
    on(goal.input, work.chosen, goal, loaded)
    _heavy(try_out, work.tried, [goal, *fields, trial], told, told)
    _heavy(save, work.saved, [goal, *fields, seen], [told, head, seen], told)
    _heavy(undo, work.undone, [goal, seen], [told, *loaded], told)


@dataclass(frozen=True)
class ProfileWork:
    """What the page does: methods, for Gradio hands the request to them and not to partials."""

    desk: Desk

    def visited(self, request: gr.Request) -> tuple[Any, ...]:
        """The choice as it is now; the goal named in the address (`?ziel=`) is opened."""
        wanted = dict(request.query_params).get("ziel")
        goal = wanted if wanted in self.desk.catalogue.by_id else None
        return gr.update(choices=_choices(self.desk.catalogue), value=goal), *self.chosen(goal)

    def chosen(self, identity: str | None) -> tuple[Any, ...]:
        """Head and fields of a goal, and the digest of the catalogue they come from."""
        catalogue = self.desk.catalogue
        goal = catalogue.by_id.get(str(identity))
        if goal is None:
            return _nothing_chosen(), "", "", "", gr.update(value="", visible=False), catalogue.digest
        profile = Profile.of(goal)
        crosscutting = gr.update(value="\n".join(profile.crosscutting), visible=goal.area is None)
        return (
            _head(goal),
            profile.meaning,
            "\n".join(profile.terms),
            "\n".join(profile.examples),
            crosscutting,
            catalogue.digest,
        )

    def tried(
        self,
        goal: str | None,
        meaning: str,
        terms: str,
        examples: str,
        crosscutting: str,
        text: str,
        request: gr.Request,
    ) -> str:
        """The trial text's answer before and after the change; nothing is saved."""
        try:
            _may(request)
            before = self.desk.match(text)
            profile = Profile.typed(meaning, terms, examples, crosscutting or "")
            after = self.desk.with_profile(_needed(goal), profile).match(text)
        except UserError as error:
            return error_html(str(error))
        return effect_html(before, after)

    def saved(
        self,
        goal: str | None,
        meaning: str,
        terms: str,
        examples: str,
        crosscutting: str,
        seen: str,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """Save the profile, and answer by it from now on."""
        try:
            _may(request)
            profile = Profile.typed(meaning, terms, examples, crosscutting or "")
            self.desk.save_profile(_needed(goal), profile, seen)
        except UserError as error:
            return error_html(str(error)), gr.skip(), gr.skip()
        sentence = f"Gespeichert. Das Profil von {goal} gilt ab jetzt für alle Antworten."
        return _done(sentence), _head(self.desk.catalogue.by_id[_needed(goal)]), self.desk.catalogue.digest

    def undone(self, goal: str | None, seen: str, request: gr.Request) -> tuple[Any, ...]:
        """Take the catalogue's last change back."""
        try:
            _may(request)
            self.desk.undo_catalogue(seen)
        except UserError as error:
            return error_html(str(error)), *[gr.skip()] * 6
        return _done("Die letzte Änderung am Zielkatalog ist zurückgenommen."), *self.chosen(goal)


def _heavy(button: gr.Button, action: Any, inputs: Any, outputs: Any, told: Any) -> None:
    """Tie a button to an action that computes an index: one at a time, after the person has been told."""
    on(button.click, _working, None, told).then(
        action,
        inputs,
        outputs,
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="katalog",
    )


def _form() -> tuple[gr.Textbox, ...]:
    lines = "Eine Zeile je Eintrag."
    return (
        gr.Textbox(
            label="Bedeutung", info="In zwei, drei Sätzen: Was gehört zu diesem Ziel?", lines=3, elem_id="bedeutung"
        ),
        gr.Textbox(
            label="Begriffe", info=f"Fachwörter und Abkürzungen. {lines}", lines=5, max_lines=12, elem_id="begriffe"
        ),
        gr.Textbox(
            label="Typische Vorhaben",
            info=f"In den Worten der Antragstellenden; davon hängt die Güte am meisten ab. {lines}",
            lines=7,
            max_lines=16,
            elem_id="beispiele",
        ),
        gr.Textbox(
            label="Dient auch diesem Ziel",
            info=f"Nur gesamtstädtisch: Vorhaben eines Produktbereichs, die diesem Ziel ebenfalls dienen. {lines}",
            lines=4,
            max_lines=12,
            elem_id="querschnitte",
            visible=False,
        ),
    )


def _choices(catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(f"{goal.id} {goal.title}", goal.id) for goal in catalogue.goals]


def _nothing_chosen() -> str:
    return element("div", element("p", "Bitte links ein Ziel wählen."), class_="leer")


def _working() -> str:
    sentence = "Der Suchindex wird mit der Änderung neu gerechnet; das dauert einige Sekunden."
    return element("p", sentence, class_="leise", data_ansage=sentence)


def _head(goal: Goal) -> str:
    name = element("h2", element("span", escaped(goal.id), class_="kennung"), " ", escaped(goal.title))
    source = element("blockquote", escaped(goal.source)) if goal.source else ""
    count = f"{len(goal.terms)} Begriffe, {len(goal.examples)} typische Vorhaben."
    return element("div", name, source, element("p", count, class_="leise"), class_="profilkopf")


def _may(request: gr.Request) -> None:
    if not person_of(request).may(ADMIN):
        raise UserError("Profile ändern darf nur, wer verwaltet; bitte an die Verwaltung des Zielfinders wenden.")


def _needed(goal: str | None) -> str:
    if not goal:
        raise UserError("Es ist kein Ziel gewählt; bitte links eines wählen.")
    return goal


def _done(sentence: str) -> str:
    return element("div", element("p", escaped(sentence)), class_="zustand mit-ziel", data_ansage=sentence)


def effect_html(before: Match, after: Match) -> str:
    """The best goals of both levels before and after, side by side in one table."""
    rows = [_row(goal, before, after) for goal in _affected(before, after)]
    names = ("Ziel", "Bisher", "Mit der Änderung")
    head = element("tr", *(element("th", name, scope="col") for name in names))
    sentence = _verdict(before, after)
    table = element("table", element("thead", head), element("tbody", *rows), class_="vergleich")
    return element(
        "div", element("h3", "Wirkung auf den Probetext"), element("p", sentence), table, data_ansage=sentence
    )


def _affected(before: Match, after: Match) -> list[str]:
    """The ids of the first goals of each list, in the order of the new answer."""
    best = [hit.id for match in (after, before) for hit in (*match.goals[:SHOWN], *match.citywide[:2])]
    return list(dict.fromkeys(best))


def _row(goal: str, before: Match, after: Match) -> str:
    old, new = _hit(before, goal), _hit(after, goal)
    title = next((hit.title for hit in (new, old) if hit), "")
    name = element("th", element("b", escaped(goal)), " ", escaped(title), scope="row")
    return element("tr", name, element("td", _cell(old)), element("td", _cell(new)))


def _hit(match: Match, goal: str) -> Hit | None:
    return next((hit for hit in (*match.goals, *match.citywide) if hit.id == goal), None)


def _cell(hit: Hit | None) -> str:
    if hit is None:
        return spoken("nicht unter den ersten") + element("span", "–", aria_hidden="true")
    return escaped(in_percent(hit.confidence)) + (element("b", " vorgeschlagen") if hit.suggested else "")


def _verdict(before: Match, after: Match) -> str:
    first = [match.goals[0].id if match.goals and not match.no_goal else "kein Ziel" for match in (before, after)]
    if first[0] != first[1]:
        return f"Der erste Vorschlag wechselt von {escaped(first[0])} zu {escaped(first[1])}."
    if {hit.id for hit in _suggested(before)} != {hit.id for hit in _suggested(after)}:
        return "Der erste Vorschlag bleibt; welche weiteren Ziele vorgeschlagen werden, ändert sich."
    return "Die Vorschläge bleiben dieselben; nur die Wahrscheinlichkeiten ändern sich."


def _suggested(match: Match) -> list[Hit]:
    return [hit for hit in (*match.goals, *match.citywide) if hit.suggested]
