"""What every page shares: the head with the name of the city and the way to the other pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from app.access.person import ROLE_NAMES, person_of
from app.page.markup import element, escaped


@dataclass(frozen=True)
class Place:
    """A page with an address of its own; the first has the empty path."""

    path: str
    title: str


PLACES = (
    Place("", "Zuordnen"),
    Place("assistent", "Assistent"),
    Place("stapel", "Stapel"),
    Place("entscheidungen", "Entscheidungen"),
    Place("abdeckung", "Abdeckung"),
    Place("katalog", "Zielkatalog"),
    Place("qualitaet", "Qualität"),
    Place("hilfe", "Hilfe"),
)


def place(path: str) -> Place:
    """The page at this path; a page names its place by it, so that the order of PLACES is free."""
    return next(found for found in PLACES if found.path == path)


def on(event: Any, action: Callable[..., Any], inputs: Any, outputs: Any) -> Any:
    """Tie an event of a component to an action that is no part of the public API and too quick for a queue.

    While one call is under way, only the last of those that follow is made.
    """
    return event(
        action,
        inputs,
        outputs,
        show_progress="hidden",
        api_visibility="private",
        queue=False,
        trigger_mode="always_last",
    )


def on_visit(action: Callable[..., Any], outputs: Any, inputs: Any = None) -> Any:
    """Have an action run whenever this page is opened, and whenever one of the inputs changes, one run after the other.

    It is given the request if it asks for one.
    """
    return on(partial(gr.on, None), action, inputs, outputs)


def html(value: str, **options: Any) -> gr.Markdown:
    """A component that shows our own HTML.

    Markdown's sanitizer would take out the attributes that screen readers need. It is not missed: foreign text is escaped
    by `markup.escaped`, and the security policy lets no script run that the server did not write.
    """
    return gr.Markdown(value, latex_delimiters=[], container=False, sanitize_html=False, **options)


def page_header(current: Place, city: str) -> gr.Markdown:
    """Name, catalogue and navigation; the current place is marked for eye and ear."""
    links = [
        element(
            "li",
            element(
                "a", escaped(place.title), href=f"./{place.path}", aria_current="page" if place == current else None
            ),
        )
        for place in PLACES
    ]
    sign = element("span", element("span", ""), class_="zeichen", aria_hidden="true")
    name = element(
        "p", sign, element("span", element("strong", "ISEK-Zielfinder"), " ", element("span", escaped(city)))
    )
    nav = element("nav", element("ul", *links), aria_label="Hauptmenü")
    header = html(element("header", name, nav, class_="kopf"), elem_classes="rahmen")
    on_visit(whoever, html("", elem_classes="wer"))
    return header


def whoever(request: gr.Request) -> str:
    """Who is signed in, with a button to sign out; nothing at a single desk."""
    person = person_of(request)
    if not person.signed_in:
        return ""
    told = element("span", "Angemeldet: ", element("strong", escaped(person.name)), f" ({ROLE_NAMES[person.role]})")
    leave = element("form", element("button", "Abmelden", type="submit"), method="post", action="./abmelden")
    return element("div", told, leave if request.state.session else "", class_="angemeldet")


def page_title(title: str, lead: str) -> gr.Markdown:
    """The heading of a page and a sentence below it."""
    return html(
        element(
            "div",
            element("h1", escaped(title), tabindex="-1", id="inhalt"),
            element("p", escaped(lead)),
            class_="titel",
        )
    )
