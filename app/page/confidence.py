"""How sure the software is, in words and figures that no reader can mistake for a similarity."""

from __future__ import annotations

WORDS = (
    (0.9, "sehr wahrscheinlich"),
    (0.7, "wahrscheinlich"),
    (0.5, "eher ja"),
    (0.3, "möglich"),
    (0.1, "eher nicht"),
)
LEAST_FOR = 0.3  # from here on the words do not speak against a goal


UNSURE = "unsicher"
"""What a suggestion is called for which `WORDS` would say that it rather does not fit: it is the nearest goal there is."""


def in_words(confidence: float, suggested: bool = False) -> str:
    """The German words for a probability in [0, 1]; those for a suggested goal do not speak against it."""
    if suggested and confidence < LEAST_FOR:
        return UNSURE
    return next((words for least, words in WORDS if confidence >= least), "unwahrscheinlich")


def whole_percent(confidence: float) -> int:
    """The probability as a whole percentage from 1 to 99: an estimate is never certain."""
    return min(99, max(1, round(100 * confidence)))


def in_percent(confidence: float) -> str:
    """``99 %``, with a space that does not break."""
    return f"{whole_percent(confidence)}\N{NO-BREAK SPACE}%"


def in_full(confidence: float, suggested: bool = False) -> str:
    """Words and figure: ``eher ja, 61 %``."""
    return f"{in_words(confidence, suggested)}, {in_percent(confidence)}"
