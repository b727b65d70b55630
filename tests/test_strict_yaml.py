from __future__ import annotations

import pytest

from data.errors import LimitError, UserError
from data.strict_yaml import MAX_BYTES, Unquoted, YamlMap, load_bytes


def test_every_key_and_item_knows_its_line() -> None:
    tree = load_bytes(b"a: x\nb:\n  - eins\n  - zwei\n", "datei.yaml")
    assert tree.lines == {"a": 1, "b": 2}
    assert tree["b"].lines == [3, 4]


def test_values_yaml_would_turn_into_something_else_stay_recognisable() -> None:
    tree = load_bytes(b"a: no\nb: 2022\nc: 12:30\nd: '12:30'\ne: ~\n", "datei.yaml")
    assert isinstance(tree["a"], Unquoted) and tree["a"].text == "no" and tree["a"].value is False
    assert tree["b"].value == 2022
    assert isinstance(tree["c"], Unquoted) and tree["c"].text == "12:30"
    assert tree["d"] == "12:30"
    assert tree["e"] is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"a: 1\na: 2\n", "Zeile 2: der Schlüssel 'a' kommt doppelt vor (zuerst Zeile 1)"),
        (b"a: &x [1]\nb: *x\n", "Zeile 2: Verweise (*alias)"),
        (b"a: &x eins\nb: *x\n", "Zeile 2: Verweise (*alias)"),
        (b"a: !!python/object:os.system x\n", "ist nicht erlaubt"),
        (b"a:\n  !!set {x}\n", "Zeile 2: die YAML-Angabe 'tag:yaml.org,2002:set' ist nicht erlaubt"),
        (b"a: !eigen [1]\n", "Zeile 1: die YAML-Angabe '!eigen' ist nicht erlaubt"),
        (b"a: 1\n---\nb: 2\n", "Zeile 2: nur ein Dokument ist erlaubt"),
        (b"a: [1\n", "kein gültiges YAML"),
        (b"- a\n", "auf der obersten Ebene eine Zuordnung"),
        (b"", "auf der obersten Ebene eine Zuordnung"),
        (b"a: \xff\n", "nicht in UTF-8"),
        (b"? [a]\n: b\n", "einfaches Wort"),
        (b"a: " + b"[" * 60 + b"]" * 60, "Verschachtelung"),
    ],
)
def test_what_is_refused_is_named_with_its_line(source: bytes, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        load_bytes(source, "datei.yaml")
    assert str(caught.value).startswith("datei.yaml")
    assert expected in str(caught.value)


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    with pytest.raises(UserError, match="Verweise"):
        load_bytes("\n".join(lines).encode(), "bombe.yaml")


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(LimitError):
        load_bytes(b"a" * (MAX_BYTES + 1), "gross.yaml")


def test_a_deep_bomb_ends_in_a_message() -> None:
    with pytest.raises(UserError):
        load_bytes(b"a: " + b"[" * 100_000, "tief.yaml")


def test_the_top_level_is_a_map_that_knows_its_line() -> None:
    tree = load_bytes(b"\n\na: b\n", "datei.yaml")
    assert isinstance(tree, YamlMap) and tree.line == 3
