from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from data.errors import UserError
from index.encoder import _RUN_COSTS, MODELS, OnnxEncoder, _batches, load_encoder, loaded, start_encoder

TEXTS = ["Radweg", "Neue Drehleiter für die Freiwillige Feuerwehr", "Wir möchten " + "sehr " * 300 + "gern", ""]


@pytest.fixture(scope="module")
def bundled() -> OnnxEncoder:
    encoder = load_encoder()
    assert isinstance(encoder, OnnxEncoder)
    return encoder


def test_the_default_is_the_bundled_german_model(bundled: OnnxEncoder) -> None:
    assert bundled.name == "isek-de"
    vectors = bundled.encode(TEXTS)
    assert vectors.dtype == np.float32 and vectors.shape == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert bundled.encode([]).shape == (0, 384)


def test_german_paraphrases_are_nearer_than_other_topics(bundled: OnnxEncoder) -> None:
    cycling, bicycle, fire = bundled.encode(
        ["Ausbau des Radverkehrs", "mehr Menschen sollen Fahrrad fahren", "Feuerwehr"]
    )
    assert float(cycling @ bicycle) > float(cycling @ fire) + 0.1


def test_a_text_alone_has_the_vector_it_has_in_a_batch(bundled: OnnxEncoder) -> None:
    many = [f"{text} {number}" for number in range(60) for text in TEXTS]
    together = bundled.encode(many)
    alone = np.concatenate([bundled.encode([text]) for text in many[:24]])
    np.testing.assert_allclose(alone, together[:24], atol=1e-6)


def test_texts_are_batched_so_that_hardly_anything_is_padded() -> None:
    lengths = [150, 12, 30, 31, 12, 29, 256, 12, 1, 33, 28, 30]
    batches = _batches(lengths, 128)
    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    for rows in batches:
        longest = max(lengths[row] for row in rows)
        assert sum(longest - lengths[row] for row in rows) <= _RUN_COSTS
        assert len(rows) == 1 or longest * len(rows) <= 128
    assert len(batches) == 6  # 1 | 12 12 12 | 28 29 30 30 | 31 33 | 150 | 256


def test_the_served_graph_is_the_network_sentence_transformers_loads(bundled: OnnxEncoder) -> None:
    from index.encoder import SentenceTransformerEncoder

    folder = str(MODELS / "isek-de")
    reference = SentenceTransformerEncoder.load(folder, folder).encode(TEXTS[:3])
    assert np.einsum("nd,nd->n", bundled.encode(TEXTS[:3]), reference).min() > 0.9999


def test_the_model_stays_within_its_size() -> None:
    assert sum(path.stat().st_size for path in (MODELS / "isek-de").rglob("*") if path.is_file()) <= 60_000_000


@pytest.mark.parametrize("name", ["model.onnx", "model.safetensors", "tokenizer.json"])
def test_a_damaged_model_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "modell"
    shutil.copytree(MODELS / "isek-de", folder)
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    with pytest.raises(UserError, match=r"beschädigt|kein vollständiges Modell"):
        load_encoder(str(folder))


def test_an_encoder_that_is_still_loading_knows_its_fingerprint_and_says_what_is_damaged_when_asked(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "modell"
    shutil.copytree(MODELS / "isek-de", folder)
    (folder / "tokenizer.json").write_bytes(b"{}")
    encoder = start_encoder(str(folder))
    assert encoder.fingerprint == load_encoder().fingerprint
    for wait in (lambda: loaded(encoder), lambda: encoder.encode(["Radweg"])):
        with pytest.raises(UserError, match=r"tokenizer\.json passt nicht zum Verzeichnis"):
            wait()


def test_a_folder_without_a_model_and_an_unknown_name_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"modules\.json"):
        load_encoder(str(tmp_path))
    with pytest.raises(UserError, match="lokaler Ordner und ein Name im Hugging Face Hub"):
        load_encoder("gibt/es-nicht")


def test_an_unreadable_model_folder_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[{", encoding="utf-8")
    with pytest.raises(UserError, match="kein lesbares sentence-transformers-Modell") as caught:
        load_encoder(str(tmp_path))
    assert str(tmp_path) in str(caught.value)


def test_code_that_comes_with_a_model_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`modules.json` may name a class of a file beside it; importing it would run that file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    mark = tmp_path / "ran"
    (tmp_path / "own_module.py").write_text(f"open({str(mark)!r}, 'w').close()\nclass Own: ...\n", encoding="utf-8")
    (tmp_path / "modules.json").write_text(
        '[{"idx": 0, "name": "0", "path": "", "type": "own_module.Own"}]', encoding="utf-8"
    )
    with pytest.raises(UserError, match="eigenen Programmcode, der hier nie ausgeführt wird"):
        load_encoder(str(tmp_path))
    assert not mark.exists()
