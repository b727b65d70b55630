"""What changed from one revision of a decision to the next."""

from __future__ import annotations

from dataclasses import dataclass

from app.decisions.records import VERDICT_NAMES, Decision, Draft, GoalVerdict
from data.errors import grouped

_FIELDS = (("title", "Titel"), ("reference", "Aktenzeichen"), ("department", "Fachdienst"), ("reason", "Begründung"))


@dataclass(frozen=True)
class Change:
    """One thing that differs; `before` or `after` is "" where there was or is nothing."""

    what: str
    before: str
    after: str


def revision_changes(before: Decision, after: Decision) -> tuple[Change, ...]:
    """The differences of two revisions, in the order in which a decision is read; empty where nothing differs."""
    old, new = before.draft, after.draft
    changes = [Change(name, getattr(old, field), getattr(new, field)) for field, name in _FIELDS]
    changed = ", geändert" if old.text != new.text else ""
    changes.append(Change("Text", _size(old.text), _size(new.text) + changed))
    changes += _goal_changes(old, new)
    changes.append(Change("Kein Ziel passt", _yes(old.no_goal), _yes(new.no_goal)))
    changes.append(
        Change(
            "Zielkatalog",
            _version(old.catalogue, old.catalogue_fingerprint),
            _version(new.catalogue, new.catalogue_fingerprint),
        )
    )
    changes.append(
        Change("Sprachmodell", _version(old.model, old.model_fingerprint), _version(new.model, new.model_fingerprint))
    )
    changes.append(Change("Entschieden von", before.decided_by, after.decided_by))
    changes.append(Change("Stand", _standing(before), _standing(after)))
    return tuple(change for change in changes if change.before != change.after)


def _goal_changes(old: Draft, new: Draft) -> list[Change]:
    before, after = ({item.goal: item for item in draft.goals} for draft in (old, new))
    goals = dict.fromkeys([*before, *after])
    changes = [Change(f"Ziel {goal}", _verdict(before.get(goal)), _verdict(after.get(goal))) for goal in goals]
    changes.append(Change("Hauptziel", _primary(old), _primary(new)))
    return changes


def _verdict(item: GoalVerdict | None) -> str:
    if item is None:
        return ""
    words = VERDICT_NAMES[item.verdict]
    return f"{words}: {item.reason}" if item.reason else words


def _primary(draft: Draft) -> str:
    return next((item.goal for item in draft.goals if item.area is not None and item.verdict != "rejected"), "")


def _size(text: str) -> str:
    return f"{grouped(len(text))} Zeichen"


def _yes(value: bool) -> str:
    return "ja" if value else ""


def _version(name: str, fingerprint: str) -> str:
    return f"{name} ({fingerprint[:12]})"


def _standing(decision: Decision) -> str:
    return "zurückgenommen" if decision.withdrawn else "in Kraft"
