"""HTML from parts: every text that is not ours goes through `escaped`, every element is built by `element`.

The page's carrier for HTML is the Markdown component (the HTML component needs ``unsafe-eval``, which the security
policy forbids). Markdown leaves a block of HTML alone as long as it holds no line break, so none is ever written.
"""

from __future__ import annotations

import html
import re

_LINE_BREAK = re.compile(r"\r\n|[\n\r\f\v\x85\u2028\u2029]")
# Control characters, lone surrogates and signs that turn the writing direction are not shown.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")

VOID = ("input",)  # elements without content and end tag


def escaped(text: str) -> str:
    """Foreign text as HTML without markup; line breaks become character references."""
    visible = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))
    return html.escape(visible, quote=True).replace("\n", "&#10;").replace("\t", "&#9;")


def element(tag: str, *children: str, **attributes: str | int | bool | None) -> str:
    """An element; children are HTML already, attribute values are escaped; ``class_`` and ``aria_label`` lose the underscore."""
    given = [(name.strip("_").replace("_", "-"), value) for name, value in attributes.items()]
    written = "".join(
        f" {name}" if value is True else f' {name}="{escaped(str(value))}"'
        for name, value in given
        if value is not None and value is not False
    )
    return f"<{tag}{written}>" if tag in VOID else f"<{tag}{written}>{''.join(children)}</{tag}>"


def spoken(text: str) -> str:
    """Text for screen readers alone."""
    return element("span", escaped(text), class_="nur-gesprochen")
