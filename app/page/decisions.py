"""The page of decisions: a list to search and filter, one decision with its history, and what may be done to it."""

from __future__ import annotations

import gradio as gr

from app.desk import Desk
from app.page.decision_desk import FORGET, DecisionDesk, Fields
from app.page.frame import html, page_header, page_title, place
from app.page.markup import element
from app.page.parts import Parts

PLACE = place("entscheidungen")
LEAD = "Was entschieden wurde: von wem, wann, auf welchem Katalog, mit ganzer Geschichte."
ALL, CITYWIDE = "Alle", "Gesamtstädtisch"
FILTERS = ("words", "area", "goal", "by", "since", "until")
DELETING = (
    "Gelöscht werden Titel, Aktenzeichen, Antragstext, Belege und Begründungen in allen Fassungen. Ziele, Urteile, "
    "Personen und Zeiten bleiben. Das lässt sich nicht rückgängig machen."
)


def decisions_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Entscheidungen", LEAD)
    parts: Parts[Fields] = Parts(Fields)
    parts["page"], parts["seen"] = gr.State(0), gr.State(None)
    parts["number"] = gr.Textbox(visible="hidden", elem_id="gewaehlt", label="Projekt")
    parts["message"] = html("", elem_id="meldung-oben")
    with gr.Column(elem_classes="entscheidungen") as parts["all"]:
        _filters(desk, parts)
        _list(parts)
    with gr.Column(elem_classes="entscheidungen", visible=False) as parts["one"]:
        html(element("a", "‹ Zur Liste", href="./entscheidungen", data_nr="", class_="zurueck"))
        _actions(parts)
        parts["decision"] = html("", elem_id="entscheidung-einzeln")
    _tie(desk, parts)


def _filters(desk: Desk, parts: Parts[Fields]) -> None:
    areas = [(f"{area.id} {area.title}", str(area.id)) for area in desk.catalogue.areas]
    with gr.Row(elem_classes="suche filter"):
        parts["words"] = gr.Textbox(label="Suchen", placeholder="Wörter, Aktenzeichen", elem_id="woerter", max_lines=1)
        parts["goal"] = gr.Textbox(label="Ziel", placeholder="wie PB5.4", elem_id="ziel", max_lines=1)
        parts["by"] = gr.Textbox(label="Entschieden von", elem_id="wer", max_lines=1)
        parts["since"] = gr.Textbox(label="Von Tag", placeholder="TT.MM.JJJJ", elem_id="von", max_lines=1)
        parts["until"] = gr.Textbox(label="Bis Tag", placeholder="TT.MM.JJJJ", elem_id="bis", max_lines=1)
    with gr.Row(elem_classes="suche filter"):
        parts["area"] = gr.Radio(
            [(ALL, ""), *areas], value="", label="Produktbereich", elem_id="bereiche", visible=bool(areas)
        )


def _list(parts: Parts[Fields]) -> None:
    parts["list"] = html("", elem_id="meldung", elem_classes="ziele")
    with gr.Row(elem_classes="knoepfe"):
        parts["back"] = gr.Button("Vorige Seite", size="sm", scale=0, min_width=120, visible=False, elem_id="vorige")
        parts["forward"] = gr.Button(
            "Nächste Seite", size="sm", scale=0, min_width=120, visible=False, elem_id="naechste"
        )
    with gr.Row(elem_classes="knoepfe"):
        parts["csv"] = gr.Button("Als CSV laden", size="sm", scale=0, min_width=120, elem_id="als-csv")
        parts["xlsx"] = gr.Button("Als XLSX laden", size="sm", scale=0, min_width=120, elem_id="als-xlsx")
        parts["file"] = gr.DownloadButton("Datei", visible="hidden", elem_id="export-datei")
    parts["told"] = html(
        element("p", "Geladen wird, was Suche und Filter übrig lassen, ohne die Antragstexte.", class_="leise"),
        elem_id="export-stand",
    )


def _actions(parts: Parts[Fields]) -> None:
    """Change, withdraw, delete; what takes something away asks again."""
    with gr.Row(elem_classes="knoepfe"):
        parts["change"] = gr.Button("Bearbeiten", size="sm", scale=0, min_width=110, elem_id="bearbeiten")
        parts["withdraw"] = gr.Button("Zurücknehmen …", size="sm", scale=0, min_width=120, elem_id="zuruecknehmen")
        parts["forget"] = gr.Button(FORGET, size="sm", scale=0, min_width=180, elem_id="loeschen")
    with gr.Column(visible=False, elem_classes="sicher entscheidung", elem_id="ruecknahme") as parts["withdrawing"]:
        html(element("h2", "Entscheidung zurücknehmen", tabindex="-1", data_fokus=True))
        parts["reason"] = gr.Textbox(label="Grund", lines=2, elem_id="ruecknahme-grund")
        parts["person"] = gr.Textbox(label="Zurückgenommen von", max_lines=1, elem_id="ruecknahme-person")
        with gr.Row(elem_classes="knoepfe"):
            parts["withdraw_now"] = gr.Button(
                "Jetzt zurücknehmen", variant="primary", scale=0, min_width=180, elem_id="jetzt-zurueck"
            )
            parts["keep"] = gr.Button("Abbrechen", scale=0, min_width=120)
    with gr.Column(visible=False, elem_classes="sicher entscheidung", elem_id="loeschung") as parts["forgetting"]:
        html(element("h2", "Persönliche Texte löschen", tabindex="-1", data_fokus=True) + element("p", DELETING))
        with gr.Row(elem_classes="knoepfe"):
            parts["forget_now"] = gr.Button(
                "Endgültig löschen", variant="stop", scale=0, min_width=180, elem_id="jetzt-loeschen"
            )
            parts["spare"] = gr.Button("Abbrechen", scale=0, min_width=120)


def _tie(desk: Desk, parts: Parts[Fields]) -> None:
    work = DecisionDesk(desk)
    parts.tie_visit(work.visit)
    for name in ("words", "goal", "by", "area"):
        parts.tie(parts[name].change, work.search, *FILTERS)
    for name in ("since", "until"):  # half a day is no day: it is read once it has been typed
        parts.tie(parts[name].submit, work.search, *FILTERS)
        parts.tie(parts[name].blur, work.search, *FILTERS)
    parts.tie(parts["back"].click, work.earlier, *FILTERS, "page")
    parts.tie(parts["forward"].click, work.later, *FILTERS, "page")
    parts.tie(parts["csv"].click, work.export_csv, *FILTERS)
    parts.tie(parts["xlsx"].click, work.export_xlsx, *FILTERS)
    parts.tie(parts["number"].change, work.choose, "number", *FILTERS, "page")
    parts.tie(parts["withdraw"].click, work.ask_withdrawal)
    parts.tie(parts["forget"].click, work.ask_deletion)
    parts.tie(parts["withdraw_now"].click, work.withdraw, "number", "seen", "reason", "person")
    parts.tie(parts["forget_now"].click, work.forget, "number")
    for button in ("keep", "spare"):
        parts.tie(parts[button].click, work.leave_it)
