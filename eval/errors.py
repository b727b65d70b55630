"""Errors one can act on: what went wrong in a case, and the entry of the goal profile that led there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.catalogue import Catalogue
from eval.run import SHOWN, Record

OTHER_GOAL = "anderes Ziel an erster Stelle"
CALLED_GOALLESS = "„kein Ziel“ gesagt, obwohl eines passt"
NOT_CALLED_GOALLESS = "Ziel genannt, obwohl keines passt"
AREA_GOAL_SUGGESTED = "Produktbereichsziel vorgeschlagen, obwohl nur gesamtstädtische passen"
OTHER_AREA = "anderer Produktbereich"
COLUMNS = (
    "id",
    "teil",
    "textart",
    "fehler",
    "text",
    "richtig",
    "richtig_titel",
    "auch_richtig",
    "gesamtstaedtisch",
    "genannt",
    "genannt_titel",
    "sicherheit",
    "fundstelle",
    "irrefuehrender_eintrag",
    "rang_des_richtigen",
    "fundstelle_des_richtigen",
    "eintrag_des_richtigen",
)


@dataclass(frozen=True)
class Clue:
    """What spoke for a goal: the words of the text, and the entry of the goal they resemble (both may be empty)."""

    text: str = ""
    entry: str = ""


@dataclass(frozen=True)
class WrongCase:
    """A case with the kinds of error in it; `misled` spoke for the first goal, `missed` for the right one."""

    record: Record
    kinds: tuple[str, ...]
    misled: Clue
    missed: Clue

    def row(self, catalogue: Catalogue) -> dict[str, Any]:
        """The cells for a table, by the names in `COLUMNS`."""
        case, first = self.record.case, self.record.first
        cells = (
            case.id,
            case.split,
            case.style,
            "; ".join(self.kinds),
            case.text,
            case.primary or "",
            _title(catalogue, case.primary),
            ", ".join(case.secondary),
            ", ".join(case.citywide),
            first or "",
            _title(catalogue, first),
            self.record.confidence,
            self.misled.text,
            self.misled.entry,
            self.record.rank,
            self.missed.text,
            self.missed.entry,
        )
        return dict(zip(COLUMNS, cells, strict=True))


def _title(catalogue: Catalogue, goal: str | None) -> str:
    return catalogue.by_id[goal].title if goal in catalogue.by_id else ""


def wrong_cases(records: Sequence[Record]) -> list[WrongCase]:
    """The cases with an error, in order."""
    found = []
    for record in records:
        kinds = error_kinds(record)
        if kinds:
            misled = clue(record, record.first)
            found.append(WrongCase(record, kinds, misled, clue(record, record.case.primary)))
    return found


def error_kinds(record: Record) -> tuple[str, ...]:
    """What is wrong with an answer; empty where it is right."""
    case, kinds = record.case, []
    if record.answer["no_goal"] and not case.goalless:
        kinds.append(CALLED_GOALLESS)
    if case.goalless and not record.answer["no_goal"]:
        kinds.append(NOT_CALLED_GOALLESS)
    if case.primary and record.first not in case.acceptable:
        kinds.append(OTHER_GOAL)
    if case.primary and str(record.answer["area"]["id"]) != str(case.area):
        kinds.append(OTHER_AREA)
    if case.citywide and not case.acceptable and record.suggested:
        kinds.append(AREA_GOAL_SUGGESTED)
    return tuple(kinds)


def clue(record: Record, goal: str | None) -> Clue:
    """The first evidence the answer gives for a goal."""
    for hit in record.answer["goals"]:
        if hit["id"] == goal and hit["evidence"]:
            return Clue(hit["evidence"][0]["text"], hit["evidence"][0]["matched"])
    return Clue()


@dataclass(frozen=True)
class Confusion:
    """A goal that was right and another one that was named first instead, with the cases."""

    right: str
    named: str
    cases: tuple[str, ...]


def confusions(records: Sequence[Record]) -> list[Confusion]:
    """The confused pairs, the most frequent first."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.case.primary and record.first and record.first not in record.case.acceptable:
            pairs.setdefault((record.case.primary, record.first), []).append(record.case.id)
    found = [Confusion(right, named, tuple(cases)) for (right, named), cases in pairs.items()]
    return sorted(found, key=lambda pair: (-len(pair.cases), pair.right, pair.named))


@dataclass(frozen=True)
class Entry:
    """An entry of a goal's profile, with how often it stood behind a right and a wrong first goal."""

    goal: str
    text: str
    hits: int
    errors: int
    cases: tuple[str, ...]


def entries(records: Sequence[Record]) -> list[Entry]:
    """The entries that stood behind a first goal, those with most errors first.

    A first goal counts as named unless the answer is "no goal"; it is an error where it is not acceptable.
    """
    hits: Counter[tuple[str, str]] = Counter()
    errors: Counter[tuple[str, str]] = Counter()
    cases: dict[tuple[str, str], list[str]] = {}
    for record in records:
        spoke = clue(record, record.first)
        if not spoke.entry or record.first is None or record.answer["no_goal"]:
            continue
        key = (record.first, spoke.entry)
        right = record.first in record.case.acceptable
        (hits if right else errors)[key] += 1
        cases.setdefault(key, []).append(record.case.id)
    found = [Entry(*key, hits[key], errors[key], tuple(ids)) for key, ids in cases.items()]
    return sorted(found, key=lambda entry: (-entry.errors, -entry.hits, entry.goal, entry.text))


@dataclass(frozen=True)
class GoalSupport:
    """How well a goal can be judged: cases where it is the best one, where it is right at all, and how often it was
    found among the shown goals and named first without being right."""

    goal: str
    primary: int
    right: int
    found: int
    named_wrongly: int


def goal_support(records: Sequence[Record], catalogue: Catalogue) -> list[GoalSupport]:
    """One line for each goal of the catalogue, in its order."""
    result = []
    for goal in catalogue.goals:
        citywide = goal.area is None
        right = [r for r in records if goal.id in (r.case.citywide if citywide else r.case.acceptable)]
        shown = [r for r in right if goal.id in (r.citywide[:3] if citywide else r.ranking[:SHOWN])]
        wrongly = [
            r for r in records if r.first == goal.id and goal.id not in r.case.acceptable and not r.answer["no_goal"]
        ]
        primary = sum(r.case.primary == goal.id for r in records)
        result.append(GoalSupport(goal.id, primary, len(right), len(shown), len(wrongly)))
    return result
