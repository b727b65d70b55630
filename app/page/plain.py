"""Pages of plain HTML, which work before anything else is loaded and without a script: signing in, and no such page."""

from __future__ import annotations

import functools
import re

from app.page.markup import element, escaped
from app.page.theme import HERE, STYLES

RULES_OF_PAGE = HERE / "plain.css"
_COLOURS = re.compile(r"^(?::root|\.dark) \{(.*?)\}", re.DOTALL | re.MULTILINE)


@functools.cache
def plain_style(colours: str = "") -> str:
    """The style sheet: the colours of the other pages, dark where the browser asks for it, and these pages' own rules.

    `colours` is what `palette` makes of the city's own colour; it comes last and so prevails.
    """
    blocks = _COLOURS.findall(STYLES[0].read_text("utf-8"))[:2] + _COLOURS.findall(colours)
    light, dark = "".join(blocks[::2]), "".join(blocks[1::2])
    return f":root {{{light}}}\n@media (prefers-color-scheme: dark) {{ :root {{{dark}}} }}\n{RULES_OF_PAGE.read_text('utf-8')}"


def plain_page(title: str, city: str, head: str, *parts: str) -> str:
    """A whole document with the name of the program, a heading and `parts`; `head` is HTML for icon and style sheet."""
    sign = element("span", element("span", ""), class_="zeichen", aria_hidden="true")
    name = element("p", element("strong", "ISEK-Zielfinder"), element("span", escaped(city)))
    meta = element(
        "head",
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        element("title", escaped(f"{title} – ISEK-Zielfinder")),
        head,
    )
    main = element("main", element("h1", escaped(title)), *parts)
    body = element("body", element("header", sign, name, class_="kopf"), main)
    return f'<!doctype html>\n<html lang="de">{meta}{body}</html>\n'


def missing_html(city: str, root: str, colours: str = "") -> str:
    """What a browser is shown that asks for a page there is none of; `root` is the path of the start page."""
    head = f'<link rel="icon" href="{escaped(root)}favicon.ico">' + element("style", plain_style(colours))
    told = "Unter dieser Adresse gibt es nichts. Vielleicht ist sie unvollständig, oder ein Bericht ist inzwischen gelöscht."
    ways = (("", "Zuordnen"), ("entscheidungen", "Entscheidungen"), ("katalog", "Zielkatalog"), ("hilfe", "Hilfe"))
    links = (element("li", element("a", name, href=f"{root}{path}")) for path, name in ways)
    return plain_page("Diese Seite gibt es nicht", city, head, element("p", told), element("ul", *links))
