"""Ding's dictionary format: `de1; de2 | de3 :: en1; en2 | en3`, with annotations in several brackets."""

import re
from collections.abc import Iterable, Iterator

from index.training.sources import Pair

ANNOTATIONS = re.compile(r"\{[^}]*\}|\[[^\]]*\]|\([^)]*\)|/[^/]*/|<[^>]*>")
PLACEHOLDERS = re.compile(r"\b(?:jdn|jdm|jds|jd|etw|sb|sth)\b\.?(?:/|'s)?")
SYNONYMS = 3
"""English synonyms kept for a German phrase; the later ones are ever rarer words."""


def parse(lines: Iterable[str]) -> Iterator[Pair]:
    """One pair for each German phrase of each group, with up to three English synonyms."""
    for line in lines:
        german, found, english = line.partition("::")
        if not found or line.startswith("#"):
            continue
        yield from _entry(german.split("|"), english.split("|"))


def _entry(german: list[str], english: list[str]) -> Iterator[Pair]:
    """Pairs of one entry; sub-entries that do not align are left out."""
    if len(german) != len(english):
        return
    for left, right in zip(german, english, strict=True):
        translations = tuple(dict.fromkeys(phrases(right)))[:SYNONYMS]
        if translations:
            yield from (Pair(phrase, translations) for phrase in dict.fromkeys(phrases(left)))


def phrases(group: str) -> Iterator[str]:
    """The phrases of a group without annotations: `Aalleiter {f}; Aaltreppe {f}` → `Aalleiter`, `Aaltreppe`.

    Placeholders go too: `jdn. ausstechen` → `ausstechen`.
    """
    for phrase in ANNOTATIONS.sub(" ", group).split(";"):
        clean = " ".join(PLACEHOLDERS.sub(" ", phrase).split()).strip(" ,")
        if clean and any(character.isalpha() for character in clean):
            yield clean
