"""A city's colour is used as it is where it is legible, and drawn as far as needed where it is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.page.colours import DARK, LIGHT, WHITE, contrast, palette, parsed
from data.errors import UserError


def variables(css: str, block: str) -> dict[str, str]:
    inner = re.search(rf"{re.escape(block)} {{ (.*?) }}", css)
    assert inner
    return dict(part.split(": ") for part in inner[1].rstrip(";").split("; "))


def test_contrast_is_that_of_the_worked_examples() -> None:
    """WebAIM's contrast checker gives 21 for black on white and 4.54 for #767676 on white."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast(parsed("#767676"), (255, 255, 255)) == pytest.approx(4.54, abs=0.005)


def test_a_dark_colour_is_taken_as_it_is() -> None:
    assert variables(palette("#7a0019"), ":root")["--farbe"] == "#7a0019"


def test_without_a_setting_nothing_is_changed() -> None:
    assert palette("") == ""


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_every_colour_becomes_legible_in_light_and_dark(colour: str) -> None:
    css = palette(colour)
    light = {name: parsed(value) for name, value in variables(css, ":root").items()}
    dark = {name: parsed(value) for name, value in variables(css, ".dark").items()}
    pairs = [(light["--farbe"], ground) for ground in (WHITE, LIGHT, light["--hauch"])]
    pairs += [(light["--zeichen"], WHITE), (light["--auf-farbe"], light["--farbe-tief"])]
    pairs += [(dark["--farbe"], ground) for ground in (DARK, dark["--hauch"])] + [
        (dark["--auf-farbe"], dark["--farbe"])
    ]
    assert all(contrast(one, other) >= 4.5 for one, other in pairs)


@pytest.mark.parametrize("text", ["rot", "#12345", "0b4f6c", "#0b4f6c; } body { display: none", "</style>"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="erwartet eine Farbe"):
        palette(text)
