"""The training of the bundled encoder, on data small enough to compute by eye."""

import gzip
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from data.errors import UserError
from index.training import (
    card,
    ding,
    embeddings,
    export,
    losses,
    measure,
    pools,
    sources,
    stages,
    student,
    texts,
    vocabulary,
)
from index.training.__main__ import main
from index.training.loop import Plan, finished, train
from index.training.sources import Pair


def body(pieces: int = 30) -> BertModel:
    """A network of two small layers with fixed random weights."""
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=pieces,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=300,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    made = BertModel(config, add_pooling_layer=False)
    made.embeddings.word_embeddings.sparse = True
    return made


def letters(text: str) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Piece ids of a text: 2, one id per letter from 4 on, 3."""
    return np.array([2, *(4 + ord(letter) - ord("a") for letter in text), 3], dtype=np.int32)


@pytest.mark.parametrize(
    ("kind", "has", "expected"),
    [("cpu", {"avx2": True, "amx_bf16": False}, False), ("cpu", {"avx512_bf16": True}, True), ("cuda", {}, True)],
)
def test_bf16_is_used_where_there_is_arithmetic_for_it(
    kind: str, has: dict[str, bool], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert student.computes_in_bf16(kind) is expected


def small_pool() -> pools.Pool:
    """Ten texts of one to ten letters with fixed random targets."""
    vectors = np.random.default_rng(1).normal(size=(10, 16))
    targets = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    return pools.Pool("letters", [letters("abcdefghij"[: n + 1]) for n in range(10)], 20, targets)


def test_ding_pairs_synonyms_with_synonyms_and_drops_annotations() -> None:
    line = "Aalleiter {f}; Aaltreppe {f} [zool.] | Aalleitern {pl} :: eel ladder (water); eelway | eel ladders"
    assert list(ding.parse(["# comment :: x", line])) == [
        Pair("Aalleiter", ("eel ladder", "eelway")),
        Pair("Aaltreppe", ("eel ladder", "eelway")),
        Pair("Aalleitern", ("eel ladders",)),
    ]


def test_ding_leaves_out_entries_that_do_not_align_and_placeholders() -> None:
    assert list(ding.parse(["a | b :: c"])) == []
    assert list(ding.parse(["jdn. ausstechen :: to better sb."])) == [Pair("ausstechen", ("to better",))]


def test_missing_corpora_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--corpora", str(tmp_path), "verify"]) == 2
    assert f"{tmp_path / 'ding.de-en.txt.gz'} nicht gefunden" in capsys.readouterr().err


def test_a_changed_corpus_is_refused_with_both_checksums(tmp_path: Path) -> None:
    (tmp_path / "ding.de-en.txt.gz").write_bytes(gzip.compress(b"x :: y\n"))
    with pytest.raises(UserError, match=r"ding\.de-en\.txt\.gz ist verändert: erwartet sha256 5c8d6d7f"):
        sources.verify(tmp_path)


@pytest.mark.parametrize(
    "arguments", [["kochen"], ["extend"], ["--from", "x", "distil"], ["--distil-steps", "0"], ["--schnell"], ["--work"]]
)
def test_wrong_arguments_are_one_german_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_the_project_holds_two_thousand_municipal_pairs_and_no_short_text_twice() -> None:
    rows = texts.municipal_rows()
    assert len(rows) >= 2000
    assert len({short for short, _, _, _ in rows}) == len(rows)


def test_a_row_without_four_fields_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "area.tsv").write_text("a\tb\tc\td\na\tb\tc\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"area\.tsv, Zeile 2: erwartet vier gefüllte Felder, gefunden 3"):
        texts.municipal_rows(tmp_path)


def test_passages_join_sentences_until_they_are_long_enough() -> None:
    pool = [Pair("eins zwei", ("one two",)), Pair("drei vier", ("three four",))]
    made = texts.passages([pool], 5, (5, 5), seed=3)
    assert [len(pair.german.split()) for pair in made] == [6] * 5
    assert made == texts.passages([pool], 5, (5, 5), seed=3)


def test_well_known_keeps_the_translations_made_of_the_teachers_whole_words() -> None:
    pairs = [Pair("Haus", ("house", "domicile")), Pair("Würgelwalze", ("rubbing roller",))]
    assert list(texts.well_known(pairs, {"house", "rubbing"})) == [Pair("Haus", ("house",))]


def test_a_sentence_is_taken_from_its_paragraph_and_editorial_notes_are_left_out() -> None:
    paragraph = "Der Antrag ist zu stellen. Die Frist beträgt einen Monat. Das Amt entscheidet."
    ((sentence, rest),) = texts.sentence_and_rest([paragraph, f"Änderung durch: {paragraph}"], seed=1)
    assert sentence in {"Die Frist beträgt einen Monat.", "Das Amt entscheidet."}
    assert sorted([sentence, *rest.replace(sentence, "").split(". ")][0:1]) == [sentence]
    assert sentence not in rest


def test_the_tokenizer_reads_gendered_and_swiss_spellings_alike_and_keeps_wanted_pieces_whole() -> None:
    sentences = ["Die Bürgerinnen und Bürger fahren auf der Straße mit dem Fahrrad zum Haus."] * 20
    tokenizer = vocabulary.train(sentences, sentences, ["öpnv", "obama"])
    assert tokenizer.encode("Bürger*innen").ids == tokenizer.encode("BÜRGER:INNEN").ids
    assert tokenizer.encode("Bürger/-innen").ids == tokenizer.encode("Bürgerinnen").ids
    assert tokenizer.encode("Strasse").ids == tokenizer.encode("Straße").ids
    assert tokenizer.encode("ÖPNV Obama").tokens == ["[CLS]", "öpnv", "obama", "[SEP]"]


def test_names_are_the_teachers_words_that_english_texts_do_not_use_in_lower_case() -> None:
    assert vocabulary.names(["house", "obama", "##ing", "1998", "öl"], ["a House is a house"]) == ["obama", "1998"]


def test_fitted_embeddings_average_to_the_english_means_and_unseen_pieces_keep_their_prior() -> None:
    texts_ = [np.array([0]), np.array([1]), np.array([0, 1])] * 200
    means = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]] * 200, dtype=np.float32)
    fitted = embeddings.fit(texts_, means, np.full((3, 2), 0.25, dtype=np.float32))
    assert fitted == pytest.approx(np.array([[1, 0], [0, 1], [0.25, 0.25]]), abs=0.01)


def test_the_distillation_loss_is_zero_for_the_teachers_own_vectors_and_positive_else() -> None:
    vectors = torch.eye(3)
    assert losses.distillation(vectors, vectors).item() == pytest.approx(0.0, abs=1e-6)
    assert losses.distillation(vectors, vectors[[1, 2, 0]]).item() > 1


def test_an_epoch_is_the_same_for_the_same_seed_and_holds_every_text_equally_often() -> None:
    pool = small_pool()
    plan = pools.epoch_plan([pool], seed=5, epoch=2)
    assert sorted(np.concatenate([batch.rows for batch in plan])) == sorted([*range(10), *range(10)])
    again = pools.epoch_plan([pool], seed=5, epoch=2)
    assert [list(batch.rows) for batch in plan] == [list(batch.rows) for batch in again]


def test_an_interrupted_run_ends_with_the_weights_of_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.training.pools.BUDGET", 30)
    monkeypatch.setattr("index.training.loop.CHECKPOINT_EVERY", 3)
    plan = Plan("test", steps=8, warmup=2)
    whole = train(body(), [small_pool()], plan, tmp_path / "whole.pt", "cpu", lambda _: "")

    def stop(_: BertModel) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(body(), [small_pool()], plan, tmp_path / "broken.pt", "cpu", stop)
    resumed = train(body(), [small_pool()], plan, tmp_path / "broken.pt", "cpu", lambda _: "")
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_rate_rises_to_its_peak_falls_to_the_knee_and_from_there_to_nothing() -> None:
    plan = Plan("test", steps=30, warmup=10, near_from=20, knee=0.6)
    assert [plan.factor(step) for step in (0, 9, 15, 20, 25, 30)] == pytest.approx([0.1, 1, 0.8, 0.6, 0.3, 0])


def test_a_held_rate_falls_over_the_last_steps_alone_so_that_the_end_may_be_set_late() -> None:
    plan = Plan("test", steps=30, warmup=10, near_from=0, decay=5)
    assert [plan.factor(step) for step in (0, 10, 25, 27, 30)] == pytest.approx([0.1, 1, 1, 0.6, 0])
    longer = Plan("test", steps=60, warmup=10, near_from=0, decay=5)
    assert [plan.factor(step) for step in range(26)] == [longer.factor(step) for step in range(26)]


def released(folder: Path, weights: bytes = b"weights") -> Path:
    """The files of a released model that a further training looks at before it loads the network."""
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "manifest.json").write_text('{"distil_steps": 3, "tune_steps": 4}', encoding="utf-8")
    return folder


def test_a_released_model_is_kept_in_the_work_folder_with_its_tokenizer_and_its_history(tmp_path: Path) -> None:
    folders = stages.Folders(tmp_path, tmp_path, tmp_path / "work", tmp_path / "out")
    taken = stages.adopt(folders, released(tmp_path / "model"))
    assert taken == {
        "distil_steps": 3,
        "tune_steps": 4,
        "start_sha256": sources.file_sha256(tmp_path / "model" / "model.safetensors"),
    }
    assert (folders.work / "start" / "model.safetensors").read_bytes() == b"weights"
    assert (folders.work / "tokenizer.json").read_text("utf-8") == "{}"


def test_a_work_folder_goes_on_only_with_the_model_it_began_with(tmp_path: Path) -> None:
    folders = stages.Folders(tmp_path, tmp_path, tmp_path / "work", tmp_path / "out")
    stages.adopt(folders, released(tmp_path / "model"))
    assert stages.adopt(folders, tmp_path / "model")["tune_steps"] == 4
    with pytest.raises(UserError, match="begann mit einem anderen Modell"):
        stages.adopt(folders, released(tmp_path / "other", b"others"))
    with pytest.raises(UserError, match=r"erwartet ein fertiges Modell mit manifest\.json"):
        stages.adopt(folders, tmp_path)


def test_a_released_network_takes_sparse_steps_and_gives_the_vectors_it_gave(tmp_path: Path) -> None:
    made = body()
    made.save_pretrained(tmp_path)
    again = student.released_student(tmp_path)
    assert again.embeddings.word_embeddings.sparse
    pieces = [letters("abc"), letters("xyzw")]
    assert student.encode(again, pieces) == pytest.approx(student.encode(made, pieces), abs=1e-6)


def test_further_training_is_drawn_back_by_the_share_that_dev_likes_best() -> None:
    before, trained = body().state_dict(), body()
    with torch.no_grad():
        next(trained.parameters()).add_(1.0)
    moved = next(iter(before))
    after = trained.state_dict()[moved].clone()

    def nearness(to: float) -> Callable[[BertModel], float]:
        wanted = torch.lerp(after, before[moved], to)
        return lambda network: -float((network.state_dict()[moved] - wanted).abs().max())

    assert stages.settle(trained, before, nearness(0.25)) == 0.25
    assert torch.equal(trained.state_dict()[moved], torch.lerp(after, before[moved], 0.25))
    assert stages.settle(body(), before, lambda _: 1.0) == 0.0


def test_a_finished_stage_gives_its_weights_and_an_unfinished_one_none(tmp_path: Path) -> None:
    trained = train(body(), [small_pool()], Plan("test", steps=2), tmp_path / "c.pt", "cpu", lambda _: "")
    fresh = body()
    assert not finished(fresh, tmp_path / "c.pt", 3)
    assert not torch.equal(next(fresh.parameters()), next(trained.parameters()))
    assert finished(fresh, tmp_path / "c.pt", 2)
    assert torch.equal(next(fresh.parameters()), next(trained.parameters()))


def test_batches_of_like_texts_hold_every_text_and_are_the_same_after_an_interruption() -> None:
    pool = small_pool()
    plan = pools.epoch_plan([pool], seed=5, epoch=0, near=True)
    assert sorted(np.concatenate([batch.rows for batch in plan])) == sorted([*range(10), *range(10)])
    whole = list(islice(pools.batches([pool], seed=5, near_from=3), 12))
    for start in (1, 3, 7):
        rest = list(islice(pools.batches([pool], seed=5, start=start, near_from=3), 12 - start))
        assert [list(batch.rows) for batch in rest] == [list(batch.rows) for batch in whole[start:]]


def test_partners_come_closer_in_training(tmp_path: Path) -> None:
    pool = pools.Pool("pairs", [letters(x) for x in "abcde"], 5, partners=[letters(x * 2) for x in "vwxyz"])
    plan = Plan("test", steps=30, rate=1e-2, table_rate=1e-2, warmup=1, contrast=1.0)
    network = train(body(), [pool], plan, tmp_path / "c.pt", "cpu", lambda _: "")
    assert pool.partners is not None
    scores = student.encode(network, pool.pieces) @ student.encode(network, pool.partners).T
    assert list(scores.argmax(axis=1)) == [0, 1, 2, 3, 4]


def test_ranks_share_their_mean_where_values_are_equal() -> None:
    assert list(measure.ranks([3.0, 1.0, 3.0, 9.0])) == [1.5, 0.0, 1.5, 3.0]


def test_spearman_and_retrieval_of_vectors_computed_by_eye() -> None:
    places = {"a": [1.0, 0.0], "b": [0.0, 1.0], "c": [0.6, 0.8]}

    def encode(names: list[str]) -> measure.Matrix:
        return np.array([places[name] for name in names], dtype=np.float32)

    sts = measure.Sts(["a", "a", "a"], ["a", "c", "b"], np.array([5.0, 3.0, 0.0]))
    assert measure.sts_spearman(encode, sts) == pytest.approx(1.0)
    # c's own paragraph is a (0.6); b (0.8) comes before it: rank 2.
    assert measure.xquad_retrieval(encode, measure.Xquad(["a", "c"], ["a", "b"], np.array([0, 0]))) == (0.5, 0.75)


def test_the_exported_graph_reads_the_safetensors_file_and_agrees_with_sentence_transformers(tmp_path: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "radweg", "ganztag", "die", "stadt"]
    tokenizer = Tokenizer(models.Unigram([(word, -1.0) for word in words], unk_id=1))
    template = vocabulary.train(["radweg ganztag die stadt"], [], [])
    tokenizer.normalizer, tokenizer.post_processor = template.normalizer, template.post_processor
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    folder = tmp_path / "model"
    export.write(body(), tokenizer, folder, {"name": "test"}, "# card")
    assert {path.name for path in folder.iterdir()} >= {"model.onnx", "model.safetensors", "manifest.json", "README.md"}
    assert (folder / "model.onnx").stat().st_size < 60_000
    said = ["Radweg", "die Stadt die Stadt Ganztag"]
    served = export.encode_onnx(folder, said)
    assert served == pytest.approx(export.encode_torch(folder, said), abs=1e-5)
    assert np.linalg.norm(served, axis=1) == pytest.approx([1, 1], abs=1e-6)


def test_the_card_names_the_licence_every_source_and_the_figures() -> None:
    known = {
        "name": "isek-de",
        "version": "1",
        "pieces": 5,
        "max_seq_length": 256,
        "date": "2026-01-01",
        "seed": 7,
        "rows": 3,
        "pairs_sha256": "abc",
        "distil_steps": 1,
        "tune_steps": 2,
    }
    text = card.write(known, {"isek-de": {"STS": 0.5}}, {"stsb-de-test.csv": "def"})
    assert "**GPL-2.0-or-later.**" in text
    assert all(source.sha256 in text and source.licence in text for source in sources.SOURCES.values())
    assert "| isek-de | 0.500 |" in text
    assert "- `stsb-de-test.csv` `def`" in text
    assert "Further training" not in text
    further = card.write(
        known | stages.extended_how(9) | {"start_sha256": "fed", "start_share": 0.25}, {"isek-de": {"STS": 0.5}}, {}
    )
    assert "5. **Further training** (9 steps" in further and "`fed`" in further and "keep 0.25 of those" in further


def test_the_card_tables_every_encoder() -> None:
    lines = list(card.table({"isek-de": {"STS": 0.8}, "teacher": {"STS": 0.6}}))
    assert lines == ["| encoder | STS |", "|---|---|", "| isek-de | 0.800 |", "| teacher | 0.600 |"]
