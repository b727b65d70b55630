"""What stands below the answer once a decision is saved, or could not be: number, text to copy, way onward."""

from __future__ import annotations

from urllib.parse import quote

from app.access.person import ROLE_NAMES, Person
from app.decisions.records import Decision
from app.german_time import moment_text
from app.page.markup import element, escaped
from app.paper_text import paper_text
from data.catalogue import Catalogue


def decision_address(project: int) -> str:
    """Where the page of decisions has this project."""
    return f"./entscheidungen?nr={quote(str(project))}"


def saved_html(decision: Decision, catalogue: Catalogue) -> str:
    """The confirmation: number, revision, who and when, and the text for the council paper."""
    link = element("a", f"Projekt Nr. {decision.project}", href=decision_address(decision.project))
    told = f", Fassung {decision.revision}, von {decision.decided_by} am {moment_text(decision.decided_at)}."
    head = element("h2", "Gespeichert", tabindex="-1", data_fokus=True) + element("p", link, escaped(told))
    return element(
        "section",
        element("div", head, class_="zustand mit-ziel"),
        paper_html(decision, catalogue),
        class_="gespeichert",
        data_ansage=f"Gespeichert als Projekt Nummer {decision.project}, Fassung {decision.revision}.",
        data_gesichert=True,
    )


def paper_html(decision: Decision, catalogue: Catalogue) -> str:
    """The text for the council paper with a button that copies it, and one that prints."""
    text = element(
        "pre",
        escaped(paper_text(decision, catalogue)),
        id="vorlage",
        tabindex="0",
        role="region",
        aria_label="Text für die Vorlage",
    )
    buttons = (
        element("button", "Text kopieren", type="button", data_kopie="vorlage"),
        element("button", "Drucken", type="button", data_drucken=True),
        element("span", "", role="status", class_="leise", data_kopiert=True),
    )
    return element(
        "div",
        element("h3", "Text für die Vorlage"),
        text,
        element("div", *buttons, class_="werkzeuge"),
        class_="vorlage",
    )


def not_saved_html(message: str, link: int | None = None) -> str:
    """Why nothing was saved; `link` leads to the project whose state is in the way."""
    more = element("a", f"Projekt Nr. {link} ansehen", href=decision_address(link), target="_blank") if link else ""
    content = element("h2", "Nicht gespeichert") + element("p", escaped(message)) + (element("p", more) if more else "")
    return element(
        "div",
        content,
        class_="zustand fehler",
        data_ansage="Nicht gespeichert. Die Meldung steht unter der Entscheidung.",
    )


def reader_sentence(person: Person) -> str:
    """What a person is told who may look but not decide."""
    return (
        f"Sie sind als «{person.name}» mit dem Recht «{ROLE_NAMES[person.role]}» angemeldet; "
        "Entscheidungen speichern darf, wer das Recht «Bearbeiten» hat."
    )
