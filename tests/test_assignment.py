"""What the buttons of «Zuordnen» and «Entscheidungen» do, on the bundled model and a database of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from app.access.person import ADMIN, EDITOR, READER, Person
from app.decisions.store import open_store
from app.desk import Desk
from app.page.assignment import Assignment, Fields, Sheet
from app.page.decision_desk import FORGET, FORGET_AGAIN, DecisionDesk
from app.page.decision_desk import Fields as ListFields
from app.settings import Settings
from data.errors import UserError
from index.matcher import Matcher

BIKE = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"
EVIL = "<img src=x onerror=alert(1)>\"&'<script>alert(2)</script>"
VISIT: Any = SimpleNamespace(query_params={})


def person(role: str, signed_in: bool = True) -> Any:
    return lambda _request: Person("Kim Beispiel", role, signed_in)


@pytest.fixture
def desk(matcher: Matcher, tmp_path: Path) -> Iterator[Desk]:
    store = open_store(Settings(), tmp_path)
    yield Desk(matcher, Settings(), store)
    store.close()


@pytest.fixture
def work(desk: Desk) -> Assignment:
    return Assignment(desk, person(EDITOR))


def answered(work: Assignment, text: str = BIKE, **fields: Any) -> Sheet:
    sheet = work.find(Fields(text=text, **fields), VISIT)["sheet"]
    assert isinstance(sheet, Sheet)
    return sheet


def judged(sheet: Sheet, *accepted: str, none: bool = False) -> str:
    """What the page sends when every suggestion but the accepted ones is rejected."""
    assert sheet.proposal is not None
    goals = {hit.id: ["rejected", ""] for hit, _ in sheet.proposal.suggested}
    goals |= {goal: ["accepted", ""] for goal in accepted}
    return json.dumps({"goals": goals, "primary": "", "none": none})


def saved(work: Assignment, **fields: Any) -> Sheet:
    sheet = answered(work)
    given = {"text": BIKE, "judged": judged(sheet, "PB5.4"), "sheet": sheet, "title": "Weg", **fields}
    done = work.save(Fields(**given), VISIT)
    assert "message" in done and not done["message"], done["message"]
    return Sheet(**vars(done["sheet"]))


def test_a_decision_is_saved_with_its_project_number_and_person(work: Assignment) -> None:
    sheet = saved(work, reference="66-1", department="Tiefbau", reason="Lücke", person="wird nicht beachtet")
    assert (sheet.project, sheet.revision, sheet.saved) == (1, 1, True)
    kept = work.desk.store.current(1)
    assert (kept.decided_by, kept.draft.title, kept.draft.reference, kept.draft.department) == (
        "Kim Beispiel",
        "Weg",
        "66-1",
        "Tiefbau",
    )
    assert [(goal.goal, goal.verdict) for goal in kept.draft.goals if goal.area] == [("PB5.4", "accepted")]
    assert kept.draft.text == BIKE and kept.draft.model_fingerprint == work.desk.matcher.encoder.fingerprint


def test_at_a_single_desk_the_field_says_who_decides(desk: Desk) -> None:
    work = Assignment(desk, person(ADMIN, signed_in=False))
    saved(work, person=" Uli  Muster ")
    assert desk.store.current(1).decided_by == "Uli Muster"
    sheet = answered(work)
    refused = work.save(Fields(text=BIKE, judged=judged(sheet, "PB5.4"), sheet=sheet, person=" "), VISIT)
    assert "wer entscheidet" in refused["message"] and desk.store.count() == 1


def test_who_may_only_read_is_told_so_and_nothing_is_saved(desk: Desk) -> None:
    work = Assignment(desk, person(READER))
    sheet = answered(work)
    refused = work.save(Fields(text=BIKE, judged=judged(sheet, "PB5.4"), sheet=sheet), VISIT)
    assert "mit dem Recht «Lesen» angemeldet" in refused["message"] and desk.store.count() == 0
    assert work.visit(VISIT)["save"]["interactive"] is False


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"text": BIKE + "."}, "Der Text wurde nach dieser Antwort geändert"),
        ({"sheet": Sheet()}, "liegt keine Antwort vor"),
        ({"judged": ""}, "Noch offen: PB5.4"),
        ({"judged": "{"}, "unlesbar"),
        ({"judged": '{"goals": {}, "none": false}'}, "Noch offen: PB5.4"),
        ({"title": "x" * 501}, "Der Titel hat 501 Zeichen"),
    ],
)
def test_a_refusal_stores_nothing_and_changes_no_field(work: Assignment, change: dict[str, Any], sentence: str) -> None:
    sheet = answered(work)
    given = {"text": BIKE, "judged": judged(sheet, "PB5.4"), "sheet": sheet, "title": "Weg"}
    refused = work.save(Fields(**{**given, **change}), VISIT)
    assert sentence in refused["message"] and work.desk.store.count() == 0
    assert set(refused) == {"message", "anyway"}


def test_nothing_accepted_is_refused_and_no_goal_is_a_decision(work: Assignment) -> None:
    sheet = answered(work)
    refused = work.save(Fields(text=BIKE, judged=judged(sheet), sheet=sheet), VISIT)
    assert "kein Ziel angenommen" in refused["message"]
    work.save(Fields(text=BIKE, judged=judged(sheet, none=True), sheet=sheet), VISIT)
    assert work.desk.store.current(1).draft.no_goal


def test_saving_again_makes_a_revision_and_the_next_text_a_new_project(work: Assignment) -> None:
    first = saved(work)
    again = work.edit(Fields(sheet=first), VISIT)["sheet"]
    second = work.save(Fields(text=BIKE, judged=judged(again, "PB5.4"), sheet=again, title="Neu"), VISIT)["sheet"]
    assert (second.project, second.revision) == (1, 2)
    assert [found.draft.title for found in work.desk.store.history(1)] == ["Weg", "Neu"]
    fire = "Die Berufsfeuerwehr bekommt eine neue Drehleiter"
    changes = work.find(Fields(text=fire, sheet=second, title="Neu", reference="66"), VISIT)
    assert changes["sheet"].project is None
    assert (changes["title"], changes["reference"], changes["reason"]) == (fire, "", "")


def test_the_same_text_asked_again_keeps_project_verdicts_and_title(work: Assignment) -> None:
    sheet = answered(work)
    changes = work.find(Fields(text=BIKE, sheet=sheet, judged=judged(sheet, "PB5.4"), title="Mein Titel"), VISIT)
    assert changes["title"] == "Mein Titel"
    assert 'data-urteil="accepted" checked' in changes["answer"]
    other = work.find(Fields(text="Ein Radweg", sheet=sheet, judged=judged(sheet, "PB5.4"), title="Mein Titel"), VISIT)
    assert "checked" not in other["answer"]


def test_verdicts_outlive_a_question_that_could_not_be_answered(work: Assignment) -> None:
    sheet = answered(work)
    given = Fields(text=BIKE, areas=["9"], sheet=sheet, judged=judged(sheet, "PB5.4"))
    failed = work.find(given, VISIT)
    assert "Den Produktbereich" in failed["answer"] and failed["form"]["visible"] is False
    again = work.find(replace(given, areas=[], sheet=failed["sheet"]), VISIT)
    assert 'data-urteil="accepted" checked' in again["answer"]


def test_somebody_quicker_is_named_and_both_revisions_are_kept_if_wanted(work: Assignment) -> None:
    first = work.edit(Fields(sheet=saved(work)), VISIT)["sheet"]
    other = Assignment(work.desk, lambda _request: Person("Uli Muster", EDITOR, True))
    other.save(Fields(text=BIKE, judged=judged(first, "PB5.4"), sheet=first, title="Von Uli"), VISIT)
    mine = Fields(text=BIKE, judged=judged(first, "PB5.4"), sheet=first, title="Von Kim")
    refused = work.save(mine, VISIT)
    assert "Uli Muster hat das Projekt 1 inzwischen neu entschieden" in refused["message"]
    assert "./entscheidungen?nr=1" in refused["message"] and refused["anyway"]["visible"] is True
    assert work.save_anyway(mine, VISIT)["sheet"].revision == 3
    assert [found.draft.title for found in work.desk.store.history(1)] == ["Weg", "Von Uli", "Von Kim"]


def test_a_decision_is_opened_by_its_number_with_its_verdicts(work: Assignment) -> None:
    saved(work, reason="weil")
    opened = work.visit(SimpleNamespace(query_params={"nr": "1"}))
    assert (opened["text"], opened["title"], opened["reason"]) == (BIKE, "Weg", "weil")
    assert 'data-urteil="accepted" checked' in opened["answer"] and opened["sheet"].revision == 1
    assert "Speichern legt Fassung 2 an" in opened["standing"]


@pytest.mark.parametrize("number", ["99", "x", "-1", "9" * 30, "<b>"])
def test_a_number_that_is_none_gets_a_german_sentence(work: Assignment, number: str) -> None:
    assert "gibt es nicht" in work.visit(SimpleNamespace(query_params={"nr": number}))["answer"]
    assert (
        "gibt es nicht"
        in DecisionDesk(work.desk, work.who).visit(SimpleNamespace(query_params={"nr": number}))["message"]
    )


def test_texts_are_deleted_by_admins_alone_and_the_decision_can_no_longer_be_edited(work: Assignment) -> None:
    saved(work)
    assert "«Verwalten»" in DecisionDesk(work.desk, person(EDITOR)).forget(ListFields(number="1"), VISIT)["message"]
    assert work.desk.store.current(1).draft.text == BIKE
    done = DecisionDesk(work.desk, person(ADMIN)).forget(ListFields(number="1"), VISIT)
    assert "in allen Fassungen gelöscht" in done["message"] and done["change"]["visible"] is False
    assert work.desk.store.current(1).draft.text == ""
    assert "nicht mehr bearbeiten" in work.visit(SimpleNamespace(query_params={"nr": "1"}))["answer"]


def test_a_deletion_that_left_copies_is_repeated_after_a_reload(
    work: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(work)
    told: list[int] = []

    def fails_once(project: int) -> None:
        told.append(project)
        if len(told) == 1:
            raise UserError("Eine Kopie lässt sich nicht löschen.")

    monkeypatch.setattr(work.desk.store, "_forgotten", fails_once)
    lists = DecisionDesk(work.desk, person(ADMIN))
    assert lists.choose(ListFields(number="1"), VISIT)["forget"] == gr.update(value=FORGET, visible=True)
    assert "Kopie" in lists.forget(ListFields(number="1"), VISIT)["message"]
    assert work.desk.store.current(1).draft.text == ""
    reloaded = lists.visit(SimpleNamespace(query_params={"nr": "1"}))
    assert reloaded["forget"] == gr.update(value=FORGET_AGAIN, visible=True)
    assert "gelöscht" in lists.forget(ListFields(number="1"), VISIT)["message"] and told == [1, 1]
    assert DecisionDesk(work.desk, person(EDITOR)).choose(ListFields(number="1"), VISIT)["forget"]["visible"] is False


def test_a_withdrawal_needs_a_reason_and_the_revision_that_was_seen(work: Assignment) -> None:
    saved(work)
    lists = DecisionDesk(work.desk, person(EDITOR))
    assert "Grund" in lists.withdraw(ListFields(number="1", seen=1, reason=" "), VISIT)["message"]
    assert (
        "inzwischen neu entschieden"
        in lists.withdraw(ListFields(number="1", seen=7, reason="falsch"), VISIT)["message"]
    )
    done = lists.withdraw(ListFields(number="1", seen=1, reason="falsch"), VISIT)
    assert "zurückgenommen" in done["message"] and done["seen"] == 2
    assert [found.withdrawn for found in work.desk.store.history(1)] == [False, True]
    reader = DecisionDesk(work.desk, person(READER))
    assert "«Lesen»" in reader.withdraw(ListFields(number="1", seen=2, reason="x"), VISIT)["message"]


def test_the_list_is_searched_filtered_and_paged(work: Assignment) -> None:
    sheet = answered(work)
    for number in range(27):
        work.save(Fields(text=BIKE, judged=judged(sheet, "PB5.4"), sheet=sheet, title=f"Weg Nummer {number}"), VISIT)
    lists = DecisionDesk(work.desk, person(EDITOR))
    first = lists.visit(VISIT)
    assert "27 Entscheidungen. Seite 1 von 2." in first["list"] and first["list"].count("<li>") == 25
    assert (first["back"]["visible"], first["forward"]["visible"]) == (False, True)
    second = lists.later(ListFields(page=0), VISIT)
    assert second["page"] == 1 and second["list"].count("<li>") == 2
    assert lists.later(ListFields(page=1), VISIT)["page"] == 1
    for given, found in (
        (ListFields(words="nummer 26"), "Eine Entscheidung gefunden."),
        (ListFields(goal="pb5.4"), "27 Entscheidungen gefunden."),
        (ListFields(goal="PB1.1"), "Keine Entscheidungen gefunden."),
        (ListFields(area="5"), "27 Entscheidungen gefunden."),
        (ListFields(area="1"), "Keine Entscheidungen gefunden."),
        (ListFields(by="beispiel"), "27 Entscheidungen gefunden."),
        (ListFields(by="Uli"), "Keine Entscheidungen gefunden."),
        (ListFields(since="01.01.2020"), "27 Entscheidungen gefunden."),
        (ListFields(until="01.01.2020"), "Keine Entscheidungen gefunden."),
    ):
        assert found in lists.search(given, VISIT)["list"], given
    assert "«Von Tag» erwartet einen Tag" in lists.search(ListFields(since="gestern"), VISIT)["message"]


def test_markup_in_any_field_is_shown_as_text(desk: Desk) -> None:
    work = Assignment(desk, person(ADMIN, signed_in=False))
    sheet = answered(work)
    goals = {"goals": {"PB5.4": ["accepted", EVIL]}, "primary": EVIL, "none": False}
    rest = json.loads(judged(sheet, "PB5.4"))["goals"]
    given = Fields(
        text=BIKE,
        judged=json.dumps({**goals, "goals": {**rest, **goals["goals"]}}),
        sheet=sheet,
        title=EVIL,
        reference=EVIL,
        department=EVIL,
        reason=EVIL,
        person=EVIL,
    )
    done = work.save(given, VISIT)
    shown = [done["done"], work._departments_html(), work.visit(SimpleNamespace(query_params={"nr": "1"}))["answer"]]
    lists = DecisionDesk(desk, person(ADMIN))
    shown += [lists.visit(VISIT)["list"], lists.choose(ListFields(number="1"), VISIT)["decision"]]
    assert all("<img" not in html and "<script" not in html and "&lt;img" in html for html in shown)


def test_an_export_holds_what_the_filters_leave(work: Assignment) -> None:
    saved(work, title="=Formel")
    sheet = answered(work)
    work.save(Fields(text=BIKE, judged=judged(sheet, "PB5.4"), sheet=sheet, title="Anderes"), VISIT)
    lists = DecisionDesk(work.desk, person(READER))
    made = lists.export_csv(ListFields(words="formel"), VISIT)
    lines = Path(made["file"]).read_text("utf-8-sig").splitlines()
    assert len(lines) == 2 and ";'=Formel;" in lines[1]
    assert "Eine Entscheidung" in made["told"]
    assert Path(lists.export_xlsx(ListFields(), VISIT)["file"]).read_bytes()[:2] == b"PK"
