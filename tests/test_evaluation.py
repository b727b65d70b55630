"""The evaluation: answers as `batch` gives them, no label learned from is measured on, figures as computed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest import approx

from app.batch import match_projects
from app.evaluation import Task, load_cases, run_evaluation, variant
from app.evaluation_text import evaluation_table
from app.settings import Settings
from data.background import Background
from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from data.tables import Project
from eval.baselines import tfidf_titles
from eval.comparison import compare, corrected, flips
from eval.evaluation import sliced
from eval.figures import METRICS, figure, figures, rows_of
from eval.run import CrossFitted, Record, evaluate, folds_by_text, same_text, without_labels
from eval.wording import verdict
from index.learning import Tuning
from index.matcher import Matcher
from index.store import build_index
from index.texts import Corpus, corpus_of
from tests.fakes import WordEncoder

BACKGROUND = Background(
    ("Personalausweis verloren", "Winterreifen zu verkaufen", "Kredit ohne Schufa"), ("Mit freundlichen Grüßen",)
)


def case(identity: str, text: str, primary: str | None = None, **more: Any) -> LabelledCase:
    area = {"rad": "umwelt", "schule": "jugend"}.get(primary or "")
    fields = {"style": "short", "area": area, "secondary": (), "citywide": (), "source": "", "split": "dev"}
    return LabelledCase(id=identity, text=text, primary=primary, **(fields | more))


def cases() -> list[LabelledCase]:
    rad = ["Radweg am Bach", "Fahrradbügel vor dem Amt", "Lastenrad leihen", "Luftpumpe am Radweg", "Schutzstreifen"]
    schule = ["Klassenzimmer streichen", "Tafel im Unterricht", "Mensa bauen", "Schulhof begrünen", "Neue Turnhalle"]
    nothing = ["Reisepass abholen", "Sofa zu verschenken", "Lotto gewonnen"]
    return [
        *(case(f"r{number}", text, "rad") for number, text in enumerate(rad)),
        *(case(f"s{number}", text, "schule") for number, text in enumerate(schule)),
        *(case(f"n{number}", text, style="none") for number, text in enumerate(nothing)),
        case("c0", "Fest aller Nachbarn", citywide=("S",), style="citywide"),
        case("c1", "Begegnung der Stadtteile", citywide=("S",), style="citywide"),
    ]


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder("radweg", "rad", "schule", "schulhof", "unterricht", "stadt", "alle")


@pytest.fixture
def build(small: Catalogue, encoder: WordEncoder) -> Callable[[Corpus], Matcher]:
    return lambda corpus: Matcher(small, build_index(None, small, corpus, encoder, Tuning()), encoder)


def record(labelled: LabelledCase, ranking: list[str], confidences: list[float] | None = None, **answer: Any) -> Record:
    said = confidences or [0.5] * len(ranking)
    goals = [
        {"id": goal, "confidence": p, "suggested": p >= 0.5, "evidence": []}
        for goal, p in zip(ranking, said, strict=True)
    ]
    area = {"id": "umwelt" if ranking[:1] == ["rad"] else "jugend", "title": "", "confidence": 0.5}
    return Record(labelled, {"no_goal": False, "area": area, "goals": goals, "citywide": []} | answer)


# --- answers


def test_a_case_that_was_not_learned_from_is_answered_exactly_as_batch_answers_it(
    small: Catalogue, build: Callable[[Corpus], Matcher]
) -> None:
    corpus = corpus_of(small, BACKGROUND, cases())
    matcher = build(corpus)
    new = [case("x1", "Radweg zur Schule", "rad", split="test"), case("x2", "Hallenbad", split="test", style="none")]
    records = evaluate(CrossFitted(matcher, corpus, build), new)
    rows = match_projects(matcher, [Project(item.id, item.text) for item in new], [], 5, 1000)
    for made, row in zip(records, rows, strict=True):
        assert made.fold is None
        assert made.answer == row.to_json()


def test_a_learned_case_is_answered_without_its_own_label(small: Catalogue, build: Callable[[Corpus], Matcher]) -> None:
    corpus, seen = corpus_of(small, BACKGROUND, cases()), []

    def remember(rest: Corpus) -> Matcher:
        seen.append({item.id for item in rest.labels})
        return build(rest)

    records = evaluate(CrossFitted(build(corpus), corpus, remember), cases())
    assert len(seen) == 5
    for made in records:
        assert made.fold is not None
        assert any(made.case.id not in labels for labels in seen)
    # what a matcher that has never seen r0 says is what is recorded for r0
    first = records[0]
    blind = next(labels for labels in seen if "r0" not in labels)
    expected = build(corpus_of(small, BACKGROUND, [item for item in cases() if item.id in blind]))
    assert first.answer == expected.match("Radweg am Bach", identity="r0").to_json()


def test_the_label_of_a_case_has_no_influence_on_its_own_answer(
    small: Catalogue, build: Callable[[Corpus], Matcher]
) -> None:
    def answer_to_r0(labelled: list[LabelledCase]) -> dict[str, Any]:
        corpus = corpus_of(small, BACKGROUND, labelled)
        return evaluate(CrossFitted(build(corpus), corpus, build), labelled[:1])[0].answer

    # the same goal and style (and so the same folds), but another area and city-wide goal
    changed = [replace(cases()[0], area="jugend", citywide=("S",)), *cases()[1:]]
    assert answer_to_r0(cases()) == answer_to_r0(changed)


def test_two_copies_of_a_text_are_left_out_together(small: Catalogue) -> None:
    labelled = [*cases(), case("copy", "RADWEG  am\nBach", "schule")]
    folds = folds_by_text(labelled)
    assert folds[same_text("Radweg am Bach")] == folds[same_text("RADWEG  am\nBach")]
    corpus = corpus_of(small, BACKGROUND, labelled)
    rest = without_labels(corpus, {same_text("radweg am bach")})
    assert {item.id for item in corpus.labels} - {item.id for item in rest.labels} == {"r0", "copy"}
    assert [text.text for text in rest.texts if text.kind == "label"] == [item.text for item in rest.labels]


# --- figures


def test_the_figures_of_four_cases_are_those_computed_by_hand() -> None:
    records = [
        record(case("1", "a", "rad"), ["rad", "schule"], [0.9, 0.2]),  # hit
        record(case("2", "b", "rad", secondary=("schule",)), ["schule", "rad"], [0.8, 0.6]),  # acceptable, rank 2
        record(case("3", "c", "schule"), ["rad", "schule"], [0.6, 0.3]),  # wrong
        record(case("4", "d", style="none"), ["rad", "schule"], [0.1, 0.1], no_goal=True),  # no goal, and said so
    ]
    values = {name: item.value for name, item in figures(records).items()}
    counts = {name: item.n for name, item in figures(records).items()}
    assert values["hit@1"] == approx(1 / 3)
    assert values["acceptable@1"] == approx(2 / 3)
    assert values["hit@3"] == 1.0
    assert values["mrr"] == approx((1 + 1 / 2 + 1 / 2) / 3)
    assert values["area_accuracy"] == approx(1 / 3)
    # right and suggested: rad; schule and rad; none. Suggested 1 + 2 + 1, right 1 + 2 + 1
    assert values["suggested_precision"] == approx(3 / 4)
    assert values["suggested_recall"] == approx(3 / 4)
    assert values["suggested_f1"] == approx(3 / 4)
    assert (values["no_goal_kept"], counts["no_goal_kept"]) == (1.0, 3)
    assert (values["no_goal_found"], counts["no_goal_found"]) == (1.0, 1)
    assert values["auroc"] == 1.0
    assert values["brier"] == approx((0.1**2 + 0.2**2 + 0.6**2 + 0.1**2) / 4)
    assert counts["hit@1"] == 3
    assert counts["brier"] == 4


def test_a_set_without_goals_has_no_hit_rate_instead_of_a_perfect_one() -> None:
    records = [record(case("1", "a", style="none"), ["rad"])]
    for name in ("hit@1", "acceptable@1", "hit@3", "mrr", "ndcg@5", "area_accuracy", "no_goal_kept", "auroc"):
        item = figure(METRICS[name], records)
        assert (item.value, item.ci) == (None, None)


def test_a_text_with_only_secondary_goals_counts_for_ndcg_but_not_for_the_first_place() -> None:
    records = [record(case("1", "a", secondary=("rad",)), ["rad", "schule"])]
    assert figure(METRICS["acceptable@1"], records).n == 0
    assert figure(METRICS["ndcg@5"], records).value == 1.0


def test_the_first_five_goals_count_and_no_more() -> None:
    made = record(case("1", "a", "f"), ["a", "b", "c", "d", "e", "f"])
    assert figure(METRICS["mrr"], [made]).value == 0.0
    assert made.rank == 6


def test_evidence_that_is_not_in_the_text_is_found_out() -> None:
    right = record(case("1", "Radweg am Bach", "rad"), ["rad"])
    right.answer["goals"][0]["evidence"] = [{"start": 0, "end": 6, "text": "Radweg", "matched": "Radweg"}]
    wrong = record(case("2", "Radweg am Bach", "rad"), ["rad"])
    wrong.answer["goals"][0]["evidence"] = [{"start": 1, "end": 7, "text": "Radweg", "matched": "Radweg"}]
    assert figure(METRICS["evidence_in_text"], [right, wrong]).value == 0.5


def test_slices_carry_their_support() -> None:
    records = [record(case("1", "a", "rad"), ["rad"]), record(case("2", "b", style="none"), ["rad"])]
    assert {value: len(group) for value, group in sliced(records, "style").items()} == {"none": 1, "short": 1}
    assert list(sliced(records, "goal")) == ["rad"]


# --- comparison


def runs(n_gained: int, n_lost: int, n_same: int) -> tuple[list[Record], list[Record]]:
    outcomes = [(False, True)] * n_gained + [(True, False)] * n_lost + [(True, True)] * n_same
    first, second = [], []
    for number, (before, after) in enumerate(outcomes):
        labelled = case(str(number), "a", "rad")
        first.append(record(labelled, ["rad", "schule"] if before else ["schule", "rad"]))
        second.append(record(labelled, ["rad", "schule"] if after else ["schule", "rad"]))
    return first, second


def test_a_clear_difference_is_called_one_and_a_small_one_is_not() -> None:
    clear = corrected([compare(*runs(20, 0, 30), ["hit@1"])])[0]["hit@1"]
    assert (clear.value, clear.significant, verdict(clear)) == (approx(0.4), True, "besser")
    small_one = corrected([compare(*runs(3, 1, 46), ["hit@1"])])[0]["hit@1"]
    assert small_one.value == approx(0.04)
    assert not small_one.significant
    assert small_one.labels_needed is not None
    assert small_one.labels_needed > 300
    assert verdict(small_one).startswith("Unterschied nicht nachweisbar bei n = 50")
    assert f"{small_one.labels_needed} weitere beurteilte Texte" in verdict(small_one)


def test_many_comparisons_are_corrected_together() -> None:
    once = corrected([compare(*runs(7, 0, 30), ["hit@1"])])[0]["hit@1"]
    often = corrected([compare(*runs(7, 0, 30), ["hit@1"]) for _ in range(5)])[0]["hit@1"]
    assert once.p == often.p == approx(2 / 2**7)
    assert often.p_holm == approx(5 * once.p)


def test_the_cases_that_flip_are_named() -> None:
    found = flips(*runs(1, 1, 3))
    assert [(item.case, item.gained, item.first, item.second) for item in found] == [
        ("0", True, "schule", "rad"),
        ("1", False, "rad", "schule"),
    ]


def test_runs_over_other_cases_are_not_compared() -> None:
    first, second = runs(1, 1, 3)
    with pytest.raises(ValueError, match="same cases"):
        compare(first, second[:-1])


def test_the_title_baseline_ranks_by_letters_and_claims_no_probability(small: Catalogue) -> None:
    made = evaluate(tfidf_titles(small), [case("1", "Radverkehr fördern", "rad")])[0]
    assert made.ranking == ["rad", "schule"]
    assert made.answer["area"]["id"] == "umwelt"
    assert figure(METRICS["ece"], [made]).n == 0
    assert rows_of(METRICS["auroc"], [made])[1] == []


# --- the whole, as the command line uses it


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    from tests.conftest import SMALL

    (tmp_path / "klein.yaml").write_text(SMALL, encoding="utf-8")
    return Settings(catalogue=str(tmp_path / "klein.yaml"))


@pytest.fixture
def labelled_file(tmp_path: Path) -> Path:
    path = tmp_path / "eigene.jsonl"
    fields = ("id", "text", "style", "area", "primary", "secondary", "citywide", "source", "split")
    split = {"r0": "dev", "s0": "dev"}
    lines = [
        json.dumps({name: getattr(item, name) for name in fields} | {"split": split.get(item.id, "test")})
        for item in cases()
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_json_of_an_evaluation_keeps_the_contract(
    settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    comparisons = ["profiles=off", "baseline=tfidf-titles"]
    made = run_evaluation(
        settings, Task(labelled_file, "test", comparisons), lambda _: None, encoder=encoder, home=tmp_path / "home"
    )
    report = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert list(report)[:6] == ["catalogue", "model", "set", "split", "n", "metrics"]
    assert (report["catalogue"], report["model"], report["set"]) == ("kleinstadt@1", "fake", "eigene.jsonl")
    assert (report["split"], report["n"]) == ("test", 13)
    assert set(METRICS) == set(report["metrics"])
    for item in report["metrics"].values():
        assert set(item) == {"value", "ci", "n"}
        if item["ci"] is not None:
            assert item["ci"][0] <= item["value"] <= item["ci"][1]
    assert report["labels"] == {"used": False, "n": 0, "decided": 0, "crossfitted": 0}
    assert [item["name"] for item in report["comparisons"]] == comparisons
    assert report["comparisons"][1]["differences"]["hit@1"]["n"] == 8


def test_the_table_says_what_it_rests_on(
    settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    made = run_evaluation(
        settings, Task(labelled_file, compare=["labels=off"]), lambda _: None, encoder=encoder, home=tmp_path / "home"
    )
    table = evaluation_table(made)
    assert "Prüfsatz eigene.jsonl, Prüfung (test): 13 Fälle" in table
    assert "Ohne beurteilte Texte" in table
    assert "(wenige)" in table
    assert "gleich in allen 8 Fällen" in table


def test_without_a_split_a_file_without_test_cases_counts_as_a_whole(small: Catalogue, labelled_file: Path) -> None:
    assert load_cases(small, labelled_file, None)[1] == "test"
    labelled_file.write_text(labelled_file.read_text("utf-8").replace('"split": "test"', '"split": "dev"'), "utf-8")
    name, split, kept = load_cases(small, labelled_file, None)
    assert (name, split, len(kept)) == ("eigene.jsonl", "all", 15)
    with pytest.raises(UserError, match="keinen Fall im Teil 'test'"):
        load_cases(small, labelled_file, "test")


def test_a_catalogue_without_a_labelled_set_says_so(small: Catalogue) -> None:
    with pytest.raises(UserError, match="keinen Prüfsatz"):
        load_cases(small, None, None)


def test_a_variant_changes_settings_profiles_or_takes_a_baseline() -> None:
    assert variant(Settings(), "labels=off").settings.labels is False
    assert variant(Settings(), "profiles=off").profiles is False
    assert variant(Settings(), "baseline=tfidf-titles").baseline == "tfidf-titles"
    both = variant(Settings(), "model=/opt/a,b,labels=off")
    assert (both.settings.model, both.settings.labels) == ("/opt/a,b", False)


@pytest.mark.parametrize(
    "assignment", ["labels", "labels=", "farbe=rot", "baseline=bm25", "suggest_from=2", "profiles=5"]
)
def test_a_wrong_comparison_is_refused_before_anything_runs(assignment: str) -> None:
    with pytest.raises(UserError):
        variant(Settings(), assignment)
