"""A match as HTML: verdict, question, suggested goals by product area, city-wide goals, the marked text, the rest."""

from __future__ import annotations

from app.decisions.judgement import Judgement
from app.decisions.records import ADDED
from app.page.cards import View, suggested_html
from app.page.confidence import in_full
from app.page.given import given_html
from app.page.markup import element, escaped
from app.page.verdicts import add_html, all_verdicts_html, catalogue_html, selection_html
from data.catalogue import Catalogue
from index.result import NO_CONTENT, NO_GOAL_FITS, TOO_UNCERTAIN, Hit, Match

STALE = "Der Text wurde seit dieser Antwort geändert. Vor dem Speichern bitte wieder «Ziele finden»."
NEAREST = "Diese Ziele lagen am nächsten, reichen der Software aber nicht für einen Vorschlag."
UNSURE_BELOW = 0.5
UNSURE = "Der Vorschlag ist unsicher: Es ist das Ziel, das am nächsten liegt. Bitte genau prüfen."
NO_GOAL = {
    NO_CONTENT: "Der Text enthält nichts, was sich zuordnen ließe.",
    NO_GOAL_FITS: "Weder ein Ziel eines Produktbereichs noch ein gesamtstädtisches Ziel passt zu diesem Text. Das kommt vor "
    "und ist eine gültige Antwort.",
    TOO_UNCERTAIN: "Vermutlich passt kein Ziel. Die Software ist sich aber nicht sicher; bitte selbst prüfen.",
}


def brief_html(match: Match, catalogue: Catalogue) -> str:
    """Verdict and suggested goals without the text, for one row of many."""
    view = View(catalogue)
    sections = [] if match.no_goal else suggested_html(match, view)
    return element("div", _verdict(match, False), *sections, _others(match, view), class_="antwort")


def announcement(match: Match) -> str:
    """The sentence that a screen reader hears; fixed words and counts, nothing of the given text."""
    area = sum(hit.suggested for hit in match.goals)
    citywide = sum(hit.suggested for hit in match.citywide)
    if match.no_goal:
        return "Ergebnis: Kein Ziel passt."
    return f"Ergebnis: {_goals(area)} in den Produktbereichen und {_goals(citywide)} gesamtstädtisch vorgeschlagen."


def answer_html(
    text: str, match: Match, catalogue: Catalogue, filtered: bool = False, judgement: Judgement | None = None
) -> str:
    """The whole answer to one text; `filtered` says that not all product areas were looked at.

    With a `judgement` the goals can be judged, and it says what is ticked already.
    """
    view = View(catalogue)
    judging = judgement is not None
    children = [
        element("p", STALE, class_="veraltet zustand") if judging else "",
        _verdict(match, filtered),
        _question(match, catalogue),
        all_verdicts_html(_suggested_count(match)) if judging else "",
        *(suggested_html(match, view, judgement) if not match.no_goal else []),
        given_html(text, match),
        _others(match, view, judgement),
        _notes(match),
        selection_html(judgement) if judgement is not None else "",
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


def _suggested_count(match: Match) -> int:
    return 0 if match.no_goal else sum(hit.suggested for hit in (*match.goals, *match.citywide))


def _goals(count: int) -> str:
    return "ein Ziel" if count == 1 else f"{count or 'kein'} Ziel{'e' if count else ''}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _verdict(match: Match, filtered: bool) -> str:
    if match.no_goal:
        parts = [element("h2", "Kein Ziel passt"), element("p", NO_GOAL[match.no_goal_reason or NO_GOAL_FITS])]
        return element("div", *parts, _area_line(match, "Thematisch am ehesten"), class_="zustand ohne-ziel")
    chosen = [hit for hit in match.goals if hit.suggested]
    if chosen:
        heading, kind = f"{_capital(_goals(len(chosen)))} vorgeschlagen", "mit-ziel"
        note = "" if chosen[0].confidence >= UNSURE_BELOW else UNSURE
    else:
        heading, kind = "Nur gesamtstädtische Ziele passen", "nur-stadt"
        note = "Kein Ziel eines Produktbereichs passt zu diesem Text."
        if filtered:
            heading, note = "Kein Ziel im gewählten Bereich", "Ohne den Filter fände sich vielleicht eines."
    content = element("h2", heading) + (element("p", note) if note else "")
    return element("div", content, _area_line(match), class_=f"zustand {kind}")


def _area_line(match: Match, lead: str = "") -> str:
    if not str(match.area.id):
        return ""
    name = element("strong", escaped(f"{match.area.id} {match.area.title}"))
    certain = in_full(match.area.confidence, suggested=not match.no_goal)
    return element("p", f"{lead} Produktbereich ", name, f" ({certain})", class_="bereich")


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


def _others(match: Match, view: View, judgement: Judgement | None = None) -> str:
    groups = [
        (f"{area} {title}", hits) for area, title, hits in view.areas(hit for hit in match.goals if not hit.suggested)
    ]
    citywide = [hit for hit in match.citywide if not hit.suggested][:5]
    if citywide:
        groups.append(("Gesamtstädtisch", citywide))
    lists = [
        element(
            "div", element("h4", escaped(name)), element("ul", *(_row(hit, judgement) for hit in hits)), class_="gruppe"
        )
        for name, hits in groups
    ]
    more, heading = "", "Weitere Ziele, nicht vorgeschlagen"
    if judgement is not None:
        shown = [hit.id for _, hits in groups for hit in hits]
        more, heading = catalogue_html(view.catalogue, match, shown, judgement), "Weitere Ziele ansehen oder ergänzen"
    if not lists and not more:
        return ""
    note = element("p", NEAREST, class_="leise") if lists else ""
    opened = judgement is not None and ADDED in judgement.verdicts.values()
    return element("details", element("summary", heading), note, *lists, more, class_="weitere", open=opened)


def _row(hit: Hit, judgement: Judgement | None) -> str:
    certain = element("span", in_full(hit.confidence, hit.suggested), class_="leise")
    if judgement is None:
        return element("li", element("span", element("b", escaped(hit.id)), " ", escaped(hit.title)), certain)
    return element("li", add_html(hit.id, hit.title, hit.area, judgement), certain)


def _notes(match: Match) -> str:
    warnings = "".join(element("li", escaped(warning)) for warning in match.warnings)
    listed = (
        element("section", element("h3", "Hinweise"), element("ul", warnings), class_="hinweise") if warnings else ""
    )
    origin = f"Zielkatalog {match.catalogue}, Modell {match.model}. Ein Vorschlag der Software; die Entscheidung treffen Sie."
    return listed + element("p", escaped(origin), class_="herkunft")
