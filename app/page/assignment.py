"""The work on one project at the page «Zuordnen»: answer, judge, save, open again; what each button does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from app.access.person import EDITOR, Person, person_of
from app.application_form import reference_of, title_of
from app.decisions.judgement import Details, Judgement, carried_over, drafted, judgement_from, judgement_of, unjudged
from app.decisions.proposal import Proposal, proposal_of
from app.decisions.records import Decision
from app.desk import Desk
from app.german_time import moment_text
from app.logs import log_fault
from app.page.answer import answer_html, empty_html, error_html
from app.page.markup import element, escaped
from app.page.parts import Changes
from app.page.saved import not_saved_html, reader_sentence, saved_html
from data.errors import UserError

OUR_FAULT = "Ein Fehler im Programm; bitte der Stelle melden, die den Zielfinder betreut."
SOURCE = "Zuordnen"
OFFERED = 6  # departments of earlier decisions


@dataclass(frozen=True)
class Sheet:
    """What lies on the desk: the answer, and the project it belongs to if there is one.

    `project` and `revision` are those the sheet was opened on or saved as; `saved` says that nothing was done since.
    `title` and `reference` are as last taken from a text: a field that still holds them may be replaced.
    """

    proposal: Proposal | None = None
    project: int | None = None
    revision: int | None = None
    saved: bool = False
    title: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Fields:
    """What the page's components hold; an action is given those it needs. `judged` is what ``verdicts.js`` gathers."""

    text: str = ""
    areas: tuple[str, ...] | list[str] = ()
    judged: str = ""
    title: str = ""
    reference: str = ""
    department: str = ""
    reason: str = ""
    person: str = ""
    file: str | None = None
    sheet: Sheet = Sheet()


