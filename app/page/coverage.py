"""The page that shows which goals projects serve and which none does, and which projects may be the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from app.access.person import EDITOR, Person, person_of
from app.coverage import (
    COLUMNS,
    PAIR_COLUMNS,
    SuggestedTable,
    coverage_rows,
    decided,
    find_overlaps,
    pair_rows,
)
from app.desk import Desk
from app.downloads import FORMATS, write_downloads
from app.page.answer import error_html
from app.page.coverage_view import coverage_html, overlaps_html, pairs_sentence
from app.page.frame import html, on, on_visit, page_header, page_title, place
from app.page.markup import element, escaped
from app.page.review import progress_html
from app.recognition import known_recognition, measurable, measure_recognition
from data.errors import UserError, grouped
from eval.coverage import Coverage, Served, coverage

PLACE = place("abdeckung")
LEAD = "Welchen Zielen dienen Projekte, welchem keines, und welche Projekte gleichen sich?"
DECIDED, TABLE = "Entscheidungen, die gelten", "Tabelle mit Vorschlägen der Software"
AUTOMATIC = "Automatisch erkennen"
KEPT_SECONDS = 3_600
STOPPED = "Abgebrochen. Es wurde nichts gespeichert."


@dataclass(frozen=True)
class Given:
    """The projects of a table of this visit, as the software suggests."""

    projects: tuple[Served, ...]


def coverage_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Abdeckung", LEAD)
    with gr.Column(elem_classes="stapel"):
        source = gr.Radio([DECIDED, TABLE], value=DECIDED, label="Grundlage", elem_id="auswahl")
        with gr.Column(visible=False, elem_classes="stapel") as table_part:
            table = gr.UploadButton(
                "Tabelle öffnen (CSV, XLSX, JSONL)", elem_id="tabelle", elem_classes="datei", scale=0
            )
            told = html(element("p", "Noch keine Tabelle geöffnet.", class_="leise"), elem_id="tabelle-stand")
            column = gr.Radio([AUTOMATIC], value=AUTOMATIC, label="Spalte mit der Beschreibung", elem_id="spalte")
            start = gr.Button("Auswerten", variant="primary", elem_id="auswerten", min_width=140, scale=0)
        meter = html("", elem_id="fortschritt")
        stop = gr.Button("Abbrechen", elem_id="abbrechen", min_width=110, scale=0, visible=False)
        with gr.Row(elem_classes="knoepfe"):
            search = gr.Button("Überschneidungen suchen", size="sm", elem_id="paare-suchen", scale=0)
            there = measurable(desk.matcher)
            measure = gr.Button("Erkennung messen", size="sm", elem_id="messen", scale=0, visible=there)
            files = _downloads()
        pairs = html("", elem_id="paare")
        with gr.Row(elem_classes="knoepfe", visible=False) as pair_row:
            pair_files = _downloads("Paare als ")
        shown = html("", elem_id="meldung")
    given, path = gr.State(None, time_to_live=KEPT_SECONDS), gr.State(None)
    page = [shown, *files]
    on_visit(partial(visited, desk), page)
    on(source.input, partial(chosen, desk), [source, given], [table_part, pairs, pair_row, meter, *page])
    on(table.upload, partial(opened, desk), table, [path, told, column])

    def measuring(source: str, given: Given | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from measured(desk, source, given, person_of(request))

    runs = [
        _run(start, partial(evaluated, desk), [path, column], [given, meter, stop, pairs, pair_row, *page]),
        _run(search, partial(searched, desk), [source, given], [meter, stop, pairs, pair_row, *pair_files]),
        _run(measure, measuring, [source, given], [meter, stop, *page]),
    ]
    stop.click(
        lambda: (progress_html(STOPPED), gr.update(visible=False)),
        None,
        [meter, stop],
        show_progress="hidden",
        api_visibility="private",
        cancels=runs,
    )


def visited(desk: Desk) -> tuple[Any, ...]:
    """The coverage by the decisions as they are now."""
    return _shown(desk, None, announced=False)


def chosen(desk: Desk, source: str, given: Given | None) -> tuple[Any, ...]:
    """The page for another basis; what was found on the one before is cleared."""
    hidden = gr.update(visible=False)
    if source == TABLE:
        first = _shown(desk, given, announced=True) if given else ("", *[hidden] * len(FORMATS))
        return gr.update(visible=True), "", hidden, "", *first
    return hidden, "", hidden, "", *_shown(desk, None, announced=True)


def opened(desk: Desk, path: str | None) -> tuple[Any, ...]:
    """Remember an uploaded table, and offer its columns."""
    if path is None:
        return None, gr.skip(), gr.skip()
    try:
        columns = desk.read_columns(Path(path))
    except UserError as error:
        return None, error_html(str(error)), gr.update(choices=[AUTOMATIC], value=AUTOMATIC)
    told = element("p", escaped(f"Geöffnet: {Path(path).name}, {len(columns)} Spalten"), class_="geoeffnet")
    return path, told, gr.update(choices=[AUTOMATIC, *columns], value=AUTOMATIC)


def evaluated(desk: Desk, path: str | None, column: str) -> Iterator[tuple[Any, ...]]:
    """Suggest goals for every row of the table, and show what they cover."""
    hidden, kept = gr.update(visible=False), [gr.skip()] * (1 + len(FORMATS))
    try:
        if path is None:
            raise UserError("Bitte zuerst eine Tabelle öffnen.")
        table = SuggestedTable(desk, Path(path), None if column == AUTOMATIC else column)
        for done in table.steps():
            told = progress_html(f"{grouped(done)} von {grouped(table.total)} Zeilen", done, table.total)
            yield gr.skip(), told, gr.update(visible=True), "", hidden, *kept
    except UserError as error:
        yield None, error_html(str(error)), hidden, "", hidden, "", *[hidden] * len(FORMATS)
        return
    given = Given(tuple(table.projects))
    faulty = f"{grouped(table.faulty)} Zeilen ohne brauchbaren Text wurden ausgelassen." if table.faulty else ""
    told = element("p", faulty, class_="leise") if faulty else ""
    yield given, told, hidden, "", hidden, *_shown(desk, given, announced=True)


def searched(desk: Desk, source: str, given: Given | None) -> Iterator[tuple[Any, ...]]:
    """Compare the projects with each other."""
    hidden, kept = gr.update(visible=False), [gr.skip()] * len(FORMATS)
    yield progress_html("Die Projekte werden verglichen.", 0), gr.update(visible=True), "", hidden, *kept
    found = find_overlaps(desk, _projects(desk, source, given))
    files = write_downloads("ueberschneidungen", PAIR_COLUMNS, pair_rows(found))
    done = progress_html(pairs_sentence(found), 1)
    listed = overlaps_html(found, desk.catalogue)
    yield done, hidden, listed, gr.update(visible=bool(found.shown)), *(str(file) for file in files)


def measured(desk: Desk, source: str, given: Given | None, person: Person) -> Iterator[tuple[Any, ...]]:
    """Measure how well each goal is recognised, then show the coverage with it; as on «Qualität» not for readers."""
    hidden = gr.update(visible=False)
    kept = [gr.skip()] * (1 + len(FORMATS))
    yield progress_html("Die Erkennung wird gemessen; das dauert etwa eine halbe Minute.", 0), hidden, *kept
    try:
        if not person.may(EDITOR):
            raise UserError("Messen darf nur, wer bearbeitet; bitte an die Verwaltung des Zielfinders wenden.")
        measure_recognition(desk.matcher, desk.settings)
    except UserError as error:
        yield error_html(str(error)), hidden, *kept
        return
    yield (
        progress_html("Die Erkennung der Ziele ist gemessen.", 1),
        hidden,
        *_shown(desk, given if source == TABLE else None, announced=False),
    )


def _downloads(lead: str = "Als ") -> list[gr.DownloadButton]:
    return [gr.DownloadButton(f"{lead}{kind.upper()} laden", size="sm", scale=0) for kind in FORMATS]


def _run(button: gr.Button, action: Callable[..., Any], inputs: list[Any], outputs: list[Any]) -> Any:
    """Tie a button to a long action; one of them runs at a time for all visitors together."""
    return button.click(
        action,
        inputs,
        outputs,
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="abdeckung",
    )


def _projects(desk: Desk, source: str, given: Given | None) -> tuple[Served, ...]:
    if source == TABLE:
        return given.projects if given else ()
    return tuple(decided(desk.store.every()))


def _shown(desk: Desk, given: Given | None, announced: bool) -> tuple[Any, ...]:
    """The coverage and its files; of the decisions where no table is given."""
    projects = given.projects if given else tuple(decided(desk.store.every()))
    known = known_recognition(desk.matcher)
    covered: Coverage = coverage(desk.catalogue, projects)
    areas = {area.id: area.title for area in desk.catalogue.areas}
    files = write_downloads("abdeckung", COLUMNS, coverage_rows(covered, areas, known))
    content = coverage_html(covered, desk.catalogue, known, suggested=given is not None, announced=announced)
    return content, *(gr.update(value=str(file), visible=True) for file in files)
