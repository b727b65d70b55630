"""The work at the page «Stapel»: runs over tables, the review of their rows, and the decisions about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from app.access.person import EDITOR, Person, person_of
from app.application_form import LONGEST_TITLE, title_of
from app.batch import BatchRow
from app.decisions.judgement import Details, Judgement, drafted, judgement_from, judgement_of, unjudged
from app.decisions.proposal import proposal_of
from app.decisions.records import REJECTED, Decision
from app.decisions.store import MOST
from app.desk import Desk
from app.downloads import FORMATS
from app.german_time import moment_text
from app.page.answer import answer_html, error_html
from app.page.markup import element, escaped
from app.page.review import MOST_SHOWN, Filter, Shown, progress_html, review_html
from app.page.saved import not_saved_html, reader_sentence
from app.stack import Stack
from app.stack_runs import RowDecision, StackRun, begin_run, run_of, runs_of
from data.errors import UserError, grouped
from data.tables import cell_text

AUTOMATIC = "Automatisch erkennen"
SOURCE = "Stapel"
REFERENCES = (
    "aktenzeichen",
    "az",
    "az.",
    "geschäftszeichen",
    "vorgangsnummer",
    "antragsnummer",
    "projektnummer",
    "referenz",
    "reference",
)
TITLES = (
    "titel",
    "title",
    "projekttitel",
    "projektname",
    "bezeichnung",
    "projekt",
    "vorhaben",
    "maßnahme",
    "betreff",
    "name",  # often that of a person: only where nothing else is stated
)
Update = dict[str, Any]


class StackWork:
    """The actions of the page, for one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def visit(self, request: gr.Request) -> tuple[Update, Update]:
        """The earlier runs of whoever opens the page."""
        return self._offers(person_of(request))

    def open_table(self, path: str | None) -> tuple[Any, ...]:
        """Remember an uploaded table, and offer its columns."""
        hidden = gr.update(visible=False)
        if path is None:
            return None, gr.skip(), hidden, hidden
        try:
            columns = self.desk.read_columns(Path(path))
        except UserError as error:
            return None, error_html(str(error)), hidden, hidden
        told = element("p", escaped(f"Geöffnet: {Path(path).name}, {len(columns)} Spalten"), class_="geoeffnet")
        return (
            path,
            told,
            gr.update(choices=[AUTOMATIC, *columns], value=AUTOMATIC, visible=True),
            gr.update(visible=True),
        )

    def start(self, path: str | None, column: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """A new run over the table that was opened."""
        person = person_of(request)
        try:
            if path is None or not Path(path).is_file():
                raise UserError("Bitte zuerst eine Tabelle öffnen.")
            run = begin_run(Path(path), None if column == AUTOMATIC else column, person.name)
        except UserError as error:
            yield self._failed(str(error), person)
            return
        yield from self._steps(run, person)

    def resume(self, number: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Go on with an earlier run, or read a finished one again."""
        person = person_of(request)
        try:
            if not number:
                raise UserError("Bitte zuerst wählen, welcher Lauf fortgesetzt werden soll.")
            run = run_of(number, person.name)
        except UserError as error:
            yield self._failed(str(error), person)
            return
        yield from self._steps(run, person)

    def discard(self, number: str | None, request: gr.Request) -> tuple[Update, Update, str]:
        """Delete an earlier run and its table."""
        person = person_of(request)
        try:
            if not number:
                raise UserError("Bitte zuerst wählen, welcher Lauf verworfen werden soll.")
            run_of(number, person.name).discard()
        except UserError as error:
            return *self._offers(person), error_html(str(error))
        return *self._offers(person), progress_html("Verworfen. Die Tabelle und ihre Ergebnisse sind gelöscht.")

    def stopped(self, number: str | None, request: gr.Request) -> tuple[Any, ...]:
        """What is left after a run was stopped: nothing, unless it was finished before."""
        person = person_of(request)
        for run in runs_of(person.name):
            if run.number == number and not run.finished:
                run.discard()
        told = progress_html("Abgebrochen. Es wurde keine Ergebnisdatei geschrieben.")
        return None, told, gr.update(visible=False), *self._offers(person)

    def filtered(self, shown: Shown | None, choice: str, areas: Sequence[str], confidence: str) -> tuple[Any, ...]:
        """The rows that the filter leaves, as a list from the first of them on."""
        return 1, *self.listed(shown, Filter(choice, areas, confidence))

    def listed(self, shown: Shown | None, wanted: Filter) -> tuple[Update, str]:
        """The rows that are wanted as a list, without a single project."""
        return gr.update(visible=False), self._list(shown, wanted)

    def from_row(self, shown: Shown | None, wanted: Filter) -> str:
        """The list from another row on; a project that is being judged stays open."""
        return self._list(shown, wanted)

    def turn(self, shown: Shown | None, wanted: Filter, position: int | None, step: int) -> tuple[Any, ...]:
        """The next project (`step` 1), the one before (-1), or the first that is wanted (0)."""
        try:
            return self._turned(shown, wanted, position, step)
        except UserError as error:
            return gr.skip(), "", "", error_html(str(error)), gr.update(visible=True), ""

    def save(
        self, shown: Shown | None, wanted: Filter, position: int | None, judged: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """Store the decision about the project that is open, and turn to the next one."""
        try:
            if shown is None or position is None:
                raise UserError("Es ist kein Projekt geöffnet.")
            made, remark = self._stored(shown, position, judgement_from(judged), person_of(request))
        except UserError as error:
            kept = [gr.skip()] * 3
            return gr.skip(), *kept, not_saved_html(str(error)), gr.skip(), gr.skip()
        after = replace(shown, decided={**shown.decided, position: made})
        try:  # from here on the decision is saved, and the page must know it whatever happens
            *before, message, state, last = self._turned(after, wanted, position, step=1, said="Gespeichert. ")
        except UserError as error:
            remark = f"Gespeichert; das nächste Projekt lässt sich gerade nicht zeigen. {error}"
            return after, *[gr.skip()] * 3, _remark_html(remark) + _mark(made), gr.skip(), gr.skip()
        return after, *before, (_remark_html(remark) if remark else message) + _mark(made), state, last

    def _turned(
        self, shown: Shown | None, wanted: Filter, position: int | None, step: int, said: str = ""
    ) -> tuple[Any, ...]:
        """As `turn`; `said` comes before what is told where nothing follows.

        Raises:
            UserError: the run is gone, or the decision about the project cannot be read.
        """
        if shown is None:
            return None, "", "", "", gr.update(visible=False), ""
        kept = wanted.positions(shown)
        matched = [fact.matched for fact in shown.rows.facts()]
        usable = [place for place in kept if matched[place]]
        if step == 0 or position is None:
            following = [place for place in usable if place >= kept[wanted.skipped(len(kept))]][:1]
        else:
            beyond = [place for place in usable if (place > position if step > 0 else place < position)]
            following = beyond[:1] if step > 0 else beyond[-1:]
        if not following:
            end = f"{said}Kein {'Projekt' if position is None else 'weiteres Projekt'} in dieser Auswahl."
            told = element("p", end, class_="zustand", tabindex="-1", data_fokus=True, data_ansage=end)
            return position, gr.skip(), gr.skip(), told, gr.update(visible=True), ""
        place = following[0]
        row = shown.rows[place]
        head, answer = self._head(shown, place, row, usable), self._answer(shown, place, row)
        return place, head, answer, "", gr.update(visible=True), ""

    def _steps(self, run: StackRun, person: Person) -> Iterator[tuple[Any, ...]]:
        """Match row by row; yields the state of the page: progress, and at the end results and files."""
        hidden, kept = gr.update(visible=False), [gr.skip()] * (len(FORMATS) + 3)
        try:
            stack = Stack(self.desk, run)
            first = progress_html("Die Tabelle wird gelesen.", 0, stack.total)
            yield run.number, first, gr.update(visible=True), None, "", hidden, hidden, hidden, *kept
            for done in stack.steps():
                told = progress_html(_progress(stack, done), done, stack.total)
                yield run.number, told, *[gr.skip()] * (6 + len(kept))
        except UserError as error:
            if not run.journal.exists():
                run.discard()
            yield self._failed(str(error), person)
            return
        basis = (stack.matcher.catalogue.digest, stack.matcher.encoder.fingerprint)
        shown = Shown(run.number, *basis, stack.rows, stack.remarks, run.decided())
        visible = gr.update(visible=True)
        yield (
            run.number,
            progress_html(stack.summary(), stack.total, stack.total),
            hidden,
            shown,
            review_html(shown, Filter(), self.desk.catalogue),
            visible,
            hidden,
            visible,
            gr.update(value=1, visible=stack.total > MOST_SHOWN),
            *(str(file) for file in stack.files),
            *self._offers(person),
        )

    def _failed(self, message: str, person: Person) -> tuple[Any, ...]:
        hidden = gr.update(visible=False)
        kept = [gr.skip()] * (len(FORMATS) + 1)
        return None, error_html(message), hidden, None, "", hidden, hidden, hidden, *kept, *self._offers(person)

    def _offers(self, person: Person) -> tuple[Update, Update]:
        found = runs_of(person.name)
        choices = [(_run_name(run), run.number) for run in found]
        return gr.update(visible=bool(found)), gr.update(choices=choices, value=None)

    def _list(self, shown: Shown | None, wanted: Filter) -> str:
        try:
            return review_html(shown, wanted, self.desk.catalogue) if shown else ""
        except UserError as error:
            return error_html(str(error))

    def _head(self, shown: Shown, place: int, row: BatchRow, usable: Sequence[int]) -> str:
        made = shown.decided.get(place)
        told = f"Projekt {grouped(usable.index(place) + 1)} von {grouped(len(usable))}: {row.project.id} · {_short(_title(row))}"
        title = element("h2", escaped(told), tabindex="-1", data_fokus=True)
        note = (
            f"Entschieden als Projekt Nr. {made.project}: {made.told}. Speichern legt eine neue Fassung an."
            if made
            else ""
        )
        return title + (element("p", escaped(note), class_="vermerk") if note else "")

    def _answer(self, shown: Shown, place: int, row: BatchRow) -> str:
        made = shown.decided.get(place)
        if row.match is None:
            return ""
        judgement = Judgement()
        if made is not None:
            judgement = judgement_of(self.desk.store.current(made.project).draft)
        return answer_html(row.project.text, row.match, self.desk.catalogue, judgement=judgement)

    def _stored(self, shown: Shown, place: int, judgement: Judgement, person: Person) -> tuple[RowDecision, str]:
        """The decision as it is saved, and what went wrong afterwards; raises UserError where it is not saved."""
        if not person.may(EDITOR):
            raise UserError(reader_sentence(person))
        row, before = shown.rows[place], shown.decided.get(place)
        if row.match is None:
            raise UserError("Diese Zeile hat keinen brauchbaren Text.")
        text = row.project.text
        if shown.catalogue != self.desk.catalogue.digest:
            raise UserError("Der Zielkatalog wurde nach dieser Zuordnung geändert; bitte den Lauf oben «Fortsetzen».")
        proposal = proposal_of(text, row.match, self.desk.catalogue, shown.model)
        missing = unjudged(proposal, judgement)
        if missing:
            raise UserError(f"Noch offen: {', '.join(missing)}. Bitte jeden Vorschlag annehmen oder ablehnen.")
        if not judgement.kept and not judgement.no_goal and not proposal.suggested:
            raise UserError("Noch nichts gewählt; bitte ein Ziel ergänzen oder «Kein Ziel passt» ankreuzen.")
        details = Details(title=_title(row), reference=_cell(row.project.row, REFERENCES))
        draft = drafted(text, proposal, judgement, details, self.desk.catalogue, SOURCE)
        run = run_of(shown.number, person.name)
        saved = self.desk.store.save(
            draft, person.name, before.project if before else None, before.revision if before else None
        )
        made = RowDecision(saved.project, saved.revision, _told(saved))
        try:
            run.remember(place, made)
        except UserError as error:
            return made, str(error)
        return made, ""


def _remark_html(sentence: str) -> str:
    return element("p", escaped(sentence), class_="vermerk", data_ansage=escaped(sentence))


def _mark(made: RowDecision) -> str:
    """Tells ``verdicts.js`` that nothing is unsaved any more; never twice the same."""
    return element("span", "", data_gesichert=f"{made.project}.{made.revision}")


def _told(decision: Decision) -> str:
    kept = [line.goal for line in decision.draft.goals if line.verdict != REJECTED]
    return ", ".join(kept) or "kein Ziel"


def _title(row: BatchRow) -> str:
    """The title that the table states beside the text, else the one that the text has."""
    stated = " ".join(_cell(row.project.row, TITLES, row.project.text).split())
    return stated if 0 < len(stated) <= MOST["title"] else title_of(row.project.text)


def _cell(row: dict[str, Any], names: Sequence[str], text: str = "") -> str:
    """The cell of a column with one of these names, the first of them first; of titles none that is a bare number or all
    the `text` there is."""
    cells = {name.strip().lower(): cell_text(value).strip() for name, value in row.items()}
    if text:
        cells = {name: cell for name, cell in cells.items() if cell != text.strip() and any(map(str.isalpha, cell))}
    return next((cells[name] for name in names if cells.get(name)), "")


def _short(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[:LONGEST_TITLE].rsplit(" ", 1)[0] + " …"


def _run_name(run: StackRun) -> str:
    state = "fertig zugeordnet" if run.finished else "unterbrochen"
    decided = len(run.decided())
    more = f", {'eine Zeile' if decided == 1 else grouped(decided) + ' Zeilen'} entschieden" if decided else ""
    return f"{run.name}, begonnen am {moment_text(run.begun)}: {state}{more}"


def _progress(stack: Stack, done: int) -> str:
    seconds = stack.remaining(done)
    told = f"{grouped(done)} von {grouped(stack.total)} Zeilen"
    if seconds is None:
        return told
    if seconds < 90:
        return f"{told}, noch etwa {max(5, 5 * round(seconds / 5))} Sekunden"
    return f"{told}, noch etwa {round(seconds / 60)} Minuten"
