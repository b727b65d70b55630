"""A match as HTML: verdict, question, suggested goals by product area, city-wide goals, the marked text, the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.page.confidence import in_words, whole_percent
from app.page.marking import Stretch, stretches
from app.page.markup import element, escaped, spoken
from data.catalogue import AreaId, Catalogue, Goal
from data.errors import grouped
from index.result import NO_CONTENT, NO_GOAL_FITS, TOO_UNCERTAIN, Evidence, Hit, Match

LONGEST_PLAIN = 1_200  # characters of a stretch without marks that are shown in full; more is shown at both ends
NO_GOAL = {
    NO_CONTENT: "Der Text enthält nichts, was sich zuordnen ließe.",
    NO_GOAL_FITS: "Weder ein Ziel eines Produktbereichs noch ein gesamtstädtisches Ziel passt zu diesem Text. Das kommt vor "
    "und ist eine gültige Antwort.",
    TOO_UNCERTAIN: "Vermutlich passt kein Ziel. Die Software ist sich aber nicht sicher; bitte selbst prüfen.",
}
CHANNELS = {"wort": "gleiche Wörter", "sinn": "ähnliche Bedeutung", "beide": "gleiche Wörter und ähnliche Bedeutung"}


def announcement(match: Match) -> str:
    """The sentence that a screen reader hears; fixed words and counts, nothing of the given text."""
    area = sum(hit.suggested for hit in match.goals)
    citywide = sum(hit.suggested for hit in match.citywide)
    if match.no_goal:
        return "Ergebnis: Kein Ziel passt."
    return f"Ergebnis: {_goals(area)} in den Produktbereichen und {_goals(citywide)} gesamtstädtisch vorgeschlagen."


def answer_html(text: str, match: Match, catalogue: Catalogue, filtered: bool = False) -> str:
    """The whole answer to one text; `filtered` says that not all product areas were looked at."""
    view = _View(catalogue)
    children = [
        _verdict(match, filtered),
        _question(match, catalogue),
        *(_suggested(match, view) if not match.no_goal else []),
        _marked(text, match),
        _others(match, view),
        _notes(match),
    ]
    return element("article", *children, class_="antwort", data_ansage=announcement(match))


def empty_html() -> str:
    """What stands in the place of the answer before the first question."""
    steps = (
        "Beschreibung eines Projekts oder den ganzen Antrag einfügen",
        "Die Software schlägt Ziele vor und zeigt die Stelle, die dafür spricht",
        "Sie prüfen und entscheiden",
    )
    listed = element("ol", *(element("li", escaped(step)) for step in steps))
    return element("div", element("h2", "So geht es"), listed, class_="leer")


def error_html(message: str) -> str:
    """A fault that the user can mend, in place of the answer."""
    content = element("h2", "Das ging nicht") + element("p", escaped(message))
    return element(
        "div", content, class_="zustand fehler", data_ansage="Das ging nicht. Die Meldung steht im Ergebnis."
    )


@dataclass(frozen=True)
class _View:
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


def _goals(count: int) -> str:
    return "ein Ziel" if count == 1 else f"{count or 'kein'} Ziel{'e' if count else ''}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _verdict(match: Match, filtered: bool) -> str:
    if match.no_goal:
        parts = [element("h2", "Kein Ziel passt"), element("p", NO_GOAL[match.no_goal_reason or NO_GOAL_FITS])]
        return element("div", *parts, _area_line(match), class_="zustand ohne-ziel")
    chosen = [hit for hit in match.goals if hit.suggested]
    if chosen:
        heading, kind = f"{_capital(_goals(len(chosen)))} vorgeschlagen", "mit-ziel"
        note = ""
    else:
        heading, kind = "Nur gesamtstädtische Ziele passen", "nur-stadt"
        note = "Kein Ziel eines Produktbereichs passt zu diesem Text."
        if filtered:
            heading, note = "Kein Ziel im gewählten Bereich", "Ohne den Filter fände sich vielleicht eines."
    content = element("h2", heading) + (element("p", note) if note else "")
    return element("div", content, _area_line(match), class_=f"zustand {kind}")


def _area_line(match: Match) -> str:
    if not str(match.area.id):
        return ""
    name = element("strong", escaped(f"{match.area.id} {match.area.title}"))
    certain = f"{in_words(match.area.confidence)}, {whole_percent(match.area.confidence)} %"
    return element("p", "Produktbereich ", name, f" ({certain})", class_="bereich")


def _question(match: Match, catalogue: Catalogue) -> str:
    if match.question is None or match.no_goal:
        return ""
    names = [
        element("li", element("b", escaped(goal)), " ", escaped(catalogue.by_id[goal].title))
        for goal in match.question.between
    ]
    parts = (
        element("h3", "Zwei Ziele liegen nah beieinander"),
        element("p", escaped(match.question.text), class_="frage"),
        element("ul", *names),
    )
    return element("section", *parts, class_="entscheiden")


def _suggested(match: Match, view: _View) -> list[str]:
    sections = []
    for area, title, hits in view.areas(hit for hit in match.goals if hit.suggested):
        heading = element("h3", element("span", escaped(str(area)), class_="nummer"), " ", escaped(title))
        sections.append(element("section", heading, _cards(hits, view), class_="bereich-ziele"))
    citywide = [hit for hit in match.citywide if hit.suggested]
    heading = element("h3", element("span", "★", class_="nummer stadt", aria_hidden="true"), " Gesamtstädtische Ziele")
    nothing = element("p", "Kein gesamtstädtisches Ziel wird vorgeschlagen.", class_="leise")
    if match.citywide:
        sections.append(element("section", heading, _cards(citywide, view) if citywide else nothing))
    return sections


def _cards(hits: Sequence[Hit], view: _View) -> str:
    return element("ul", *(element("li", _card(hit, view)) for hit in hits), class_="karten")


def _card(hit: Hit, view: _View) -> str:
    head = element("h4", element("span", escaped(hit.id), class_="kennung"), " ", escaped(hit.title))
    reasons = "".join(_reason(hit, item, view) for item in hit.evidence)
    if not reasons:
        reasons = element("p", "Keine einzelne Stelle gibt den Ausschlag; das Ziel passt zum Text im Ganzen.")
    return element("div", head, _certainty(hit.confidence), element("div", reasons, class_="grund"), class_="karte")


def _certainty(confidence: float) -> str:
    percent = whole_percent(confidence)
    words = element("span", f"{in_words(confidence)}", class_="worte")
    figure = element("span", f"{percent} %", class_="prozent")
    bar = element("span", element("span", style=f"width:{percent}%"), class_="balken", aria_hidden="true")
    return element("p", spoken("Sicherheit: "), words, " ", figure, bar, class_="sicherheit")


def _reason(hit: Hit, item: Evidence, view: _View) -> str:
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


def _marked(text: str, match: Match) -> str:
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


def _others(match: Match, view: _View) -> str:
    groups = [
        (f"{area} {title}", hits) for area, title, hits in view.areas(hit for hit in match.goals if not hit.suggested)
    ]
    citywide = [hit for hit in match.citywide if not hit.suggested][:5]
    if citywide:
        groups.append(("Gesamtstädtisch", citywide))
    if not groups:
        return ""
    lists = [
        element("div", element("h4", escaped(name)), element("ul", *(_row(hit) for hit in hits)), class_="gruppe")
        for name, hits in groups
    ]
    note = element(
        "p", "Diese Ziele lagen am nächsten, reichen der Software aber nicht für einen Vorschlag.", class_="leise"
    )
    return element("details", element("summary", "Weitere Ziele, nicht vorgeschlagen"), note, *lists, class_="weitere")


def _row(hit: Hit) -> str:
    percent = f"{in_words(hit.confidence)}, {whole_percent(hit.confidence)} %"
    name = element("span", element("b", escaped(hit.id)), " ", escaped(hit.title))
    return element("li", name, element("span", percent, class_="leise"))


def _notes(match: Match) -> str:
    warnings = "".join(element("li", escaped(warning)) for warning in match.warnings)
    listed = (
        element("section", element("h3", "Hinweise"), element("ul", warnings), class_="hinweise") if warnings else ""
    )
    origin = f"Zielkatalog {match.catalogue}, Modell {match.model}. Ein Vorschlag der Software; die Entscheidung treffen Sie."
    return listed + element("p", escaped(origin), class_="herkunft")
