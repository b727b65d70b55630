from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import labelled_path, load_labelled, of_split

CASE = {
    "id": "1", "text": "Radweg", "style": "short", "area": 5, "primary": "PB5.4",
    "secondary": ["PB5.5"], "citywide": ["G.8"], "source": "own", "split": "dev",
}  # fmt: skip


def written(folder: Path, *cases: object) -> Path:
    path = folder / "satz.jsonl"
    path.write_text("\n".join(json.dumps(case) for case in cases), "utf-8")
    return path


def test_the_shipped_set_is_complete_and_fits_the_catalogue(neumuenster: Catalogue) -> None:
    cases = load_labelled(labelled_path(neumuenster), neumuenster)
    assert (len(cases), len(of_split(cases, "dev")), len(of_split(cases, "test"))) == (260, 156, 104)
    assert sum(case.goalless for case in cases) == 22
    for case in cases:
        if case.primary:
            assert neumuenster.by_id[case.primary].area == case.area


def test_primary_and_secondary_goals_are_acceptable(tmp_path: Path) -> None:
    (case,) = load_labelled(written(tmp_path, CASE))
    assert case.acceptable == {"PB5.4", "PB5.5"} and not case.goalless


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"primary": "PB9.9"}, "das Ziel 'PB9.9' gibt es"),
        ({"text": " "}, "nicht leerer Text"),
        ({"style": "episch"}, "style"),
        ({"split": "train"}, "split"),
        ({"secondary": "PB5.5"}, "Liste von Zielkennungen"),
        ({"primary": 5}, "Zielkennung oder null"),
        ({"area": True}, "Produktbereich oder null"),
        ({"extra": 1}, "unbekannte Felder extra"),
    ],
)
def test_a_faulty_case_is_named(
    tmp_path: Path, neumuenster: Catalogue, change: dict[str, object], expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        load_labelled(written(tmp_path, {**CASE, **change}), neumuenster)


def test_missing_fields_double_ids_and_broken_lines_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="fehlen die Felder primary"):
        load_labelled(written(tmp_path, {key: value for key, value in CASE.items() if key != "primary"}))
    with pytest.raises(UserError, match="'1' kommt doppelt"):
        load_labelled(written(tmp_path, CASE, CASE))
    with pytest.raises(UserError, match="Zeile 2"):
        load_labelled(written(tmp_path, CASE, [1]))
    with pytest.raises(UserError, match="keinen Fall"):
        load_labelled(written(tmp_path))
    with pytest.raises(UserError, match=r"weg\.jsonl. gibt es nicht"):
        load_labelled(tmp_path / "weg.jsonl")


def test_only_line_feeds_end_a_case(tmp_path: Path) -> None:
    path = tmp_path / "satz.jsonl"
    path.write_text(json.dumps({**CASE, "text": "a\u2028b\u0085c"}, ensure_ascii=False) + "\n", "utf-8")
    assert load_labelled(path)[0].text == "a\u2028b\u0085c"


@pytest.mark.parametrize("change", [{"primary": "G.8"}, {"secondary": ["G.8"]}, {"citywide": ["PB5.4"]}, {"area": 99}])
def test_goals_stand_on_their_own_level(tmp_path: Path, neumuenster: Catalogue, change: dict[str, object]) -> None:
    with pytest.raises(UserError, match=r"gesamtstädtisches|Bereich 99"):
        load_labelled(written(tmp_path, {**CASE, **change}), neumuenster)
