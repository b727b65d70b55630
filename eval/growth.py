"""The labelled set grows honestly: new cases get a split by stratum, and no old case ever moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
    style = cells.get("style") or _style(text, bool(primary or goals["secondary"]), bool(goals["citywide"]))
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


def _style(text: str, area_goal: bool, citywide: bool) -> str:
    if not area_goal:
        return "citywide" if citywide else "none"
    words = len(text.split())
    return "short" if words <= _SHORT_WORDS else "medium" if words <= _MEDIUM_WORDS else "long"


def grown(old: Sequence[LabelledCase], new: Sequence[LabelledCase]) -> list[LabelledCase]:
    """The old cases, untouched, and the new ones with a split each.

    Of every stratum (best goal, else style) about `TEST_SHARE` goes to ``test``, counting the old cases. A near-duplicate
    of another case goes where that one is, so that no text is learned from in one split and measured in the other.

    Raises:
        UserError: an id occurs twice, or a text is already there.
    """
    _check_new(old, new)
    counts = Counter((_stratum(case), case.split) for case in old)
    result = list(old)
    for case in sorted(new, key=lambda case: (_stratum(case), case.id)):
        near = twins([case], result, NEAR)
        stratum = _stratum(case)
        n_test, n_dev = counts[stratum, "test"], counts[stratum, "dev"]
        by_share = "test" if n_test + 1 <= TEST_SHARE * (n_test + n_dev + 1) else "dev"
        split = next((other.split for other in result if near and other.id == near[0].second), by_share)
        counts[stratum, split] += 1
        result.append(replace(case, split=split))
    placed = {case.id: case for case in result}
    return [*old, *(placed[case.id] for case in new)]


def _check_new(old: Sequence[LabelledCase], new: Sequence[LabelledCase]) -> None:
    ids, texts = {case.id for case in old}, {same_text(case.text): case.id for case in old}
    for case in new:
        if case.id in ids:
            raise UserError(f"Der Fall {case.id!r} kommt doppelt vor; jede Kennung darf nur einmal stehen.")
        if same_text(case.text) in texts:
            raise UserError(
                f"Der Text des Falls {case.id!r} steht schon im Prüfsatz (Fall {texts[same_text(case.text)]!r})."
            )
        ids.add(case.id)
        texts[same_text(case.text)] = case.id


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
