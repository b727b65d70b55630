"""The answers of `isek eval AKTION` as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.tables_text import one_line
from app.thresholds import KEYS, Reached, Tuned
from data.labelled import LabelledCase
from eval.agreement import Agreement, Pair
from eval.catalogue_changes import CatalogueChanges, Change
from eval.figures import METRICS
from eval.leakage import Twin
from eval.wording import interval, number, p_value


def agreement_table(found: Agreement) -> str:
    """Kappa per level, the second person as the measure of what is possible, and where the two differ."""
    lines = [f"{'Frage':<24} {'Kappa':>6}  {'95-%-Intervall':<16} {'gleich':>6} {'Antworten':>9}"]
    lines += [
        f"{level.name:<24} {number(level.kappa):>6}  {interval(level.ci):<16} {number(level.equal):>6} {level.n:>9}"
        for level in found.levels
    ]
    lines += ["", "Die zweite Person, gemessen wie die Software (mehr ist von keiner zu erwarten):"]
    lines += [
        f"{name:<16} {number(figure.value):>6}  {interval(figure.ci):<16} {figure.n:>5}  {METRICS[name].title}"
        for name, figure in found.second.items()
    ]
    if found.left_out:
        lines += ["", f"{found.left_out} Fälle stehen nur in einer der beiden Dateien und bleiben außen vor."]
    lines += ["", f"Verschieden beurteilt: {len(found.disagreements)} Fälle"]
    return "\n".join(lines + [f"  {_pair_line(*pair)}" for pair in found.disagreements])


def _pair_line(first: LabelledCase, second: LabelledCase) -> str:
    return f"{first.id}: {_label(first)} / {_label(second)}  {one_line(first.text, 60)}"


def _label(case: LabelledCase) -> str:
    if case.goalless:
        return "kein Ziel"
    return case.primary or ", ".join((*case.secondary, *case.citywide))


def pair_json(pair: Pair) -> dict[str, Any]:
    """A case with what both said."""
    first, second = pair
    return {"id": first.id, "text": first.text} | {
        name: {"area": case.area, "primary": case.primary, "citywide": list(case.citywide)}
        for name, case in (("first", first), ("second", second))
    }


def check_table(name: str, cases: Sequence[LabelledCase], across: Sequence[Twin], profiles: Sequence[Twin]) -> str:
    """What the check of a labelled set has found."""
    in_dev = sum(case.split == "dev" for case in cases)
    lines = [
        f"{name}: {len(cases)} Fälle ({in_dev} dev, {len(cases) - in_dev} test); Kennungen und Ziele sind in Ordnung."
    ]
    lines.append(f"Fast gleiche Texte in dev und test: {len(across)}")
    lines += [f"  {twin.case} (test) und {twin.second} (dev): {number(twin.likeness, 2)}" for twin in across]
    lines.append(f"Fälle, deren Text fast so in einem Zielprofil steht: {len(profiles)}")
    splits = {case.id: case.split for case in cases}
    lines += [
        f"  {twin.case} ({splits[twin.case]}): {number(twin.likeness, 2)}  {one_line(twin.second, 70)}"
        for twin in profiles
    ]
    return "\n".join(lines)


def changes_table(found: CatalogueChanges, measured: bool = False) -> str:
    """The differences of two catalogues; unless they are `measured` too, with the way to do so."""
    lines = [f"Von {found.old} nach {found.new}"]
    for heading, goals in (("Neu", found.added), ("Entfallen", found.dropped)):
        lines += [f"{heading}: {len(goals)}", *(f"  {goal.id:<6} {goal.title}" for goal in goals)]
    lines += _change_lines("Neuer Wortlaut", found.reworded)
    lines += _change_lines("Anderer Platz oder Status", found.moved)
    goals_with = dict.fromkeys(change.goal for change in found.profiles)
    lines.append(f"Geänderte Profile: {len(goals_with)}" + (f" ({', '.join(goals_with)})" if goals_with else ""))
    if not measured:
        lines.append("Was sich dadurch an Zuordnungen und Kennzahlen ändert, zeigt --answers.")
    return "\n".join(lines)


def _change_lines(heading: str, changes: Sequence[Change]) -> list[str]:
    lines = [f"{heading}: {len(changes)}"]
    for change in changes:
        lines += [
            f"  {change.goal:<6} {change.field}",
            f"    alt: {one_line(change.before, 90) or '–'}",
            f"    neu: {one_line(change.after, 90) or '–'}",
        ]
    return lines


def thresholds_table(tuned: Tuned) -> str:
    """Thresholds before and after, and what they reach."""
    lines = [f"{'Einstellung':<24} {'bisher':>6} {'gewählt':>7}"]
    lines += [
        f"{setting:<24} {number(getattr(tuned.old, name), 2):>6} {number(getattr(tuned.new, name), 2):>7}"
        for name, setting in KEYS.items()
    ]
    lines += ["", *_reached_lines("dev, über Kreuz; hier gewählt", tuned.dev)]
    if tuned.test:
        lines += ["", *_reached_lines("test, nur gemessen", tuned.test)]
    return "\n".join(lines)


def _reached_lines(heading: str, reached: Reached) -> list[str]:
    rows = (
        ("Texte mit Ziel behalten", "kept", None),
        ("Texte ohne Ziel erkannt", "found", None),
        ("F1 der vorgeschlagenen Ziele", "suggested_f1", reached.p_suggested),
        ("F1 gesamtstädtisch", "citywide_f1", reached.p_citywide),
    )
    lines = [f"{f'{heading} ({reached.n} Fälle)':<45} {'bisher':>6} {'gewählt':>7}"]
    for title, name, p in rows:
        doubt = f"  {p_value(p)}" if p is not None else ""
        lines.append(
            f"{title:<45} {number(getattr(reached.old, name)):>6} {number(getattr(reached.new, name)):>7}{doubt}"
        )
    return lines
