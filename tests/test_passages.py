from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passages import MAX_SENTENCE, MAX_WORDS, has_content, read, warnings_for

APPLICATION = """Antragsteller: Radfahrverein e. V., Musterweg 3
Bankverbindung: IBAN DE12 3456 7890 1234 5678 90
Betreff: Mehr Sicherheit auf dem Schulweg
Wir möchten ca. 20 Bügel aufstellen. Die Kinder kommen dann mit dem Rad.
Kosten: 4.000 Euro
Laufzeit: 01.03. bis 30.09.
Der Verarbeitung personenbezogener Daten nach der DSGVO wird zugestimmt.
Mit freundlichen Grüßen"""


def test_boilerplate_is_left_out_with_its_reason() -> None:
    reading = read(APPLICATION)
    assert [part.text for part in reading.passages] == [
        "Betreff: Mehr Sicherheit auf dem Schulweg",
        "Wir möchten ca. 20 Bügel aufstellen.",
        "Die Kinder kommen dann mit dem Rad.",
    ]
    assert [part.reason for part in reading.ignored] == [
        "Formularfeld",
        "Bankverbindung",
        "Formularfeld",
        "Formularfeld",
        "Datenschutzhinweis",
        "Anrede, Gruß oder Formel",
    ]


def test_a_text_that_is_all_boilerplate_is_read_all_the_same() -> None:
    reading = read("Kosten: 4.000 Euro")
    assert [part.text for part in reading.passages] == ["Kosten: 4.000 Euro"]
    assert reading.ignored == ()


def test_abbreviations_and_ordinals_do_not_end_a_sentence() -> None:
    text = "Am 3. Mai tagt der Rat, z. B. zur Kita Nr. 5 mit ca. 80 Plätzen. Danach beginnt der Bau."
    assert [part.text for part in read(text).passages] == [
        "Am 3. Mai tagt der Rat, z. B. zur Kita Nr. 5 mit ca. 80 Plätzen.",
        "Danach beginnt der Bau.",
    ]


def test_a_long_sentence_is_cut_into_windows() -> None:
    words = [f"wort{number}" for number in range(MAX_WORDS + 5)]
    parts = read(" ".join(words)).passages
    assert [len(part.text.split()) for part in parts] == [MAX_WORDS, 5]


@given(st.text(max_size=400))
def test_offsets_point_into_the_text_as_given(text: str) -> None:
    reading = read(text)
    for part in (*reading.passages, *reading.ignored):
        assert text[part.start : part.end] == part.text
    starts = [part.start for part in reading.passages]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("text", "expected"), [("Rad", True), ("12 34", False), ("a b c", False), ("🚲 !!", False), ("", False)]
)
def test_content_means_a_word_of_two_letters(text: str, expected: bool) -> None:
    assert has_content(text) is expected


def test_odd_characters_are_remarked_upon() -> None:
    assert warnings_for("Radweg am Bahnhof\n") == []
    assert ["Steuerzeichen" in remark for remark in warnings_for("Rad\x00weg")] == [True]
    assert ["HTML" in remark for remark in warnings_for("<b>Radweg</b>")] == [True]
    assert ["Emoji" in remark for remark in warnings_for("Radweg 🚲")] == [True]
    assert ["lateinisch" in remark for remark in warnings_for("Велосипедная дорожка")] == [True]


def test_one_endless_word_is_read_quickly() -> None:
    assert len(read("x" * 1_000_000).passages) == 1_000_000 / MAX_SENTENCE


@pytest.mark.parametrize(
    "text",
    [
        "a." * 50_000,
        "a-" * 50_000,
        "a@" * 50_000,
        "a." * 50_000 + "@",
        "Kosten" + " " * 100_000 + "x",
        "Kosten" + " " * 50_000 + "(" + " " * 50_000,
        "Kosten (" + "a" * 100_000,
        "a" * 100_000,
        "12 " * 33_000,
        "DE12 " * 20_000,
        "Satz. " * 16_000,
        "wir erklären " * 8_000,
        "einwilligung " * 8_000,
        "<a " * 33_000,
        '."' * 50_000,
        "a." + " " * 100_000 + "b",
        "a'" * 50_000,
        "a\n" * 50_000,
        "a" + "\u0301" * 100_000,
    ],
    ids=lambda text: text[:8],
)
def test_no_text_of_a_hundred_thousand_characters_is_read_for_seconds(text: str) -> None:
    """Two of these patterns took more than a quarter of an hour while every other user waited."""
    began = time.process_time()
    read(text), warnings_for(text)
    assert time.process_time() - began < 3.0


def test_what_never_ends_is_read_in_pieces_cut_between_words() -> None:
    text = "Radweg " * 1_000 + "x" * 5_000
    reading = read(text)
    assert all(text[part.start : part.end] == part.text for part in reading.passages)
    assert max(len(part.text) for part in reading.passages) <= MAX_SENTENCE
    assert " ".join(part.text for part in reading.passages).count("Radweg") == 1_000
    assert sum(part.text.count("x") for part in reading.passages) == 5_000
