"""The given text with the evidence marked and the parts that were left out set back."""

from __future__ import annotations

from app.page.marking import Stretch, stretches
from app.page.markup import element, escaped, spoken
from data.errors import grouped
from index.result import Match

LONGEST_PLAIN = 1_200  # characters of a stretch without marks that are shown in full; more is shown at both ends


def given_html(text: str, match: Match) -> str:
    """The text as a section of the answer; what is marked is said to screen readers too."""
    parts = stretches(len(text), match)
    content = (_stretch_html(text[part.start : part.end], part) for part in parts)
    body = element("div", *content, class_="text", tabindex=0, role="region", aria_label="Ihr Text mit Markierungen")
    legend = []
    if any(part.goals for part in parts):
        legend.append(
            element("span", element("span", "Beleg", class_="muster beleg"), " spricht für ein vorgeschlagenes Ziel")
        )
    if any(part.ignored for part in parts):
        legend.append(element("span", element("span", "grau", class_="muster ignoriert"), " nicht beachtet"))
    return element(
        "section", element("h3", "Ihr Text"), element("p", *legend, class_="legende") if legend else "", body
    )


def _stretch_html(text: str, part: Stretch) -> str:
    if part.goals:
        tag = element("span", spoken("Beleg für "), escaped(", ".join(part.goals)), class_="fuer")
        return element("mark", escaped(text), tag)
    content = escaped(text) if len(text) <= LONGEST_PLAIN else _ends(text)
    if not part.ignored:
        return content
    return element(
        "span",
        spoken(f"Nicht beachtet, {part.ignored}: "),
        content,
        class_="ignoriert",
        title=f"Nicht beachtet: {part.ignored}",
    )


def _ends(text: str) -> str:
    keep = LONGEST_PLAIN // 3
    gap = element("span", f"[… {grouped(len(text) - 2 * keep)} Zeichen nicht gezeigt …]", class_="luecke")
    return escaped(text[:keep]) + " " + gap + " " + escaped(text[-keep:])
