"""What an application says of itself in its form fields: its title and its reference number."""

from __future__ import annotations

import re

LONGEST_TITLE = 90  # characters of a title taken from a text
_TITLE = re.compile(
    r"^[ \t]*(?:projekt(?:titel|name|bezeichnung)?|titel|bezeichnung|betreff|vorhaben|maßnahme)(?: des (?:projekts|vorhabens))?"
    r"[ \t]*:[ \t]*(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_REFERENCE = re.compile(
    r"^[ \t]*(?:aktenzeichen|az\.?|geschäftszeichen|gz\.?|vorgangsnummer|antragsnummer|vorgang)[ \t]*:[ \t]*(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_START = 5_000  # characters at the beginning of a text that are searched
_LONGEST_REFERENCE = 60


def title_of(text: str) -> str:
    """The title the text states, else its first words; at most LONGEST_TITLE characters, one line."""
    stated = _TITLE.search(text[:_START])
    lines = (line.strip() for line in text[:_START].splitlines())
    words = " ".join((stated[1] if stated else next((line for line in lines if line), "")).split())
    if len(words) > LONGEST_TITLE:  # a whole description stands in the field: its first sentence, else its first words
        words = re.split(r"(?<=[.!?])\s", words)[0]
    return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 2].rsplit(" ", 1)[0] + " …"


def reference_of(text: str) -> str:
    """The reference number the text states, or nothing."""
    stated = _REFERENCE.search(text[:_START])
    words = " ".join(stated[1].split()) if stated else ""
    return words if len(words) <= _LONGEST_REFERENCE else ""
