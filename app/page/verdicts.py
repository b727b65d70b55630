"""The controls with which staff judge each goal: radios on the cards, boxes to add further goals, "kein Ziel passt".

They are plain form fields in the answer; ``verdicts.js`` gathers what is ticked and hands it to the page.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.decisions.judgement import Judgement
from app.decisions.records import ACCEPTED, ADDED, REJECTED
from app.page.markup import element, escaped, spoken
from data.catalogue import Catalogue, Goal
from index.result import Match

CHOICES = ((ACCEPTED, "Annehmen"), (REJECTED, "Ablehnen"))


def verdict_html(goal: str, title: str, area: object, judgement: Judgement) -> str:
    """Accept or reject one suggested goal, with a reason that appears once something is chosen."""
    name = f"urteil-{goal}"
    chosen = judgement.verdicts.get(goal)
    radios = (
        element(
            "label",
            element("input", type="radio", name=name, value=value, data_urteil=value, checked=chosen == value),
            element("span", label),
        )
        for value, label in CHOICES
    )
    legend = element("legend", spoken(f"Ihr Urteil zu {goal} {title}"))
    body = element("div", *radios, class_="wahl") + _reason(goal, judgement)
    return element("fieldset", legend, body, class_="urteil", **_goal_data(goal, title, area))


def all_verdicts_html(count: int) -> str:
    """Judge several suggestions at once; nothing where there is one alone."""
    if count < 2:
        return ""
    buttons = (
        element("button", label, type="button", data_alle=value)
        for value, label in ((ACCEPTED, "Alle annehmen"), (REJECTED, "Übrige ablehnen"))
    )
    return element("div", *buttons, class_="alle-urteile", role="group", aria_label="Alle Vorschläge auf einmal")


def add_html(goal: str, title: str, area: object, judgement: Judgement) -> str:
    """A box that adds a goal which was not suggested."""
    box = element("input", type="checkbox", data_urteil=ADDED, checked=judgement.verdicts.get(goal) == ADDED)
    label = element("label", box, element("span", element("b", escaped(goal)), " ", escaped(title)))
    return element("div", label, _reason(goal, judgement), class_="ergaenzung", **_goal_data(goal, title, area))


def catalogue_html(catalogue: Catalogue, match: Match, shown: Iterable[str], judgement: Judgement) -> str:
    """Every goal that the answer does not show yet, both levels, with a search."""
    seen = {*shown, *(hit.id for hit in (*match.goals, *match.citywide) if hit.suggested)}
    groups = [("Gesamtstädtisch", catalogue.citywide_goals)]
    groups += [
        (f"{area.id} {area.title}", tuple(goal for goal in catalogue.area_goals if goal.area == area.id))
        for area in catalogue.areas
    ]
    parts = [_group(title, [goal for goal in goals if goal.id not in seen], judgement) for title, goals in groups]
    if not any(parts):
        return ""
    label = element("label", "Im ganzen Zielkatalog suchen", for_="ziel-suche")
    field = element(
        "input", type="search", id="ziel-suche", placeholder="Wort aus Ziel oder Profil", autocomplete="off"
    )
    told = element("p", "", class_="leise", role="status", id="ziel-suche-stand")
    return element("div", label, field, told, element("div", *parts, class_="uebrige"), class_="nachschlagen")


def selection_html(judgement: Judgement) -> str:
    """What has been chosen so far, kept up to date by the script, and "kein Ziel passt" as a decision of its own."""
    box = element("input", type="checkbox", id="kein-ziel", checked=judgement.no_goal)
    none = element("label", box, element("span", "Kein Ziel passt", element("small", "auch das ist eine Entscheidung")))
    chosen = element("div", "", id="ausgewaehlt", data_hauptziel=judgement.primary)
    parts = (element("h3", "Ihre Auswahl"), chosen, element("div", none, class_="kein-ziel"))
    return element("section", *parts, class_="auswahl")


def _group(title: str, goals: list[Goal], judgement: Judgement) -> str:
    rows = [
        element("li", add_html(goal.id, goal.title, goal.area, judgement), data_suche=_searched(goal)) for goal in goals
    ]
    return element("div", element("h4", escaped(title)), element("ul", *rows)) if rows else ""


def _searched(goal: Goal) -> str:
    return " ".join((goal.id, goal.title, goal.source, goal.meaning, *goal.terms)).casefold()


def _reason(goal: str, judgement: Judgement) -> str:
    field = element("textarea", escaped(judgement.reasons.get(goal, "")), rows=1, data_grund=True, maxlength=10_000)
    return element(
        "label", element("span", "Grund ", spoken(f"zu {goal} "), "(freiwillig)"), field, class_="urteil-grund"
    )


def _goal_data(goal: str, title: str, area: object) -> dict[str, str]:
    level = {} if area is None else {"data_bereich": str(area)}
    return {"data_ziel": goal, "data_titel": title, **level}