class Assignment:
    """The actions of the page. Each takes what it needs of the fields and returns changes by the component's name."""

    def __init__(self, desk: Desk, who: Callable[[Any], Person] = person_of) -> None:
        """`who` says which person is behind a request."""
        self.desk, self.who = desk, who

    def visit(self, request: gr.Request) -> Changes:
        """What a visit starts with: who sits here, departments used before, and the project named in the address."""
        person = self.who(request)
        changes: Changes = {
            "person": gr.update(value=person.name, interactive=not person.signed_in),
            "departments": self._departments_html(),
            "save": gr.update(interactive=person.may(EDITOR)),
            "note": "" if person.may(EDITOR) else element("p", escaped(reader_sentence(person)), class_="vermerk"),
        }
        number = str(request.query_params.get("nr", ""))
        return {**changes, **self._opened(number)} if number else changes

    def find(self, given: Fields, _request: gr.Request) -> Changes:
        """Answer the text; a fault of the user's is an answer too."""
        sheet, text = given.sheet, given.text
        try:
            proposal = self._proposed(text, given.areas)
            judgement = judgement_from(given.judged)
        except UserError as error:
            return self._unanswered(sheet, str(error))
        except Exception as error:
            log_fault(error)
            return self._unanswered(sheet, OUR_FAULT)
        same = sheet.proposal is not None and sheet.proposal.answers(text)
        changes: Changes = {}
        if sheet.saved and not same:  # the next project: everything about the last one is saved
            given, sheet = replace(given, title="", reference=""), Sheet()
            changes = {"department": "", "reason": ""}
        keep = same or (sheet.project is not None and not sheet.saved)
        kept = carried_over(judgement, proposal, self.desk.catalogue) if keep else Judgement()
        new = replace(sheet, proposal=proposal.light, saved=False, title=title_of(text), reference=reference_of(text))
        return {
            **changes,
            "answer": _new(answer_html(text, proposal.match, self.desk.catalogue, bool(given.areas), kept)),
            "title": new.title if given.title.strip() in ("", sheet.title) else given.title,
            "reference": new.reference if given.reference.strip() in ("", sheet.reference) else given.reference,
            **self._form(new),
        }

    def open_file(self, given: Fields, request: gr.Request) -> Changes:
        """Text and answer of an uploaded document; a faulty one leaves the text as it was."""
        if given.file is None:
            return {}
        try:
            text = self.desk.read_document(Path(given.file))
        except UserError as error:
            return self._unanswered(given.sheet, str(error))
        return {"text": text, **self.find(replace(given, text=text), request)}

    def clear(self, _given: Fields, _request: gr.Request) -> Changes:
        """An empty desk for the next project; who decides stays."""
        fields = ("text", "title", "reference", "department", "reason", "message", "done", "judged")
        return {
            **dict.fromkeys(fields, ""),
            "areas": [],
            "answer": empty_html(),
            "sheet": Sheet(),
            "form": gr.update(visible=False),
            "after": gr.update(visible=False),
            "anyway": gr.update(visible=False),
        }

    def save(self, given: Fields, request: gr.Request) -> Changes:
        """Store the decision; on any fault nothing is stored and every field keeps its content."""
        try:
            decision = self._stored(given, self.who(request))
        except UserError as error:
            return self._refused(given.sheet, str(error))
        except Exception as error:
            log_fault(error)
            return self._refused(given.sheet, OUR_FAULT)
        return {
            "sheet": replace(given.sheet, project=decision.project, revision=decision.revision, saved=True),
            "done": saved_html(decision, self.desk.catalogue),
            "after": gr.update(visible=True),
            "form": gr.update(visible=False),
            "message": "",
            "anyway": gr.update(visible=False),
            "departments": self._departments_html(),
        }

    def save_anyway(self, given: Fields, request: gr.Request) -> Changes:
        """Store on top of what somebody else has saved meanwhile; their revision stays in the history."""
        sheet = given.sheet
        return self.save(replace(given, sheet=replace(sheet, revision=self._revision_in_force(sheet))), request)

    def edit(self, given: Fields, _request: gr.Request) -> Changes:
        """Show the form of a saved decision again; saving makes a new revision."""
        return self._form(replace(given.sheet, saved=False))

    def detach(self, given: Fields, _request: gr.Request) -> Changes:
        """Make the sheet one of a new project."""
        return self._form(replace(given.sheet, project=None, revision=None))

    def _proposed(self, text: str, areas: Sequence[str]) -> Proposal:
        matcher = self.desk.matcher
        match = self.desk.match(text, areas)
        return proposal_of(text, match, matcher.catalogue, matcher.encoder.fingerprint)

    def _stored(self, given: Fields, person: Person) -> Decision:
        sheet = given.sheet
        if not person.may(EDITOR):
            raise UserError(reader_sentence(person))
        if sheet.proposal is None:
            raise UserError("Zu diesem Text liegt keine Antwort vor; bitte zuerst «Ziele finden».")
        judgement = judgement_from(given.judged)
        details = Details(given.title, given.reference, given.department, given.reason)
        draft = drafted(given.text, sheet.proposal, judgement, details, self.desk.catalogue, SOURCE)
        missing = unjudged(sheet.proposal, judgement)
        if missing:
            raise UserError(f"Noch offen: {', '.join(missing)}. Bitte jeden Vorschlag annehmen oder ablehnen.")
        by = person.name if person.signed_in else " ".join(given.person.split())
        if not by:
            raise UserError("Bitte unter «Entschieden von» eintragen, wer entscheidet.")
        return self.desk.store.save(draft, by, sheet.project, sheet.revision)

    def _refused(self, sheet: Sheet, message: str) -> Changes:
        """A refusal; where somebody else was quicker, it links to their revision and offers to save all the same."""
        overtaken = self._revision_in_force(sheet) != sheet.revision
        return {
            "message": not_saved_html(message, sheet.project if overtaken else None),
            "anyway": gr.update(visible=overtaken),
        }

    def _revision_in_force(self, sheet: Sheet) -> int | None:
        """The project's revision now; the sheet's own where there is no project or no database."""
        try:
            return sheet.revision if sheet.project is None else self.desk.store.current(sheet.project).revision
        except UserError:
            return sheet.revision

    def _unanswered(self, sheet: Sheet, message: str) -> Changes:
        """A fault in place of the answer; asked again, the same text finds its verdicts as they were."""
        return {
            "answer": _new(error_html(message)),
            "sheet": sheet,
            "form": gr.update(visible=False),
            "after": gr.update(visible=False),
        }

    def _form(self, sheet: Sheet) -> Changes:
        told = ""
        if sheet.project is not None and sheet.revision is not None:
            told = element(
                "p",
                escaped(
                    f"Projekt Nr. {sheet.project}: Speichern legt Fassung {sheet.revision + 1} an; "
                    f"Fassung {sheet.revision} bleibt in der Geschichte."
                ),
                class_="vermerk",
            )
        return {
            "sheet": sheet,
            "standing": told,
            "detach": gr.update(visible=sheet.project is not None),
            "form": gr.update(visible=True),
            "after": gr.update(visible=False),
            "done": "",
            "message": "",
            "anyway": gr.update(visible=False),
        }

    def _opened(self, number: str) -> Changes:
        """A saved decision on the desk, with its text matched anew and its verdicts ticked."""
        try:
            decision = self.desk.store.current(project_number(number))
            if decision.texts_deleted_at:
                raise UserError(
                    f"Die Texte von Projekt Nr. {decision.project} sind gelöscht; diese Entscheidung lässt sich nicht mehr bearbeiten."
                )
            draft = decision.draft
            proposal = self._proposed(draft.text, [])
        except UserError as error:
            return self._unanswered(Sheet(), str(error))
        judgement = carried_over(judgement_of(draft), proposal, self.desk.catalogue)
        sheet = Sheet(proposal.light, decision.project, decision.revision, title=title_of(draft.text))
        return {
            "text": draft.text,
            "answer": _about(decision, self.desk)
            + answer_html(draft.text, proposal.match, self.desk.catalogue, False, judgement),
            "title": draft.title,
            "reference": draft.reference,
            "department": draft.department,
            "reason": draft.reason,
            **self._form(sheet),
        }

    def _departments_html(self) -> str:
        """The departments named most in earlier decisions, as buttons that fill the field."""
        try:
            names = self.desk.store.departments(OFFERED)
        except UserError:  # without a database texts are still answered; saving says what is wrong
            return ""
        buttons = (element("button", escaped(name), type="button", data_fuellt="fachdienst") for name in names)
        group = element(
            "div", *buttons, class_="bausteine", role="group", aria_label="Fachdienste aus früheren Entscheidungen"
        )
        return group if names else ""


