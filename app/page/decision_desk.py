"""What each control of the page of decisions does. Everything is read from the store at the moment it is asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from app.access.person import ADMIN, EDITOR, Person, person_of
from app.decision_export import write_decisions
from app.decisions.records import Decision
from app.decisions.store import Wanted
from app.desk import Desk
from app.downloads import writable_folder
from app.german_time import day_start
from app.logs import log_fault
from app.page.answer import error_html
from app.page.assignment import OUR_FAULT, project_number
from app.page.decision_list import PER_PAGE, list_html, pages
from app.page.decision_view import decision_html
from app.page.markup import element, escaped
from app.page.parts import Changes
from app.page.saved import reader_sentence
from data.errors import UserError, grouped

HIDDEN = gr.update(visible=False)
FORGET, FORGET_AGAIN = "Persönliche Texte löschen …", "Löschen wiederholen"  # copies may have stayed the first time


@dataclass(frozen=True)
class Fields:
    """What the page's components hold; an action is given those it needs. `page` counts from 0; `seen` is the opened revision."""

    words: str = ""
    area: str = ""
    goal: str = ""
    by: str = ""
    since: str = ""
    until: str = ""
    page: int = 0
    number: str = ""
    seen: int | None = None
    reason: str = ""
    person: str = ""


class DecisionDesk:
    """The actions of the page. Each takes what it needs of the fields and returns changes by the component's name."""

    def __init__(self, desk: Desk, who: Callable[[Any], Person] = person_of) -> None:
        """`who` says which person is behind a request."""
        self.desk, self.who = desk, who

    def visit(self, request: gr.Request) -> Changes:
        """The list, or the one decision that the address names."""
        number = str(request.query_params.get("nr", ""))
        person = self.who(request)
        changes: Changes = {"person": gr.update(value=person.name, interactive=not person.signed_in), "number": number}
        return {**changes, **self.choose(Fields(number=number), request)}

    def search(self, given: Fields, _request: gr.Request) -> Changes:
        """The first page of what the filters leave."""
        return self._listed(replace(given, page=0))

    def earlier(self, given: Fields, _request: gr.Request) -> Changes:
        """One page back."""
        return self._listed(replace(given, page=given.page - 1))

    def later(self, given: Fields, _request: gr.Request) -> Changes:
        """One page on."""
        return self._listed(replace(given, page=given.page + 1))

    def choose(self, given: Fields, request: gr.Request) -> Changes:
        """Open one decision, or go back to the list when none is named."""
        if not given.number:
            return {**self._listed(given), "all": gr.update(visible=True), "one": HIDDEN}
        try:
            return self._opened(project_number(given.number), self.who(request))
        except UserError as error:
            return {
                **self._listed(given),
                "all": gr.update(visible=True),
                "one": HIDDEN,
                "message": error_html(str(error)),
            }

    def export_csv(self, given: Fields, _request: gr.Request) -> Changes:
        """What the filters leave, as CSV."""
        return self._exported(given, "csv")

    def export_xlsx(self, given: Fields, _request: gr.Request) -> Changes:
        """What the filters leave, as XLSX."""
        return self._exported(given, "xlsx")

    def ask_withdrawal(self, _given: Fields, _request: gr.Request) -> Changes:
        """Ask for the reason before anything is withdrawn."""
        return {"withdrawing": gr.update(visible=True), "forgetting": HIDDEN, "message": ""}

    def ask_deletion(self, _given: Fields, _request: gr.Request) -> Changes:
        """Ask again before anything is deleted."""
        return {"forgetting": gr.update(visible=True), "withdrawing": HIDDEN, "message": ""}

    def leave_it(self, _given: Fields, _request: gr.Request) -> Changes:
        """Neither withdraw nor delete."""
        return {"forgetting": HIDDEN, "withdrawing": HIDDEN, "message": ""}

    def withdraw(self, given: Fields, request: gr.Request) -> Changes:
        """Take a decision back; it stays in the history."""
        return self._changed(given, request, lambda number, person: self._withdrawn(number, person, given))

    def forget(self, given: Fields, request: gr.Request) -> Changes:
        """Delete the personal texts of a decision in all its revisions."""
        return self._changed(given, request, self._forgotten)

    def _withdrawn(self, number: int, person: Person, given: Fields) -> str:
        if not person.may(EDITOR):
            raise UserError(reader_sentence(person))
        reason, by = given.reason.strip(), person.name if person.signed_in else " ".join(given.person.split())
        if not reason:
            raise UserError("Bitte einen Grund für die Rücknahme angeben.")
        if not by:
            raise UserError("Bitte unter «Zurückgenommen von» eintragen, wer zurücknimmt.")
        self.desk.store.withdraw(number, by, reason, given.seen)
        return f"Die Entscheidung über Projekt Nr. {number} ist zurückgenommen."

    def _forgotten(self, number: int, person: Person) -> str:
        if not person.may(ADMIN):
            raise UserError("Persönliche Texte löschen darf nur, wer das Recht «Verwalten» hat.")
        self.desk.store.forget(number, person.name)
        return f"Die persönlichen Texte von Projekt Nr. {number} sind in allen Fassungen gelöscht."

    def _changed(self, given: Fields, request: gr.Request, change: Callable[[int, Person], str]) -> Changes:
        """Make a change to the opened decision and show it again; on a fault everything stays as it is."""
        person = self.who(request)
        try:
            number = project_number(given.number)
            told = change(number, person)
            return {**self._opened(number, person), "message": _done(told), "reason": ""}
        except UserError as error:
            return {"message": error_html(str(error))}
        except Exception as error:
            log_fault(error)
            return {"message": error_html(OUR_FAULT)}

    def _opened(self, number: int, person: Person) -> Changes:
        history = self.desk.store.history(number)
        deleted = history[-1].texts_deleted_at is not None
        return {
            "all": HIDDEN,
            "one": gr.update(visible=True),
            "decision": decision_html(history, self.desk),
            "seen": history[-1].revision,
            "change": gr.update(link=f"./?nr={number}", visible=person.may(EDITOR) and not deleted),
            "withdraw": gr.update(visible=person.may(EDITOR) and not history[-1].withdrawn),
            "forget": gr.update(value=FORGET_AGAIN if deleted else FORGET, visible=person.may(ADMIN)),
            "withdrawing": HIDDEN,
            "forgetting": HIDDEN,
            "message": "",
        }

    def _listed(self, given: Fields) -> Changes:
        try:
            filters = self._filters(given)
            total = self.desk.store.count(**filters)
            page = min(max(0, given.page), pages(total) - 1)
            found = self.desk.store.search(**filters, limit=PER_PAGE, offset=page * PER_PAGE)
        except UserError as error:  # the list of an earlier search is no answer to this one
            return {"message": error_html(str(error)), "list": "", "back": HIDDEN, "forward": HIDDEN}
        return {
            "message": "",
            "page": page,
            "list": list_html(found, total, page, any(filters.values()), self.desk),
            "back": gr.update(visible=page > 0),
            "forward": gr.update(visible=page < pages(total) - 1),
        }

    def _filters(self, given: Fields) -> Wanted:
        """The arguments of a search.

        Raises:
            UserError: a day that is none.
        """
        goal = given.goal.strip()
        known = {identity.casefold(): identity for identity in self.desk.catalogue.by_id}
        return {
            "words": given.words.strip(),
            "area": given.area or None,
            "goal": known.get(goal.casefold(), goal) or None,
            "by": given.by.strip(),
            "since": day_start(given.since, "Von Tag"),
            "until": day_start(given.until, "Bis Tag", later=1),
        }

    def _exported(self, given: Fields, kind: str) -> Changes:
        try:
            filters = self._filters(given)
            folder = Path(tempfile.mkdtemp(prefix="entscheidungen-", dir=writable_folder()))
            path = folder / f"entscheidungen-{datetime.now().astimezone():%Y-%m-%d}.{kind}"
            rows = write_decisions(self._all(filters), path, self.desk.catalogue)
        except UserError as error:
            return {"message": error_html(str(error))}
        told = "Eine Entscheidung" if rows == 1 else f"{grouped(rows)} Entscheidungen"
        return {
            "file": str(path),
            "told": element(
                "p", escaped(f"{path.name}: {told}."), class_="leise", data_laden="export-datei", data_ansage=told
            ),
        }

    def _all(self, filters: Wanted) -> Iterator[Decision]:
        """Every decision that the filters leave, in one read: between two of them a decision could change its place."""
        yield from self.desk.store.search(**filters, limit=None)


def _done(sentence: str) -> str:
    return element("div", element("p", escaped(sentence)), class_="zustand mit-ziel", data_ansage=sentence)
