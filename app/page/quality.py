"""The quality page: measure, read what came out, look at the errors, take decisions over as judged texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from app.access.person import ADMIN, EDITOR, Person, person_of
from app.decisions.labels import decided_cases, decided_path, take_over, taken_over_at
from app.desk import Desk
from app.evaluation import DECISIONS, Task, variant
from app.measurements import STOPPING, Measurement
from app.page.answer import error_html
from app.page.frame import html, on, on_visit, page_header, page_title, place
from app.page.judged import Judged, judged_html, taken_html
from app.page.measured import COMPARISONS, DECIDED_COMPARISON, SPLITS, measured_html, nothing_html, title_of
from app.page.review import progress_html
from app.settings import isek_home
from data.errors import UserError
from data.labelled import labelled_path, load_labelled
from eval.wording import variant_name

PLACE = place("qualitaet")
LEAD = "Wie oft kommt die Software zum selben Ergebnis wie Menschen, die dieselben Texte gelesen haben?"
SHIPPED, DECIDED = "shipped", "decided"
SETS = {SHIPPED: "Mitgelieferter Prüfsatz", DECIDED: "Eigene Entscheidungen"}
EVERY = 1.5  # seconds between two looks at a running measurement
HONEST = (
    "Zahlen zum Prüfteil sind zum Berichten da, nicht zum Ausprobieren: Wer Profile oder Einstellungen ändert, bis sie "
    "steigen, misst danach nicht mehr ehrlich. Zum Verbessern dient der Entwicklungsteil."
)
MAY_NOT = "Dafür brauchen Sie das Recht «Bearbeiten»; lesen können Sie alle Messungen."


def quality_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    work = Work(desk)
    page_header(PLACE, desk.catalogue.title)
    page_title("Qualität", LEAD)
    with gr.Row(elem_classes="arbeit"):
        with gr.Column(elem_classes="eingabe", min_width=280):
            which = gr.Radio(_choices(SETS)[:1], value=SHIPPED, label="Woran messen?", elem_id="pruefsatz")
            split = gr.Radio(_choices(SPLITS), value="test", label="Welcher Teil?", info=HONEST, elem_id="teil")
            beside = gr.CheckboxGroup(
                _variants(COMPARISONS),
                label="Daneben messen",
                info="Jeder Vergleich dauert noch einmal so lange.",
                elem_id="daneben",
            )
            model = gr.Textbox(
                label="Anderes Sprachmodell daneben messen",
                placeholder="Ordner eines Modells auf dem Server",
                info="Darf leer bleiben.",
                max_lines=1,
                elem_id="modell",
            )
            with gr.Row(elem_classes="knoepfe"):
                start = gr.Button("Messen", variant="primary", elem_id="messen", min_width=140)
                stop = gr.Button("Abbrechen", elem_id="abbrechen", min_width=110, scale=0, interactive=False)
            meter = html("", elem_id="fortschritt")
        with gr.Column(elem_classes="ausgabe", min_width=280):
            runs = gr.Radio([], label="Messungen", visible=False, elem_id="messungen")
            result = html(nothing_html(), elem_id="messung")
    with gr.Column(elem_classes="beurteilt"):
        texts = html("", elem_id="texte")
        take = gr.Button("Entscheidungen übernehmen", elem_id="uebernehmen", scale=0, min_width=200)
        taken = html("", elem_id="texte-stand")
    timer = gr.Timer(EVERY, active=False)
    following = [meter, stop, timer, runs, result]
    on_visit(work.visited, [which, beside, texts, *following])
    on(start.click, work.started, [which, split, beside, model], following)
    on(stop.click, work.stopped, None, meter)
    on(timer.tick, work.followed, runs, following)
    on(runs.input, work.chosen, runs, result)
    on(which.input, _split_of, which, split)
    on(take.click, work.taken_over, None, [taken, texts, which, beside])


class Work:
    """What the page does, on one desk; one method for each event."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def visited(self) -> tuple[Any, ...]:
        """What a visit starts with: the sets there are, the judged texts, the newest measurement, and the running one."""
        found = self.desk.measurements.finished()
        progress = self.desk.measurements.progress
        running = progress.running
        meter = self._meter() if running else ""
        return (
            *self._sets(),
            self._texts(),
            meter,
            gr.update(interactive=progress.stops and running),
            gr.Timer(active=running),
            *_shown(found, found[0].number if found else None),
        )

    def started(self, which: str, split: str, beside: list[str], model: str, request: gr.Request) -> tuple[Any, ...]:
        """Begin a measurement, or say why not."""
        try:
            person = person_of(request)
            task = self._task(person, which, split, beside, model)
            self.desk.measurements.start(self.desk.settings, task, person.name)
        except UserError as error:
            return error_html(str(error)), *[gr.skip()] * 4
        return self._meter(), gr.update(interactive=True), gr.Timer(active=True), gr.skip(), gr.skip()

    def _task(self, person: Person, which: str, split: str, beside: list[str], model: str) -> Task:
        """What was asked for.

        Raises:
            UserError: not allowed, or a comparison that cannot be made.
        """
        _needs(person, EDITOR)
        if split not in SPLITS or which not in SETS:
            raise UserError("Bitte wählen, woran gemessen wird.")
        compare = [str(name) for name in beside]
        if model.strip():
            _needs(person, ADMIN)
            compare.append(f"model={model.strip()}")
        for assignment in compare:
            variant(self.desk.settings, assignment)
        return Task(DECISIONS if which == DECIDED else None, split, tuple(compare))

    def stopped(self, request: gr.Request) -> str:
        """End the running measurement; its end is seen at the next look."""
        if not person_of(request).may(EDITOR):
            return error_html(MAY_NOT)
        if not self.desk.measurements.progress.stops:
            return error_html("Was über die Schnittstelle gemessen wird, lässt sich hier nicht abbrechen.")
        self.desk.measurements.cancel()
        return progress_html(STOPPING, None)

    def followed(self, run: str | None) -> tuple[Any, ...]:
        """A look at the running measurement; once it has ended, its result."""
        progress = self.desk.measurements.progress
        if progress.running:
            return self._meter(), gr.update(interactive=progress.stops), gr.skip(), gr.skip(), gr.skip()
        found = self.desk.measurements.finished()
        meter = error_html(progress.fault) if progress.fault else progress_html(progress.sentence, None)
        shown = _shown(found, progress.number or run)
        return meter, gr.update(interactive=False), gr.Timer(active=False), *shown

    def chosen(self, run: str | None) -> str:
        """The measurement picked from the list."""
        return _one(self.desk.measurements.finished(), run)

    def taken_over(self, request: gr.Request) -> tuple[Any, ...]:
        """Bring the set of decisions up to date."""
        try:
            _needs(person_of(request), EDITOR)
            done = take_over(self.desk.store.every(), self.desk.catalogue)
        except UserError as error:
            return error_html(str(error)), *[gr.skip()] * 3
        return taken_html(done), self._texts(), *self._sets()

    def _sets(self) -> tuple[Any, Any]:
        """The sets that can be measured on, and what can be measured beside; decisions only where some were taken over."""
        decided = decided_path(self.desk.catalogue).is_file()
        sets = _choices(SETS) if decided else _choices(SETS)[:1]
        beside = [*COMPARISONS, *([DECIDED_COMPARISON] if decided and not self.desk.settings.decided_labels else [])]
        edited = sorted(path.stem for path in (isek_home() / "catalogues").glob("*.yaml"))
        beside += [f"catalogue={name}" for name in edited if name != self.desk.settings.catalogue]
        return gr.update(choices=sets), gr.update(choices=_variants(beside))

    def _texts(self) -> str:
        """What is known of the judged texts."""
        catalogue = self.desk.catalogue
        path = labelled_path(catalogue)
        at = taken_over_at(catalogue)
        try:
            shipped, decided = load_labelled(path) if path.is_file() else [], decided_cases(catalogue)
            since = self.desk.store.count(since=at) if at else self.desk.store.count(withdrawn=False)
        except UserError as error:
            return error_html(str(error))
        return judged_html(Judged(shipped, decided, at, since, self.desk.settings.decided_labels))

    def _meter(self) -> str:
        progress = self.desk.measurements.progress
        return progress_html(f"{progress.sentence} Gestartet von {progress.by}.", round(1000 * progress.share), 1000)


def _needs(person: Person, role: str) -> None:
    if not person.may(role):
        raise UserError(
            MAY_NOT if role == EDITOR else "Ein anderes Modell darf nur messen, wer das Recht «Verwalten» hat."
        )


def _choices(names: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for value, name in names.items()]


def _variants(assignments: Sequence[str]) -> list[tuple[str, str]]:
    return [(variant_name(assignment), assignment) for assignment in assignments]


def _split_of(which: str) -> str:
    """Decisions are too few to be parted, and nothing was tuned on them: all are measured."""
    return "all" if which == DECIDED else "test"


def _shown(found: list[Measurement], run: str | None) -> tuple[Any, str]:
    choices = [(title_of(measurement), measurement.number) for measurement in found]
    numbers = [number for _, number in choices]
    picked = run if run in numbers else numbers[0] if numbers else None
    return gr.update(choices=choices, value=picked, visible=len(choices) > 1), _one(found, picked)


def _one(found: list[Measurement], run: str | None) -> str:
    measurement = next((item for item in found if item.number == run), None)
    return measured_html(measurement) if measurement else nothing_html()
