"""The page for many projects at once: table in, progress, review, table out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from app.desk import Desk
from app.downloads import FORMATS
from app.page.answer import error_html
from app.page.frame import html, on, page_header, page_title, place
from app.page.markup import element, escaped
from app.page.review import CHOICES, Shown, progress_html, review_html
from app.stack import Stack
from data.errors import UserError, grouped

PLACE = place("stapel")
AUTOMATIC = "Automatisch erkennen"
LEAD = "Eine Tabelle mit vielen Projekten auf einmal zuordnen, durchsehen und herunterladen."


def stack_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Stapel", LEAD)
    with gr.Column(elem_classes="stapel"):
        table = gr.UploadButton("Tabelle öffnen (CSV, XLSX, JSONL)", elem_id="tabelle", elem_classes="datei", scale=0)
        told = html(element("p", escaped(_expected(desk)), class_="leise"), elem_id="tabelle-stand")
        column = gr.Radio(
            [AUTOMATIC], value=AUTOMATIC, label="Spalte mit der Beschreibung", visible=False, elem_id="spalte"
        )
        with gr.Row(elem_classes="knoepfe", visible=False) as buttons:
            start = gr.Button("Zuordnen", variant="primary", elem_id="zuordnen", min_width=140, scale=0)
            stop = gr.Button("Abbrechen", elem_id="abbrechen", min_width=110, scale=0)
        meter = html("", elem_id="fortschritt")
        with gr.Row(elem_classes="knoepfe", visible=False) as downloads:
            files = [gr.DownloadButton(f"Als {kind.upper()} laden", size="sm", scale=0) for kind in FORMATS]
        choice = gr.Radio(list(CHOICES), value=CHOICES[0], label="Anzeigen", visible=False, elem_id="auswahl")
        rows = html("", elem_id="meldung")
    path, shown = gr.State(None), gr.State(None)
    on(table.upload, partial(opened, desk), table, [path, told, column, buttons])
    running = start.click(
        partial(run, desk),
        [path, column],
        [meter, shown, rows, choice, downloads, *files],
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="stapel",
    )
    stop.click(
        lambda: progress_html("Abgebrochen. Es wurde keine Ergebnisdatei geschrieben."),
        None,
        meter,
        show_progress="hidden",
        api_visibility="private",
        cancels=[running],
    )
    on(choice.change, partial(filtered, desk), [shown, choice], rows)


def opened(desk: Desk, path: str | None) -> tuple[Any, ...]:
    """Remember an uploaded table, and offer its columns."""
    hidden = gr.update(visible=False)
    if path is None:
        return None, gr.skip(), hidden, hidden
    try:
        columns = desk.read_columns(Path(path))
    except UserError as error:
        return None, error_html(str(error)), hidden, hidden
    told = element("p", escaped(f"Geöffnet: {Path(path).name}, {len(columns)} Spalten"), class_="geoeffnet")
    return path, told, gr.update(choices=[AUTOMATIC, *columns], value=AUTOMATIC, visible=True), gr.update(visible=True)


def run(desk: Desk, path: str | None, column: str) -> Iterator[tuple[Any, ...]]:
    """Match the table row by row; yields the state of the page: progress, and at the end results and files."""
    rest = 2 + len(FORMATS)
    hidden = gr.update(visible=False)
    try:
        if path is None:
            raise UserError("Bitte zuerst eine Tabelle öffnen.")
        stack = Stack(desk, Path(path), None if column == AUTOMATIC else column)
        yield (
            progress_html("Die Tabelle wird gelesen.", 0, stack.total),
            None,
            "",
            hidden,
            hidden,
            *[gr.skip()] * len(FORMATS),
        )
        for done in stack.steps():
            yield (
                progress_html(f"{grouped(done)} von {grouped(stack.total)} Zeilen", done, stack.total),
                *[gr.skip()] * (2 + rest),
            )
    except UserError as error:
        yield error_html(str(error)), None, "", hidden, hidden, *[gr.skip()] * len(FORMATS)
        return
    shown = Shown(tuple(stack.kept), stack.total, stack.faulty, stack.remarks)
    visible = gr.update(visible=True)
    yield (
        progress_html(stack.summary(), stack.total, stack.total),
        shown,
        review_html(shown, CHOICES[0], desk.catalogue),
        gr.update(visible=True, value=CHOICES[0]),
        visible,
        *(str(file) for file in stack.files),
    )


def filtered(desk: Desk, shown: Shown | None, choice: str) -> str:
    """The rows of the last run that the choice leaves."""
    return review_html(shown, choice, desk.catalogue) if shown else ""


def _expected(desk: Desk) -> str:
    given = desk.settings
    return (
        "Erwartet wird eine Zeile je Projekt mit einer Spalte text, beschreibung oder projekt (oder titel und text); "
        f"eine andere lässt sich wählen. Höchstens {grouped(given.max_rows)} Zeilen und {given.max_upload_mb} MB."
    )
