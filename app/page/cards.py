"""Suggested goals as cards: by product area, with the confidence and the reason of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from app.decisions.judgement import Judgement
from app.page.confidence import in_percent, in_words, whole_percent
from app.page.markup import element, escaped, spoken
from app.page.verdicts import verdict_html
from data.catalogue import AreaId, Catalogue, Goal
from index.result import Evidence, Hit, Match

CHANNELS = {"wort": "gleiche Wörter", "sinn": "ähnliche Bedeutung", "beide": "gleiche Wörter und ähnliche Bedeutung"}


@dataclass(frozen=True)
class View:
    """Looks up what the match does not carry: areas and profiles."""

    catalogue: Catalogue

    def areas(self, hits: Iterable[Hit]) -> list[tuple[AreaId, str, list[Hit]]]:
        """Hits by product area, the area of the best hit first."""
        groups: dict[AreaId, list[Hit]] = {}
        for hit in hits:
            if hit.area is not None:
                groups.setdefault(hit.area, []).append(hit)
        return [(area, self.catalogue.area(area).title, members) for area, members in groups.items()]

    def source(self, hit: Hit, evidence: Evidence) -> str:
        """Where the matching text stands: in the goal's title, in its profile, or in a judged project."""
        goal = self.catalogue.by_id[hit.id]
        if evidence.matched == goal.title:
            return "Wortlaut des Ziels"
        return "Zielprofil" if _in_profile(evidence.matched, goal) else "früheres, diesem Ziel zugeordnetes Projekt"


def _in_profile(text: str, goal: Goal) -> bool:
    return text in goal.meaning or text in {*goal.terms, *goal.examples, *goal.crosscutting}


def suggested_html(match: Match, view: View, judgement: Judgement | None = None) -> list[str]:
    """A section for each product area with suggested goals, and one for the city-wide level; to judge if `judgement` is given."""
    sections = []
    for area, title, hits in view.areas(hit for hit in match.goals if hit.suggested):
        heading = element("h3", element("span", escaped(str(area)), class_="nummer"), " ", escaped(title))
        sections.append(element("section", heading, _cards(hits, view, judgement), class_="bereich-ziele"))
    citywide = [hit for hit in match.citywide if hit.suggested]
    heading = element("h3", element("span", "★", class_="nummer stadt", aria_hidden="true"), " Gesamtstädtische Ziele")
    nothing = element("p", "Kein gesamtstädtisches Ziel wird vorgeschlagen.", class_="leise")
    if match.citywide:
        sections.append(element("section", heading, _cards(citywide, view, judgement) if citywide else nothing))
    return sections


def _cards(hits: Sequence[Hit], view: View, judgement: Judgement | None) -> str:
    return element("ul", *(element("li", _card(hit, view, judgement)) for hit in hits), class_="karten")


def _card(hit: Hit, view: View, judgement: Judgement | None) -> str:
    head = element("h4", _link(hit), " ", escaped(hit.title))
    reasons = "".join(reason_html(hit, item, view) for item in hit.evidence)
    if not reasons:
        reasons = element("p", "Keine einzelne Stelle gibt den Ausschlag; das Ziel passt zum Text im Ganzen.")
    verdict = "" if judgement is None else verdict_html(hit.id, hit.title, hit.area, judgement)
    shown = element("div", reasons, class_="grund")
    return element("div", head, _certainty(hit), shown, verdict, class_="karte")


def catalogue_address(goal: str) -> str:
    """Where the catalogue page has this goal."""
    return f"./katalog#ziel-{quote(goal)}"


def _link(hit: Hit) -> str:
    """The goal's id, leading to its entry in the catalogue."""
    label = f"{hit.id} im Zielkatalog"
    return element(
        "a", escaped(hit.id), href=catalogue_address(hit.id), class_="kennung", aria_label=label, title=label
    )


def _certainty(hit: Hit) -> str:
    words = element("span", in_words(hit.confidence, hit.suggested), class_="worte")
    figure = element("span", in_percent(hit.confidence), class_="prozent")
    bar = element(
        "span", element("span", style=f"width:{whole_percent(hit.confidence)}%"), class_="balken", aria_hidden="true"
    )
    return element("p", spoken("Sicherheit: "), words, " ", figure, bar, class_="sicherheit")


def reason_html(hit: Hit, item: Evidence, view: View) -> str:
    """The passage in the text, and what of the goal it resembles."""
    given = element("q", escaped(_shortened(item.text)), class_="stelle")
    matched = element("q", escaped(_shortened(item.matched)))
    why = f"{view.source(hit, item)} · {CHANNELS.get(item.channel, item.channel)}"
    parts = (
        element("dt", "Im Text"),
        element("dd", given),
        element("dt", "Passt zu"),
        element("dd", matched, element("span", escaped(why), class_="quelle")),
    )
    return element("dl", *parts)


def _shortened(text: str, longest: int = 220) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else words[:longest].rsplit(" ", 1)[0] + " …"
