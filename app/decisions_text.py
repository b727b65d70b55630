"""Decisions as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from app.decisions.records import REJECTED, VERDICT_NAMES, Decision, GoalVerdict
from app.german_time import moment_text
from app.paper_text import short
from app.tables_text import one_line, percent

TITLE_WIDTH = 60


def decisions_table(decisions: Sequence[Decision]) -> str:
    """A line each: number, time, outcome, title and person."""
    rows = [(str(one.project), moment_text(one.decided_at), _outcome(one), one) for one in decisions]
    number = max((len(row[0]) for row in rows), default=0)
    outcome = max((len(row[2]) for row in rows), default=0)
    return "\n".join(
        f"{project:>{number}}  {moment}  {what:{outcome}}  {_title(one)} ({_shown(one.decided_by)})"
        for project, moment, what, one in rows
    )


def history_text(history: Sequence[Decision]) -> str:
    """All revisions of one project, the newest last, each with its goals, reasons and grounds."""
    return "\n\n".join(_revision(decision) for decision in history)


def _revision(decision: Decision) -> str:
    draft = decision.draft
    fields = (
        ("Titel", draft.title),
        ("Aktenzeichen", draft.reference),
        ("Fachdienst", draft.department),
        ("Begründung", draft.reason),
        ("Zielkatalog", f"{draft.catalogue} ({short(draft.catalogue_fingerprint)})"),
        ("Sprachmodell", f"{draft.model} ({short(draft.model_fingerprint)})"),
    )
    head = f"Projekt {decision.project}, Fassung {decision.revision}: {_outcome(decision)}"
    lines = [
        head,
        f"  {moment_text(decision.decided_at)}, {_shown(decision.decided_by)}, über «{_shown(draft.source)}»",
    ]
    if decision.texts_deleted_at:
        lines.append(f"  Persönliche Texte gelöscht am {moment_text(decision.texts_deleted_at)}")
    lines += [f"  {name:12} {_shown(value)}" for name, value in fields if value]
    return "\n".join([*lines, *(_goal(goal) for goal in draft.goals)])


def _goal(goal: GoalVerdict) -> str:
    confidence = "" if goal.confidence is None else f" ({percent(goal.confidence)})"
    reason = f": {_shown(goal.reason)}" if goal.reason else ""
    return f"  {VERDICT_NAMES[goal.verdict]:10} {_shown(goal.goal)} {_shown(goal.title)}{confidence}{reason}"


def _outcome(decision: Decision) -> str:
    if decision.withdrawn:
        return "zurückgenommen"
    if decision.draft.no_goal:
        return "kein Ziel passt"
    return ", ".join(_shown(goal.goal) for goal in decision.draft.goals if goal.verdict != REJECTED)


def _title(decision: Decision) -> str:
    without = "(Texte gelöscht)" if decision.texts_deleted_at else "(ohne Titel)"
    return one_line(_shown(decision.draft.title), TITLE_WIDTH) or without


def _shown(text: str) -> str:
    """Text in one line, without characters that would steer the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
