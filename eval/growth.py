"""The labelled set grows honestly: new cases get a split by stratum, and no old case ever moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from data.tables import ProjectTable
from eval.leakage import NEAR, twins
from eval.run import same_text

TEST_SHARE = 0.4  # of each stratum, as in the shipped set
_SHORT_WORDS, _MEDIUM_WORDS = 9, 60


def cases_of(table: ProjectTable, catalogue: Catalogue, where: str, source: str = "") -> list[LabelledCase]:
    """Labelled cases from a table with the columns primary (or ziel), secondary, citywide, style, area, source.

    Several goals in a cell are separated by comma, semicolon or space. Without a style it follows from goals and length;
    without an area it is that of the primary goal. The split is set later, by `grown`.

    Raises:
        UserError: unknown goal, blank text or no goal column, with file and row.
    """
    columns = {name.strip().lower(): name for name in table.columns}
    column = columns.get("primary") or columns.get("ziel")
    if column is None:
        raise UserError(
            f"«{where}»: die Spalte «primary» (oder «ziel») mit dem besten Ziel fehlt; vorhanden sind: {', '.join(table.columns)}."
        )
    cases = []
    for number, project in enumerate(table.projects, 2):
        cells = {key: str(project.row.get(name) or "").strip() for key, name in columns.items()}
        place = f"{where}, Zeile {number} (Fall {project.id!r})"
        if not project.text.strip():
            raise UserError(f"{place}: der Text ist leer.")
        primary = str(project.row.get(column) or "").strip() or None
        goals = {key: _goals(cells.get(key, "")) for key in ("secondary", "citywide")}
        _check(catalogue, place, primary, goals)
        cases.append(_case(project.id, project.text, primary, goals, cells, catalogue, source))
    return cases


def _goals(cell: str) -> tuple[str, ...]:
    return tuple(cell.replace(",", " ").replace(";", " ").split())


def _check(catalogue: Catalogue, place: str, primary: str | None, goals: dict[str, tuple[str, ...]]) -> None:
    area_goals, citywide = {g.id for g in catalogue.area_goals}, {g.id for g in catalogue.citywide_goals}
    named = [(goal, area_goals) for goal in (*((primary,) if primary else ()), *goals["secondary"])]
    named += [(goal, citywide) for goal in goals["citywide"]]
    for goal, allowed in named:
        if goal not in catalogue.by_id:
            raise UserError(f"{place}: das Ziel {goal!r} gibt es im Zielkatalog «{catalogue.name}» nicht.")
        if goal not in allowed:
            expected = "gesamtstädtisches Ziel" if allowed is citywide else "Produktbereichsziel"
            raise UserError(f"{place}: an dieser Stelle wird ein {expected} erwartet, angegeben war {goal!r}.")


def _case(
    identity: str,
    text: str,
    primary: str | None,
    goals: dict[str, tuple[str, ...]],
    cells: dict[str, str],
    catalogue: Catalogue,
    source: str,
) -> LabelledCase:
    area = catalogue.area(cells["area"]).id if cells.get("area") else None
    if area is None and primary:
        area = catalogue.by_id[primary].area
    style = cells.get("style") or style_of(text, bool(primary or goals["secondary"]), bool(goals["citywide"]))
    return LabelledCase(
        identity,
        text,
        style,
        area,
        primary,
        goals["secondary"],
        goals["citywide"],
        cells.get("source") or source,
        "dev",
    )


def style_of(text: str, area_goal: bool, citywide: bool) -> str:
    """The style of a text by its length and the levels of its goals."""
    if not area_goal:
        return "citywide" if citywide else "none"
    words = len(text.split())
    return "short" if words <= _SHORT_WORDS else "medium" if words <= _MEDIUM_WORDS else "long"


def grown(old: Sequence[LabelledCase], new: Sequence[LabelledCase]) -> list[LabelledCase]:
    """The old cases, untouched, and the new ones with a split each.

    Raises:
        UserError: an id occurs twice, a text is already there, or it resembles cases of both splits.
    """
    ids = {case.id for case in old}
    for case in new:
        if case.id in ids:
            raise UserError(f"Der Fall {case.id!r} kommt doppelt vor; jede Kennung darf nur einmal stehen.")
        ids.add(case.id)
    placed, refused = spread(old, new)
    for case in new:
        if case.id in refused:
            raise UserError(f"Der Fall {case.id!r} lässt sich nicht aufnehmen: {refused[case.id]}.")
    return [*old, *placed]


def spread(
    old: Sequence[LabelledCase],
    new: Sequence[LabelledCase],
    beside: Sequence[LabelledCase] = (),
    remembered: Mapping[str, str] | None = None,
) -> tuple[list[LabelledCase], dict[str, str]]:
    """The new cases with a split each, in their order, and by id why those that are missing cannot have one.

    Of every stratum (best goal, else style) about `TEST_SHARE` goes to ``test``, counting the old cases. A near-duplicate
    of another case goes where that one is, so that no text is learned from in one split and measured in the other.
    `beside` are the cases of another set that must not be repeated either; `remembered` are splits given earlier, by id:
    they stay.
    """
    before, known = [*old, *beside], remembered or {}
    near = _neighbours(new, before)
    counts = Counter((_stratum(case), case.split) for case in old)
    placed, refused = {case.id: case for case in before}, {}
    for case in sorted(new, key=lambda case: (case.id not in known, _stratum(case), case.id)):
        others = [placed[other] for other in near[case.id] if other in placed]
        reason, split = _split(case, others, known.get(case.id), counts)
        if reason:
            refused[case.id] = reason
            continue
        counts[_stratum(case), split] += 1
        placed[case.id] = replace(case, split=split)
    return [placed[case.id] for case in new if case.id not in refused], refused


def _split(
    case: LabelledCase, others: Sequence[LabelledCase], known: str | None, counts: Counter[tuple[str, str]]
) -> tuple[str, str]:
    """Why a case cannot have a split, or the one it gets; `others` are the placed cases that resemble it."""
    same = next((other for other in others if same_text(other.text) == same_text(case.text)), None)
    if same:
        return f"der Text steht schon im Prüfsatz (Fall {same.id!r})", ""
    where = {other.split: other.id for other in others}
    if len(where) > 1:
        return f"der Text ähnelt den Fällen {where['dev']!r} (dev) und {where['test']!r} (test)", ""
    if known and where and known not in where:
        ((split, other),) = where.items()
        return f"der Text ähnelt jetzt dem Fall {other!r} ({split}), der Fall selbst steht in {known}", ""
    return "", known or next(iter(where), "") or _by_share(_stratum(case), counts)


def _by_share(stratum: str, counts: Counter[tuple[str, str]]) -> str:
    n_test, n_dev = counts[stratum, "test"], counts[stratum, "dev"]
    return "test" if n_test + 1 <= TEST_SHARE * (n_test + n_dev + 1) else "dev"


def _neighbours(new: Sequence[LabelledCase], before: Sequence[LabelledCase]) -> dict[str, list[str]]:
    """For each new case the ids of the others, old and new, that resemble it, the most alike first."""
    found: dict[str, list[str]] = {case.id: [] for case in new}
    for twin in twins(new, [*before, *new], NEAR):
        if twin.case != twin.second:
            found[twin.case].append(twin.second)
    copies: dict[str, list[str]] = {}  # copies of texts too short for a common 5-gram
    for case in (*before, *new):
        copies.setdefault(same_text(case.text), []).append(case.id)
    for case in new:
        same = [other for other in copies[same_text(case.text)] if other != case.id]
        found[case.id] = list(dict.fromkeys([*same, *found[case.id]]))
    return found


def _stratum(case: LabelledCase) -> str:
    return case.primary or case.style


def to_record(case: LabelledCase) -> dict[str, Any]:
    """The JSON object of a line of the labelled set."""
    return {
        "id": case.id,
        "text": case.text,
        "style": case.style,
        "area": case.area,
        "primary": case.primary,
        "secondary": list(case.secondary),
        "citywide": list(case.citywide),
        "source": case.source,
        "split": case.split,
    }
