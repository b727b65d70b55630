"""HTML of the page: nothing foreign becomes markup, and marks stand where the evidence is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.page.confidence import in_full, in_words, whole_percent
from app.page.given import given_html
from app.page.marking import Stretch, stretches
from app.page.markup import element, escaped
from index.result import AreaHit, Evidence, Hit, IgnoredPart, Match

TEXT = "Antragsteller: Verein. Radweg am Wald."


def hit(goal: str, start: int, end: int, suggested: bool = True) -> Hit:
    return Hit(goal, "Ziel", 5, 0.8, suggested, (Evidence(start, end, TEXT[start:end], "Radweg"),))


def match(*goals: Hit, ignored: tuple[IgnoredPart, ...] = ()) -> Match:
    return Match(None, False, None, AreaHit(5, "Umwelt", 0.9), goals, (), ignored, "stadt", "modell")


def test_markup_in_a_text_is_text() -> None:
    assert escaped("<script>alert('x')</script> & \"y\"") == (
        "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;y&quot;"
    )


def test_no_line_break_ends_the_block_of_html() -> None:
    assert escaped("a\r\n\r\nb\u2028c\td") == "a&#10;&#10;b&#10;c&#9;d"


def test_invisible_and_direction_turning_characters_are_left_out() -> None:
    assert escaped("a\x00\x07\u202eb\ud800") == "ab"


@given(st.text())
@settings(max_examples=200)
def test_whatever_the_text_no_tag_and_no_line_break_comes_out(text: str) -> None:
    assert not set(escaped(text)) & set("<>\"'\n\r")


def test_attributes_are_escaped_and_empty_ones_left_out() -> None:
    made = element("p", "x", class_="a", aria_label='"><b>', hidden=True, title=None)
    assert made == '<p class="a" aria-label="&quot;&gt;&lt;b&gt;" hidden>x</p>'


def test_overlapping_evidence_is_cut_into_stretches() -> None:
    found = stretches(len(TEXT), match(hit("A", 23, 29), hit("B", 26, 37), hit("C", 0, 5, suggested=False)))
    assert found == [
        Stretch(0, 23),
        Stretch(23, 26, ("A",)),
        Stretch(26, 29, ("A", "B")),
        Stretch(29, 37, ("B",)),
        Stretch(37, 38),
    ]


def test_ignored_parts_are_kept_apart_with_their_reason() -> None:
    found = stretches(len(TEXT), match(ignored=(IgnoredPart(0, 22, TEXT[:22], "Formularfeld"),)))
    assert found == [Stretch(0, 22, (), "Formularfeld"), Stretch(22, 38)]


def test_a_mark_says_for_which_goal_it_is() -> None:
    shown = given_html(TEXT, match(hit("PB5.4", 23, 29)))
    assert '<mark>Radweg<span class="fuer"><span class="nur-gesprochen">Beleg für </span>PB5.4</span></mark>' in shown


def test_a_long_stretch_without_marks_is_shortened_and_says_so() -> None:
    text = "x" * 10_000
    shown = given_html(text, match())
    assert "[… 9.200 Zeichen nicht gezeigt …]" in shown and len(shown) < 2_000


def test_confidence_is_told_in_words_and_never_certain() -> None:
    assert [in_words(value) for value in (0.95, 0.7, 0.5, 0.3, 0.1, 0.05)] == [
        "sehr wahrscheinlich",
        "wahrscheinlich",
        "eher ja",
        "möglich",
        "eher nicht",
        "unwahrscheinlich",
    ]
    assert (whole_percent(0.0), whole_percent(1.0)) == (1, 99)
    assert in_full(0.61) == "eher ja, 61\N{NO-BREAK SPACE}%"
    assert [in_words(value, suggested=True) for value in (0.95, 0.3, 0.29, 0.05)] == [
        "sehr wahrscheinlich",
        "möglich",
        "unsicher",
        "unsicher",
    ]
