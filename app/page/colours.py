"""The city's own colour: one colour from the settings, and the shades that are legible beside it."""

from __future__ import annotations

import re

from data.errors import UserError

Colour = tuple[int, int, int]  # red, green, blue; each 0 to 255
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
LIGHT, DARK = (244, 246, 248), (24, 34, 43)  # --grund of the light and --blatt of the dark page, as in page.css
LEGIBLE = 4.5  # WCAG 2.1, 1.4.3, level AA
STEP = 0.04


def parsed(text: str) -> Colour:
    """The colour of ``#rrggbb``.

    Raises:
        UserError: anything else.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text.strip()):
        raise UserError(
            f"Die Einstellung 'colour' erwartet eine Farbe als sechs Hexadezimalziffern wie \"#0b4f6c\", angegeben war {text!r}."
        )
    digits = text.strip()[1:]
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio from 1 to 21, by WCAG 2.1, «contrast ratio» and «relative luminance»."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in (c / 255 for c in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a share from 0 to 1 of `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def legible(colour: Colour, grounds: tuple[Colour, ...], towards: Colour) -> Colour:
    """The colour, drawn towards black or white only as far as it takes to be legible on all grounds."""
    for step in range(round(1 / STEP) + 1):
        found = mixed(colour, towards, step * STEP)
        if all(contrast(found, ground) >= LEGIBLE for ground in grounds):
            return found
    return towards


def palette(colour: str) -> str:
    """CSS that sets the page's own variables by the city's colour; empty where none is set.

    Raises:
        UserError: not a colour.
    """
    if not colour:
        return ""
    given = parsed(colour)
    hint = mixed(given, WHITE, 0.9)
    light = legible(given, (WHITE, LIGHT, hint), BLACK)
    dim = mixed(given, DARK, 0.8)
    dark = legible(mixed(given, WHITE, 0.4), (DARK, dim), WHITE)
    sign = legible(given, (WHITE,), BLACK)
    return (
        f":root {{ --farbe: {_css(light)}; --farbe-tief: {_css(mixed(light, BLACK, 0.25))}; --auf-farbe: #ffffff; "
        f"--hauch: {_css(hint)}; --zeichen: {_css(sign)}; }}\n"
        f".dark {{ --farbe: {_css(dark)}; --farbe-tief: {_css(mixed(dark, WHITE, 0.3))}; "
        f"--auf-farbe: {_css(legible(mixed(given, BLACK, 0.8), (dark,), BLACK))}; --hauch: {_css(dim)}; }}\n"
    )


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
