"""The first page: a text in, goals by product area out."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import gradio as gr

from app.desk import Desk
from app.logs import log_fault
from app.page.answer import answer_html, empty_html, error_html
from app.page.frame import html, on, page_header, page_title, place
from data.errors import UserError

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


def assign_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Projekt zuordnen", LEAD)
    with gr.Row(elem_classes="arbeit"):
        with gr.Column(elem_classes="eingabe", min_width=280):
            text = gr.Textbox(
                label="Projektbeschreibung oder Antrag",
                placeholder="Text hier einfügen …",
                lines=9,
                max_lines=22,
                elem_id="text",
                autofocus=False,
            )
            upload = gr.UploadButton(
                "Antrag aus Datei öffnen (PDF, DOCX, ODT, TXT)", size="sm", elem_id="datei", elem_classes="datei"
            )
            areas = _area_filter(desk)
            with gr.Row(elem_classes="knoepfe"):
                find = gr.Button("Ziele finden", variant="primary", elem_id="finden", min_width=140)
                clear = gr.Button("Leeren", elem_id="leeren", min_width=90, scale=0)
            chips = _examples()
        with gr.Column(elem_classes="ausgabe", min_width=280):
            answer = html(empty_html(), elem_id="antwort")
    answering = partial(answered, desk)
    on(find.click, answering, [text, areas], answer)
    on(upload.upload, partial(opened, desk), [upload, text, areas], [text, answer])
    on(clear.click, lambda: ("", [], empty_html()), None, [text, areas, answer])
    for chip, example in chips:
        on(on(chip.click, partial(str, example), None, text).then, answering, [text, areas], answer)


def answered(desk: Desk, text: str, areas: list[str]) -> str:
    """The answer as HTML; a fault of the user's is an answer too."""
    try:
        match = desk.match(text, areas)
    except UserError as error:
        return error_html(str(error))
    except Exception as error:
        log_fault(error)
        return error_html("Ein Fehler im Programm; bitte der Stelle melden, die den Zielfinder betreut.")
    return answer_html(text, match, desk.catalogue, filtered=bool(areas))


def opened(desk: Desk, path: str | None, before: str, areas: list[str]) -> tuple[str, str]:
    """Text and answer of an uploaded document; a faulty one leaves the text as it was."""
    if path is None:
        return before, empty_html()
    try:
        text = desk.read_document(Path(path))
    except UserError as error:
        return before, error_html(str(error))
    return text, answered(desk, text, areas)


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
