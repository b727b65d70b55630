"""The first page: a text in, goals by product area out, and the decision about them."""

from __future__ import annotations

from functools import partial

import gradio as gr

from app.desk import Desk
from app.page.answer import empty_html
from app.page.assignment import Assignment, Fields, Sheet
from app.page.frame import html, on, page_header, page_title, place
from app.page.markup import element
from app.page.parts import Parts

PLACE = place("")
LEAD = "Welchen Zielen der Stadt dient dieses Projekt?"
EXAMPLES = {
    "Radverkehr": "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen",
    "Förderantrag": "Antragsteller: Bürgerverein Mitte e. V.\nProjekt: Im leerstehenden Laden am Großflecken eröffnen wir ein "
    "Nachbarschaftscafé. Dort treffen sich Alt und Jung, Ehrenamtliche helfen bei Anträgen und Formularen, abends üben "
    "Neuzugewanderte Deutsch.\nLaufzeit: zwei Jahre\nKosten: 24.000 Euro\nBankverbindung: DE00 0000 0000 0000 0000 00",
    "Schule": "Die Grundschule bekommt eine Lehrküche und digitale Tafeln in allen Klassenräumen.",
    "Kein Ziel": "Ich möchte meinen Personalausweis verlängern lassen.",
}
ASKING = ("text", "areas", "sheet", "judged", "title", "reference")
SAVING = ("text", "judged", "sheet", "title", "reference", "department", "reason", "person")


def assign_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Projekt zuordnen", LEAD)
    parts: Parts[Fields] = Parts(Fields)
    parts["sheet"] = gr.State(Sheet())
    parts["judged"] = gr.Textbox(visible="hidden", elem_id="urteile", label="Urteile")
    with gr.Row(elem_classes="arbeit"):
        with gr.Column(elem_classes="eingabe", min_width=280):
            chips = _question(desk, parts)
        with gr.Column(elem_classes="ausgabe", min_width=280):
            parts["answer"] = html(empty_html(), elem_id="antwort")
            _decision_form(parts)
            _after_saving(parts)
    _tie(desk, parts, chips)


def _question(desk: Desk, parts: Parts[Fields]) -> list[tuple[gr.Button, str]]:
    """The left side: the text, and what is asked about it."""
    parts["text"] = gr.Textbox(
        label="Projektbeschreibung oder Antrag",
        placeholder="Text hier einfügen …",
        lines=9,
        max_lines=22,
        elem_id="text",
        autofocus=False,
    )
    parts["file"] = gr.UploadButton(
        "Antrag aus Datei öffnen (PDF, DOCX, ODT, TXT)", size="sm", elem_id="datei", elem_classes="datei"
    )
    parts["areas"] = _area_filter(desk)
    with gr.Row(elem_classes="knoepfe"):
        parts["find"] = gr.Button("Ziele finden", variant="primary", elem_id="finden", min_width=140)
        parts["clear"] = gr.Button("Leeren", elem_id="leeren", min_width=90, scale=0)
    return _examples()


def _decision_form(parts: Parts[Fields]) -> None:
    """What is written about a decision; shown once there is an answer."""
    with gr.Column(elem_classes="eingabe entscheidung", elem_id="entscheidung", visible=False) as parts["form"]:
        html(element("h2", "Entscheidung"))
        parts["note"] = html("", elem_id="hinweis")
        parts["standing"] = html("", elem_id="fassung")
        parts["detach"] = gr.Button("Doch als neues Projekt speichern", size="sm", visible=False, elem_classes="datei")
        parts["title"] = gr.Textbox(label="Titel", max_lines=1, elem_id="titel")
        with gr.Row(elem_classes="felder"):
            parts["reference"] = gr.Textbox(label="Aktenzeichen", max_lines=1, elem_id="aktenzeichen", min_width=200)
            parts["person"] = gr.Textbox(label="Entschieden von", max_lines=1, elem_id="person", min_width=200)
        parts["department"] = gr.Textbox(label="Zuständiger Fachdienst", max_lines=1, elem_id="fachdienst")
        parts["departments"] = html("", elem_id="fachdienste")
        parts["reason"] = gr.Textbox(label="Begründung (freiwillig)", lines=3, max_lines=12, elem_id="begruendung")
        parts["message"] = html("", elem_id="speichern-meldung")
        with gr.Row(elem_classes="knoepfe"):
            parts["save"] = gr.Button("Entscheidung speichern", variant="primary", elem_id="speichern", min_width=200)
            parts["anyway"] = gr.Button("Trotzdem als neue Fassung speichern", elem_id="trotzdem", visible=False)


def _after_saving(parts: Parts[Fields]) -> None:
    """The confirmation and the way onward."""
    with gr.Column(elem_classes="entscheidung", elem_id="danach", visible=False) as parts["after"]:
        parts["done"] = html("", elem_id="gespeichert")
        with gr.Row(elem_classes="knoepfe"):
            parts["next"] = gr.Button("Nächstes Projekt", variant="primary", elem_id="naechstes", min_width=160)
            parts["edit"] = gr.Button("Entscheidung ändern", elem_id="aendern", min_width=160)


def _tie(desk: Desk, parts: Parts[Fields], chips: list[tuple[gr.Button, str]]) -> None:
    """Give every control its action."""
    work = Assignment(desk)
    parts.tie_visit(work.visit)
    parts.tie(parts["find"].click, work.find, *ASKING)
    parts.tie(parts["file"].upload, work.open_file, *ASKING, "file")
    parts.tie(parts["save"].click, work.save, *SAVING)
    parts.tie(parts["anyway"].click, work.save_anyway, *SAVING)
    for button, action in (("edit", work.edit), ("detach", work.detach), ("clear", work.clear), ("next", work.clear)):
        parts.tie(parts[button].click, action, "sheet")
    for chip, example in chips:
        parts.tie(on(chip.click, partial(str, example), None, parts["text"]).then, work.find, *ASKING)


def _area_filter(desk: Desk) -> gr.CheckboxGroup:
    choices = [(f"{area.id} {area.title}", str(area.id)) for area in desk.catalogue.areas]
    return gr.CheckboxGroup(
        choices,
        label="Nur diese Produktbereiche",
        info="Ohne Auswahl gelten alle.",
        elem_id="bereiche",
        visible=bool(choices),
    )


def _examples() -> list[tuple[gr.Button, str]]:
    html('<p class="beispiele-titel" id="beispiele-titel">Zum Ausprobieren</p>')
    with gr.Row(elem_classes="beispiele"):
        return [(gr.Button(name, size="sm", min_width=60, scale=0), text) for name, text in EXAMPLES.items()]