def project_number(given: str) -> int:
    """The number of a project as an address or a field gives it.

    Raises:
        UserError: not a number.
    """
    if not given.isdecimal() or len(given) > 12:
        raise UserError(f"Ein Projekt mit der Nummer {given[:40]!r} gibt es nicht.")
    return int(given)


def _new(answer: str) -> str:
    """The answer as one that the page takes for new, and announces, even when it is the same as the one before."""
    return element("div", answer, data_zeit=str(time.monotonic_ns()))


def _about(decision: Decision, desk: Desk) -> str:
    """What must be known before a saved decision is changed."""
    told = (
        f"Geöffnet: Projekt Nr. {decision.project}, Fassung {decision.revision}, entschieden von {decision.decided_by} "
        f"am {moment_text(decision.decided_at)}."
    )
    if decision.draft.catalogue_fingerprint != desk.catalogue.digest:
        gone = [item.goal for item in decision.draft.goals if item.goal not in desk.catalogue.by_id]
        told += " Entschieden wurde auf einem anderen Stand des Zielkatalogs; die Vorschläge unten sind neu."
        told += f" Nicht mehr im Katalog: {', '.join(gone)}." if gone else ""
    if decision.withdrawn:
        told += " Die Entscheidung ist zurückgenommen; Speichern setzt eine neue in Kraft."
    return element("p", escaped(told), class_="vermerk geoeffnet")
