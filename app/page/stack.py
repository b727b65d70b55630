"""The page for many projects at once: table in, progress, review one by one, decisions, table out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from app.desk import Desk
from app.downloads import FORMATS
from app.page.frame import html, on, on_visit, page_header, page_title, place
from app.page.markup import element, escaped
from app.page.review import CHOICES, CONFIDENCES, MOST_SHOWN, Filter, Shown
from app.page.stack_work import AUTOMATIC, StackWork
from data.errors import grouped

PLACE = place("stapel")
LEAD = "Eine Tabelle mit vielen Projekten auf einmal zuordnen, durchsehen, entscheiden und herunterladen."
FROM = f"Die Liste zeigt {MOST_SHOWN} Zeilen von dieser an, und «Einzeln durchsehen» beginnt mit ihr."
KEPT_SECONDS = 4 * 3_600
KEYS = "Mit der Tabulatortaste von Feld zu Feld; Strg+Eingabe speichert und geht weiter."


@dataclass(frozen=True)
class Review:
    """The components with which rows are looked through, and those that say which rows are wanted."""

    panel: gr.Column
    head: gr.Markdown
    answer: gr.Markdown
    judged: gr.Textbox
    message: gr.Markdown
    save: gr.Button
    back: gr.Button
    onward: gr.Button
    close: gr.Button


def stack_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Stapel", LEAD)
    work = StackWork(desk)
    with gr.Column(elem_classes="stapel"):
        with gr.Column(visible=False, elem_classes="stapel", elem_id="fruehere") as offers:
            runs = gr.Radio([], label="Früherer Lauf", elem_id="laeufe")
            with gr.Row(elem_classes="knoepfe"):
                resume = gr.Button("Fortsetzen", elem_id="fortsetzen", size="sm", scale=0)
                discard = gr.Button("Verwerfen", elem_id="verwerfen", size="sm", scale=0)
        path, start, column = _table(desk, work)
        meter = html("", elem_id="fortschritt")
        stop = gr.Button("Abbrechen", elem_id="abbrechen", min_width=110, scale=0, visible=False)
        with gr.Row(elem_classes="knoepfe", visible=False) as downloads:
            files = [gr.DownloadButton(f"Als {kind.upper()} laden", size="sm", scale=0) for kind in FORMATS]
            refresh = gr.Button("Entscheidungen in die Dateien eintragen", size="sm", elem_id="eintragen", scale=0)
        with gr.Column(visible=False, elem_classes="stapel") as filters:
            choice = gr.Radio(list(CHOICES), value=CHOICES[0], label="Anzeigen", elem_id="auswahl")
            sure = gr.Radio(list(CONFIDENCES), value="Jede", label="Sicherheit des besten Ziels", elem_id="sicherheit")
            areas = gr.CheckboxGroup(_areas(desk), label="Nur diese Produktbereiche", elem_id="bereiche")
            begin = gr.Number(
                1,
                label="Ab Zeile der Auswahl",
                info=FROM,
                precision=0,
                elem_id="ab-zeile",
                visible=False,
            )
            first = gr.Button("Einzeln durchsehen", elem_id="durchsehen", min_width=160, scale=0)
        review = _review()
        rows = html("", elem_id="meldung")
    run, shown = gr.State(None), gr.State(None, time_to_live=KEPT_SECONDS)
    on_visit(work.visit, [offers, runs])
    results = [run, meter, stop, shown, rows, filters, review.panel, downloads, begin, *files, offers, runs]
    running = [
        _run(start, work.start, [path, column], results),
        _run(resume, work.resume, runs, results),
        _run(refresh, work.resume, run, results),
    ]
    on(discard.click, work.discard, runs, [offers, runs, meter])
    stop.click(
        work.stopped,
        run,
        [run, meter, stop, offers, runs],
        show_progress="hidden",
        api_visibility="private",
        cancels=running,
    )
    filtered = [shown, choice, areas, sure]
    for change in (choice.change, areas.change, sure.change):
        on(change, work.filtered, filtered, [begin, review.panel, rows])
    asked = [*filtered, begin]
    on(begin.input, _wanting(work.from_row), asked, rows)
    _tie_review(work, review, first, asked, rows)


def _table(desk: Desk, work: StackWork) -> tuple[gr.State, gr.Button, gr.Radio]:
    """Where a table is opened: its path, the button that starts, and the column."""
    table = gr.UploadButton("Tabelle öffnen (CSV, XLSX, JSONL)", elem_id="tabelle", elem_classes="datei", scale=0)
    told = html(element("p", escaped(_expected(desk)), class_="leise"), elem_id="tabelle-stand")
    column = gr.Radio(
        [AUTOMATIC], value=AUTOMATIC, label="Spalte mit der Beschreibung", visible=False, elem_id="spalte"
    )
    with gr.Row(elem_classes="knoepfe", visible=False) as buttons:
        start = gr.Button("Zuordnen", variant="primary", elem_id="zuordnen", min_width=140, scale=0)
    path = gr.State(None)
    on(table.upload, work.open_table, table, [path, told, column, buttons])
    return path, start, column


def _review() -> Review:
    """One project at a time, with the controls that judge its goals."""
    with gr.Column(visible=False, elem_classes="stapel durchgang") as panel:
        head, answer = html("", elem_id="projekt"), html("", elem_id="antwort")
        judged = gr.Textbox(visible="hidden", elem_id="urteile", label="Urteile")
        message = html("", elem_id="speichern-meldung")
        html(element("p", KEYS, class_="leise"))
        with gr.Row(elem_classes="knoepfe"):
            save = gr.Button("Speichern und weiter", variant="primary", elem_id="speichern", min_width=180, scale=0)
            back = gr.Button("Zurück", elem_id="zurueck", min_width=110, scale=0)
            onward = gr.Button("Weiter", elem_id="weiter", min_width=110, scale=0)
            close = gr.Button("Zur Liste", elem_id="liste", min_width=110, scale=0)
    return Review(panel, head, answer, judged, message, save, back, onward, close)


def _tie_review(work: StackWork, review: Review, first: gr.Button, asked: list[Any], rows: gr.Markdown) -> None:
    position = gr.State(None)
    turned = [position, review.head, review.answer, review.message, review.panel, rows]
    for button, step in ((first, 0), (review.back, -1), (review.onward, 1)):
        on(button.click, _wanting(partial(work.turn, step=step)), [*asked, position], turned)
    on(review.close.click, _wanting(work.listed), asked, [review.panel, rows])
    on(review.save.click, _saving(work), [*asked, position, review.judged], [asked[0], *turned])


def _wanting(action: Callable[..., Any]) -> Callable[..., Any]:
    """An action given what is asked for as one filter."""

    def run(shown: Shown | None, choice: str, areas: list[str], sure: str, begin: int | None, *rest: Any) -> Any:
        return action(shown, Filter(choice, areas, sure, begin), *rest)

    return run


def _saving(work: StackWork) -> Callable[..., Any]:
    """The same for saving, which must know who saves."""

    def run(
        shown: Shown | None,
        choice: str,
        areas: list[str],
        sure: str,
        begin: int | None,
        position: int | None,
        judged: str,
        request: gr.Request,
    ) -> Any:
        return work.save(shown, Filter(choice, areas, sure, begin), position, judged, request)

    return run


def _run(button: gr.Button, action: Any, inputs: Any, outputs: list[Any]) -> Any:
    """Tie a button to a run over a table; one of them goes at a time for all visitors together."""
    return button.click(
        action,
        inputs,
        outputs,
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="stapel",
    )


def _areas(desk: Desk) -> list[tuple[str, str]]:
    return [(f"{area.id} {area.title}", str(area.id)) for area in desk.catalogue.areas]


def _expected(desk: Desk) -> str:
    given = desk.settings
    return (
        "Erwartet wird eine Zeile je Projekt mit einer Spalte text, beschreibung oder projekt (oder titel und text); "
        f"eine andere lässt sich wählen. Höchstens {grouped(given.max_rows)} Zeilen und {given.max_upload_mb} MB. "
        "Die Tabelle bleibt bis sieben Tage nach der letzten Bearbeitung auf diesem Rechner, damit ein Lauf und seine Durchsicht weitergehen können; "
        "«Verwerfen» löscht sie."
    )
