"""Which goals and areas of a catalogue an utterance mentions."""

from __future__ import annotations

import re

from app.talk import Talk
from data.catalogue import Area, Catalogue

_EXCEPT = re.compile(r"\b(?:ausser|bis auf|ohne)\b")  # of casefolded text, which has no ß
_REST = re.compile(r"\b(?:rest|übrigen?|anderen?)\b")
ORDINALS = {"erste": 1, "zweite": 2, "dritte": 3, "vierte": 4, "fünfte": 5}
_NUMBER = re.compile(r"(?<!bereich )(?<![\w.])\d{1,2}(?!\w|\.\d|\s*(?:%|prozent))")  # no year, share or area
_RANGE = re.compile(r"(?<![\w.])(\d{1,3})\s*(?:bis|-|–)\s*(\d{1,3})(?![\w]|\.\d)")


def goals_named(catalogue: Catalogue, said: str) -> tuple[str, ...]:
    """Goals whose ids stand in the utterance, in the order of the catalogue; ``pb 5.4`` is PB5.4."""
    packed = re.sub(r"(?<=[a-zäöü])[\s.]+(?=\d)", "", said.casefold())
    named = []
    for goal in catalogue.goals:
        identity = re.sub(r"(?<=[a-zäöü])[\s.]+(?=\d)", "", goal.id.casefold())
        if re.search(rf"(?<![\w.]){re.escape(identity)}(?![\w]|\.\d)", packed):
            named.append(goal.id)
    return tuple(named)


def goals_meant(catalogue: Catalogue, talk: Talk, said: str) -> tuple[str, ...]:
    """Goals meant by id, by their number in the last list, or by «alle», «den Rest» and «das erste»; without those after «außer»."""
    kept, *excepted = _EXCEPT.split(said.casefold(), maxsplit=1)
    without = {goal for part in excepted for goal in _goals_said(catalogue, talk, part)}
    return tuple(goal for goal in _goals_said(catalogue, talk, kept) if goal not in without)


def number_said(said: str) -> bool:
    """Whether a place in a list is meant, «2» or «das zweite»."""
    low = said.casefold()
    return bool(_NUMBER.search(low)) or any(re.search(rf"\b{word}[ns]?\b", low) for word in ORDINALS)


def unknown_id_said(catalogue: Catalogue, said: str) -> bool:
    """Whether something like the id of a goal stands in the utterance, and no goal of the catalogue has it."""
    beginnings = {re.split(r"\d", goal.id.casefold())[0].rstrip(". ") for goal in catalogue.goals} - {""}
    alike = any(re.search(rf"\b{re.escape(start)}[. ]?\d", said.casefold()) for start in beginnings)
    return alike and not goals_named(catalogue, said)


def rest_meant(said: str) -> bool:
    """Whether «den Rest» or «die übrigen» are meant, which may be none."""
    return bool(_REST.search(said.casefold()))


def _goals_said(catalogue: Catalogue, talk: Talk, low: str) -> tuple[str, ...]:
    """Those named come first, then «den Rest», which is what has no verdict yet."""
    rest = [goal for goal in talk.listed if goal not in (*talk.taken, *talk.rejected)] if rest_meant(low) else []
    return tuple(dict.fromkeys((*_goals_pointed_at(catalogue, talk, low), *rest)))


def _goals_pointed_at(catalogue: Catalogue, talk: Talk, low: str) -> tuple[str, ...]:
    named = goals_named(catalogue, low)
    if named:
        return named
    if re.search(r"\b(?:alle|beide)\b", low) and not rest_meant(low):  # «alle anderen» are not all
        return talk.listed
    numbers = [int(number) for number in _NUMBER.findall(low)]
    numbers += [number for word, number in ORDINALS.items() if re.search(rf"\b{word}[ns]?\b", low)]
    for first, last in _RANGE.findall(low):
        numbers += range(int(first) + 1, min(int(last), len(talk.listed) + 1))
    return tuple(talk.listed[number - 1] for number in sorted(set(numbers)) if 1 <= number <= len(talk.listed))


def areas_named(catalogue: Catalogue, said: str) -> tuple[Area, ...]:
    """Areas meant by id or by a word of their title, from four letters on."""
    words = re.findall(r"\w+", said.casefold())
    return tuple(area for area in catalogue.areas if str(area.id).casefold() in words or _title_named(area, words))


def _title_named(area: Area, words: list[str]) -> bool:
    title = [word for word in re.findall(r"\w+", area.title.casefold()) if len(word) >= 5]
    return any(len(word) >= 4 and any(part.startswith(word[:6]) for part in title) for word in words)
