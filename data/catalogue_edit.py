"""A catalogue file with one goal's profile changed: the council's words are never touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.catalogue import Catalogue, Goal, parse_catalogue
from data.errors import UserError, grouped
from data.strict_yaml import dump, load_bytes

MOST_ENTRIES = 1_000
MOST_CHARACTERS = 2_000
_FIELDS = {"terms": "Begriffe", "examples": "Beispiele", "crosscutting": "Querschnitte"}


@dataclass(frozen=True)
class Profile:
    """The editorial part of a goal that may be edited; lists keep their order and hold no entry twice."""

    meaning: str
    terms: tuple[str, ...]
    examples: tuple[str, ...]
    crosscutting: tuple[str, ...] = ()

    @classmethod
    def of(cls, goal: Goal) -> Profile:
        return cls(goal.meaning, goal.terms, goal.examples, goal.crosscutting)

    @classmethod
    def typed(cls, meaning: str, terms: str, examples: str, crosscutting: str = "") -> Profile:
        """From what is typed into a form: one entry a line; blank lines, double ones and surplus white space go."""
        return cls(" ".join(meaning.split()), _entries(terms), _entries(examples), _entries(crosscutting))


def _entries(lines: str) -> tuple[str, ...]:
    stripped = (" ".join(line.split()) for line in lines.splitlines())
    return tuple(dict.fromkeys(line for line in stripped if line))


def with_profile(raw: bytes, where: str, goal: str, profile: Profile) -> tuple[bytes, Catalogue]:
    """The catalogue file `raw` with the profile of one goal replaced, as bytes and validated.

    Raises:
        UserError: no such goal, too many or too long entries, or `raw` is no valid catalogue.
    """
    _check(profile)
    catalogue = parse_catalogue(raw, where)
    if goal not in catalogue.by_id:
        raise UserError(f"Das Ziel {goal!r} gibt es im Zielkatalog «{catalogue.name}» nicht.")
    tree = load_bytes(raw, where)
    position = [found.id for found in catalogue.goals].index(goal)
    node = tree["goals"][position]
    fields: dict[str, str | Sequence[str]] = {
        "meaning": profile.meaning,
        "terms": list(profile.terms),
        "examples": list(profile.examples),
        "crosscutting": list(profile.crosscutting),
    }
    for name, value in fields.items():
        node.pop(name, None)
        if value:
            node[name] = value
    edited = dump(tree)
    return edited, parse_catalogue(edited, where)


def _check(profile: Profile) -> None:
    if len(profile.meaning) > MOST_CHARACTERS:
        raise UserError(
            f"Die Bedeutung hat {grouped(len(profile.meaning))} Zeichen, erlaubt sind {grouped(MOST_CHARACTERS)}; bitte kürzen."
        )
    for field, name in _FIELDS.items():
        entries = getattr(profile, field)
        if len(entries) > MOST_ENTRIES:
            raise UserError(
                f"«{name}» hat {grouped(len(entries))} Einträge, erlaubt sind {grouped(MOST_ENTRIES)}; bitte kürzen."
            )
        for number, entry in enumerate(entries, 1):
            if len(entry) > MOST_CHARACTERS:
                raise UserError(
                    f"«{name}», Eintrag {number}: {grouped(len(entry))} Zeichen, erlaubt sind {grouped(MOST_CHARACTERS)}."
                )
