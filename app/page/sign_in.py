"""The sign-in page: plain HTML of our own, which works before anything else is loaded and without a script."""

from __future__ import annotations

import functools
import re

from app.page.markup import element, escaped
from app.page.theme import HERE, STYLES

RULES_OF_PAGE = HERE / "sign_in.css"
_COLOURS = re.compile(r"^(?::root|\.dark) \{(.*?)\}", re.DOTALL | re.MULTILINE)


@functools.cache
def sign_in_style(colours: str = "") -> str:
    """The style sheet: the colours of the other pages, dark where the browser asks for it, and this page's own rules.

    `colours` is what `palette` makes of the city's own colour; it comes last and so prevails.
    """
    blocks = _COLOURS.findall(STYLES[0].read_text("utf-8"))[:2] + _COLOURS.findall(colours)
    light, dark = "".join(blocks[::2]), "".join(blocks[1::2])
    return f":root {{{light}}}\n@media (prefers-color-scheme: dark) {{ :root {{{dark}}} }}\n{RULES_OF_PAGE.read_text('utf-8')}"


def sign_in_html(city: str, wanted: str, name: str = "", error: str = "") -> str:
    """The page with its form; `wanted` is the path to go on to, `error` what went wrong with the last try."""
    sign = element("span", element("span", ""), class_="zeichen", aria_hidden="true")
    head = element(
        "header",
        sign,
        element("p", element("strong", "ISEK-Zielfinder"), element("span", escaped(city))),
        class_="kopf",
    )
    told = element("p", escaped(error), class_="fehler", id="fehler", role="alert") if error else ""
    form = element(
        "form",
        told,
        _field("name", "Name", "text", "username", name, bool(error), focus=not name),
        _field("kennwort", "Kennwort", "password", "current-password", "", bool(error), focus=bool(name)),
        f'<input type="hidden" name="weiter" value="{escaped(wanted)}">',
        element("button", "Anmelden", type="submit"),
        method="post",
        action="./anmelden",
    )
    hint = element("p", "Konto und Kennwort vergibt die Verwaltung dieses Programms in Ihrem Haus.", class_="leise")
    return _document("Anmelden", head, element("main", element("h1", "Anmelden"), form, hint))


def _field(name: str, label: str, kind: str, complete: str, value: str, faulty: bool, focus: bool) -> str:
    described = ' aria-describedby="fehler" aria-invalid="true"' if faulty else ""
    plain = ' autocapitalize="none" spellcheck="false"' if kind == "text" else ""
    return element(
        "p",
        element("label", escaped(label), for_=name),
        f'<input id="{name}" name="{name}" type="{kind}" autocomplete="{complete}" value="{escaped(value)}" required '
        f'maxlength="256"{plain}{described}{" autofocus" if focus else ""}>',
    )


def _document(title: str, *parts: str) -> str:
    head = element(
        "head",
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        element("title", escaped(f"{title} – ISEK-Zielfinder")),
        '<link rel="icon" href="./favicon.ico"><link rel="stylesheet" href="./anmelden.css">',
    )
    return f'<!doctype html>\n<html lang="de">{head}{element("body", *parts)}</html>\n'
