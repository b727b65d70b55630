"""The goal catalogue: both levels, the council's words apart from the editorial profile, with a search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import gradio as gr

from app.desk import Desk
from app.page.frame import html, on_visit, page_header, page_title, place
from app.page.markup import element, escaped
from data.catalogue import Catalogue, Goal

PLACE = place("katalog")
CITYWIDE = "Gesamtstädtisch"


def catalogue_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    catalogue = desk.catalogue
    page_header(PLACE, catalogue.title)
    page_title("Zielkatalog", f"{len(catalogue.goals)} Ziele, {catalogue.name}")
    html(_ways())
    if catalogue.note:
        html(element("p", escaped(catalogue.note), class_="vermerk"))
    with gr.Row(elem_classes="suche"):
        words = gr.Textbox(
            label="Suchen", placeholder="Wort aus Ziel oder Profil", elem_id="suche", max_lines=1, scale=2
        )
        groups = gr.CheckboxGroup(_choices(catalogue), label="Nur diese Gruppen", elem_id="bereiche", scale=3)
    found = html(goals_html(catalogue, "", []), elem_id="meldung", elem_classes="ziele")
    # Profiles may have been edited since the page was built.
    on_visit(lambda words, groups: goals_html(desk.catalogue, words, groups), found, [words, groups])


def goals_html(catalogue: Catalogue, words: str, groups: Sequence[str]) -> str:
    """The goals that contain all words, by group; `groups` are area ids and the empty id of the city-wide level."""
    sections, count = [], 0
    for identity, title, goals in _groups(catalogue):
        kept = [goal for goal in goals if _contains(goal, words)]
        if not kept or (groups and identity not in groups):
            continue
        count += len(kept)
        heading = element("h2", element("span", escaped(identity or "★"), class_="nummer"), " ", escaped(title))
        sections.append(element("section", heading, *(_goal(goal) for goal in kept)))
    sentence = f"{count} Ziele gefunden." if count > 1 else f"{'Ein' if count else 'Kein'} Ziel gefunden."
    tally = element("p", sentence, class_="leise")
    return element("div", tally, *sections, class_="katalog", data_ansage=sentence)


def _ways() -> str:
    """The way to the pages below this one."""
    ways = (("katalog-bearbeiten", "Profile bearbeiten"), ("katalog-fassungen", "Fassungen vergleichen und einlesen"))
    links = [element("li", element("a", title, href=f"./{path}")) for path, title in ways]
    return element("nav", element("ul", *links, class_="wege"), aria_label="Zielkatalog")


def _choices(catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(f"{identity} {title}".strip(), identity) for identity, title, _ in _groups(catalogue)]


def _groups(catalogue: Catalogue) -> list[tuple[str, str, list[Goal]]]:
    """Id, title and goals: the city-wide level first (its id is empty), then the areas in their order."""
    groups = [("", CITYWIDE, list(catalogue.citywide_goals))]
    groups += [(str(a.id), a.title, [g for g in catalogue.area_goals if g.area == a.id]) for a in catalogue.areas]
    return [group for group in groups if group[2]]


def _contains(goal: Goal, words: str) -> bool:
    texts = (goal.id, goal.title, goal.source, goal.meaning, *goal.terms)
    haystack = " ".join(texts).casefold()
    return all(word in haystack for word in str(words or "").casefold().split())


def _goal(goal: Goal) -> str:
    status = element("span", escaped(goal.status), class_="status") if goal.status else ""
    name = element("span", element("span", escaped(goal.id), class_="kennung"), " ", escaped(goal.title))
    edit = element("a", f"Profil von {escaped(goal.id)} bearbeiten", href=f"./katalog-bearbeiten?ziel={quote(goal.id)}")
    parts = (_council(goal), _profile(goal), element("p", edit, class_="leise"))
    return element("details", element("summary", name, status), *parts, id=f"ziel-{goal.id}")


def _council(goal: Goal) -> str:
    """The council's words and what is known of their status; nothing where the catalogue says nothing."""
    parts = []
    if goal.source:
        parts.append(element("blockquote", escaped(goal.source)))
    if goal.status_evidence:
        parts.append(element("p", element("b", "Status: "), escaped(goal.status_evidence), class_="leise"))
    return element("div", element("h3", "Wortlaut der Quelle"), *parts, class_="wortlaut") if parts else ""


def _profile(goal: Goal) -> str:
    """The editorial part, marked as such."""
    parts = [
        element("p", escaped(goal.meaning)) if goal.meaning else "",
        _listed("Begriffe", goal.terms, "begriffe"),
        _listed("Typische Vorhaben", goal.examples, "punkte"),
        _listed("Dient auch diesem Ziel", goal.crosscutting, "punkte"),
        _listed("Abgrenzung", (f"{border.goal}: {border.note}" for border in goal.borders), "punkte"),
    ]
    if not any(parts):
        return ""
    heading = element("h3", "Redaktionelles Profil ", element("small", "kein Beschluss"))
    return element("div", heading, *parts, class_="profil")


def _listed(title: str, items: Iterable[str], kind: str) -> str:
    entries = [element("li", escaped(item)) for item in items]
    return element("h4", title) + element("ul", *entries, class_=kind) if entries else ""
