"""Answers as plain text for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from data.catalogue import Catalogue, Goal
from index.result import NO_CONTENT, NO_GOAL_FITS, TOO_UNCERTAIN, Hit, Match

WIDTH = 100
REASONS = {
    NO_CONTENT: "Der Text enthält nichts, was sich zuordnen ließe.",
    NO_GOAL_FITS: "Kein Ziel passt zu diesem Text.",
    TOO_UNCERTAIN: "Vermutlich passt kein Ziel; die Zuordnung ist zu unsicher.",
}


def percent(value: float) -> str:
    """A probability as a whole percentage; never 0 % or 100 %, which no estimate can claim."""
    return f"{min(99, max(1, round(100 * value)))} %"


def one_line(text: str, width: int = WIDTH) -> str:
    return textwrap.shorten(" ".join(text.split()), width, placeholder=" …")


def match_table(match: Match) -> str:
    """The answer to one text: area, goals, city-wide goals, and what was left out."""
    lines = []
    if match.no_goal and match.no_goal_reason:
        lines += [REASONS[match.no_goal_reason], ""]
    elif not match.area_goal_fits and match.goals:
        lines += ["Kein Produktbereichsziel passt; die gesamtstädtischen Ziele stehen unten.", ""]
    elif match.goals and not any(hit.suggested for hit in match.goals):
        lines += ["In den gewählten Produktbereichen passt kein Ziel.", ""]
    if match.area.id != "":
        lines += [
            f"Produktbereich {match.area.id}: {one_line(match.area.title)} ({percent(match.area.confidence)})",
            "",
        ]
    lines += _hits("Ziele der Produktbereiche", match.goals)
    lines += _hits("Gesamtstädtische Ziele", match.citywide[:3])
    if match.question:
        lines += [f"Zur Entscheidung zwischen {' und '.join(match.question.between)}: {match.question.text}", ""]
    if match.ignored:
        lines += ["Nicht beachtet:", *(f"  {part.reason}: {one_line(part.text, 70)}" for part in match.ignored), ""]
    lines += [f"Hinweis: {warning}" for warning in match.warnings]
    return "\n".join(lines).rstrip()


def _hits(heading: str, hits: Sequence[Hit]) -> list[str]:
    if not hits:
        return []
    lines = [f"{heading} (* = vorgeschlagen)"]
    for hit in hits:
        lines.append(f"{'*' if hit.suggested else ' '} {percent(hit.confidence):>5}  {hit.id:<6} {one_line(hit.title)}")
        lines += [f"           «{one_line(item.text, 60)}» ~ «{one_line(item.matched, 60)}»" for item in hit.evidence]
    return [*lines, ""]


def goals_table(catalogue: Catalogue, goals: Sequence[Goal]) -> str:
    """The catalogue, grouped by level and area."""
    lines = [f"{catalogue.title} ({catalogue.name})"]
    groups = [("Gesamtstädtische Ziele", None), *((f"Produktbereich {a.id}: {a.title}", a.id) for a in catalogue.areas)]
    for heading, area in groups:
        members = [goal for goal in goals if goal.area == area]
        if members:
            lines += [
                "",
                heading,
                *(f"  {goal.id:<6} {goal.title}  [{goal.status or 'ohne Status'}]" for goal in members),
            ]
    return "\n".join(lines)
