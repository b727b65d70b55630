"""Which stretches of the given text are evidence, and which were not looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from index.result import Hit, Match


@dataclass(frozen=True)
class Stretch:
    """``given[start:end]``: evidence for `goals` (ids, best first), or left out for the reason `ignored`."""

    start: int
    end: int
    goals: tuple[str, ...] = ()
    ignored: str = ""


def stretches(length: int, match: Match) -> list[Stretch]:
    """The whole text from 0 to `length` in order, without gaps or overlaps; neighbours always differ."""
    evidence = list(_evidence((*match.goals, *match.citywide)))
    cuts = {0, length}
    for start, end, _ in evidence:
        cuts |= {start, end}
    for part in match.ignored:
        cuts |= {part.start, part.end}
    edges = sorted(cut for cut in cuts if 0 <= cut <= length)
    result: list[Stretch] = []
    for start, end in pairwise(edges):
        _append(result, _stretch(start, end, evidence, match))
    return result


def _evidence(hits: Iterable[Hit]) -> Iterable[tuple[int, int, str]]:
    for hit in hits:
        if hit.suggested:
            yield from ((item.start, item.end, hit.id) for item in hit.evidence)


def _stretch(start: int, end: int, evidence: list[tuple[int, int, str]], match: Match) -> Stretch:
    goals = tuple(dict.fromkeys(goal for left, right, goal in evidence if left <= start and end <= right))
    ignored = "" if goals else next((p.reason for p in match.ignored if p.start <= start and end <= p.end), "")
    return Stretch(start, end, goals, ignored)


def _append(result: list[Stretch], new: Stretch) -> None:
    last = result[-1] if result else None
    if last and (last.goals, last.ignored) == (new.goals, new.ignored):
        result[-1] = Stretch(last.start, new.end, new.goals, new.ignored)
    else:
        result.append(new)
