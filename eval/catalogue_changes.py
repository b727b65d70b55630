"""Two versions of a catalogue: which goals came, went, or were worded anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.catalogue import Catalogue, Goal

_WORDING = {"title": "Titel", "source": "Wortlaut"}
_PLACE = {"area": "Produktbereich", "status": "Status"}
_PROFILE = {"meaning": "Bedeutung", "terms": "Begriffe", "examples": "Beispiele", "crosscutting": "Querschnitte"}


@dataclass(frozen=True)
class Change:
    """One field of a goal before and after; `field` is its German name."""

    goal: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class CatalogueChanges:
    """From `old` to `new`: ids of added and dropped goals, and what changed in the others."""

    old: str
    new: str
    added: tuple[Goal, ...]
    dropped: tuple[Goal, ...]
    reworded: tuple[Change, ...]
    moved: tuple[Change, ...]
    profiles: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        def changes(items: tuple[Change, ...]) -> list[dict[str, str]]:
            return [vars(item) for item in items]

        return {
            "old": self.old,
            "new": self.new,
            "added": [{"id": goal.id, "title": goal.title} for goal in self.added],
            "dropped": [{"id": goal.id, "title": goal.title} for goal in self.dropped],
            "reworded": changes(self.reworded),
            "moved": changes(self.moved),
            "profiles": changes(self.profiles),
        }


def catalogue_changes(old: Catalogue, new: Catalogue) -> CatalogueChanges:
    """Goals are the same where their ids are."""
    kept = [(goal, new.by_id[goal.id]) for goal in old.goals if goal.id in new.by_id]
    return CatalogueChanges(
        old=old.name,
        new=new.name,
        added=tuple(goal for goal in new.goals if goal.id not in old.by_id),
        dropped=tuple(goal for goal in old.goals if goal.id not in new.by_id),
        reworded=tuple(change for a, b in kept for change in _changes(a, b, _WORDING)),
        moved=tuple(change for a, b in kept for change in _changes(a, b, _PLACE)),
        profiles=tuple(change for a, b in kept for change in _changes(a, b, _PROFILE)),
    )


def _changes(old: Goal, new: Goal, fields: dict[str, str]) -> list[Change]:
    return [
        Change(old.id, german, *_shown(getattr(old, name), getattr(new, name)))
        for name, german in fields.items()
        if getattr(old, name) != getattr(new, name)
    ]


def _shown(before: Any, after: Any) -> tuple[str, str]:
    """Texts as they are; of lists only what is gone and what is new."""
    if isinstance(before, tuple):
        gone = [item for item in before if item not in after]
        come = [item for item in after if item not in before]
        return "; ".join(gone), "; ".join(come)
    return ("" if before is None else str(before)), ("" if after is None else str(after))
