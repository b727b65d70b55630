"""The sign-in page."""

from __future__ import annotations

from app.page.markup import element, escaped
from app.page.plain import plain_page


def sign_in_html(city: str, wanted: str, name: str = "", error: str = "") -> str:
    """The page with its form; `wanted` is the path to go on to, `error` what went wrong with the last try."""
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
    links = '<link rel="icon" href="./favicon.ico"><link rel="stylesheet" href="./anmelden.css">'
    return plain_page("Anmelden", city, links, form, hint)


def _field(name: str, label: str, kind: str, complete: str, value: str, faulty: bool, focus: bool) -> str:
    described = ' aria-describedby="fehler" aria-invalid="true"' if faulty else ""
    plain = ' autocapitalize="none" spellcheck="false"' if kind == "text" else ""
    return element(
        "p",
        element("label", escaped(label), for_=name),
        f'<input id="{name}" name="{name}" type="{kind}" autocomplete="{complete}" value="{escaped(value)}" required '
        f'maxlength="256"{plain}{described}{" autofocus" if focus else ""}>',
    )
