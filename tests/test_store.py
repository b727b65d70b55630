from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from fakes import WordEncoder
from index_soak import killed, refused

from data.background import Background
from data.catalogue import Catalogue, parse_catalogue
from data.errors import UserError
from index.learning import Tuning
from index.store import GoalIndex, _searching_wide, faiss_index, index_key, load_index, open_index
from index.texts import corpus_of

GOALLESS = Background(("Personalausweis verlängern", "Verkaufe Sofa"))


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder("radweg", "schulhof", "bahnhof")


def opened(
    home: Path, catalogue: Catalogue, encoder: WordEncoder, said: list[str], tuning: Tuning | None = None
) -> GoalIndex:
    corpus = corpus_of(catalogue, GOALLESS, ())
    return open_index(home, catalogue, corpus, encoder, tuning or Tuning(), say=said.append)


def folders(home: Path) -> list[Path]:
    return sorted((home / "index").iterdir())


def test_an_index_is_built_once_and_then_loaded(tmp_path: Path, small: Catalogue, encoder: WordEncoder) -> None:
    said: list[str] = []
    built = opened(tmp_path, small, encoder, said)
    assert ["aufgebaut" in line for line in said] == [True]
    seen = len(encoder.seen)
    loaded = opened(tmp_path, small, encoder, said)
    assert len(said) == 1 and len(encoder.seen) == seen
    assert loaded.texts == built.texts and loaded.columns == built.columns
    np.testing.assert_array_equal(loaded.weights.lexical, built.weights.lexical)
    np.testing.assert_array_equal(loaded.weights.dense, built.weights.dense)
    assert loaded.vectors.ntotal == len(built.texts)
    assert loaded.lexicon.vocabulary == built.lexicon.vocabulary


def test_any_changed_input_means_another_index(tmp_path: Path, small: Catalogue, encoder: WordEncoder) -> None:
    from conftest import SMALL

    corpus = corpus_of(small, GOALLESS, ())
    changed = parse_catalogue(SMALL.replace("Radverkehr ausbauen", "Radverkehr ausbaueN").encode(), "klein.yaml")
    keys = {
        index_key(small, corpus, encoder, Tuning(), "Flat"),
        index_key(changed, corpus_of(changed, GOALLESS, ()), encoder, Tuning(), "Flat"),
        index_key(small, corpus_of(small, Background(GOALLESS.goalless[:1]), ()), encoder, Tuning(), "Flat"),
        index_key(small, corpus, WordEncoder("radweg"), Tuning(), "Flat"),
        index_key(small, corpus, encoder, Tuning(label_weight=3.1), "Flat"),
        index_key(small, corpus, encoder, Tuning(), "IVF4,Flat"),
    }
    assert len(keys) == 6
    opened(tmp_path, small, encoder, [])
    opened(tmp_path, changed, encoder, [])
    assert len(folders(tmp_path)) == 2


def test_damage_anywhere_is_refused_and_mended(tmp_path: Path, small: Catalogue, encoder: WordEncoder) -> None:
    """A sample of what `make soak` does a thousand times."""
    opened(tmp_path, small, encoder, [])
    (folder,) = folders(tmp_path)
    assert refused(folder, 60, random.Random(7)) == 60
    said: list[str] = []
    (folder / "vectors.faiss").write_bytes(b"x")
    opened(tmp_path, small, encoder, said)
    assert "neu aufgebaut" in said[0]
    load_index(folder)


def test_an_index_of_other_library_versions_is_built_again(
    tmp_path: Path, small: Catalogue, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(tmp_path, small, encoder, [])
    monkeypatch.setattr("index.store._versions", lambda: {"faiss": "9", "numpy": "9"})
    said: list[str] = []
    opened(tmp_path, small, encoder, said)
    assert "anderen Fassungen von FAISS oder NumPy" in said[0]
    assert load_index(folders(tmp_path)[0]).manifest["versions"] == {"faiss": "9", "numpy": "9"}


def test_a_process_killed_while_it_saves_leaves_a_whole_index_or_none(tmp_path: Path) -> None:
    assert killed(tmp_path, 8, random.Random(7)) == {"kills": 8, "inconsistent": 0}


@pytest.mark.parametrize(
    "name", ["manifest.json", "manifest.sha256", "vectors.faiss", "arrays.npz", "texts.json", "calibration.json"]
)
def test_a_missing_or_cut_file_is_refused(tmp_path: Path, small: Catalogue, encoder: WordEncoder, name: str) -> None:
    opened(tmp_path, small, encoder, [])
    (folder,) = folders(tmp_path)
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[: len(raw) // 2])
    with pytest.raises(UserError, match="beschädigt"):
        load_index(folder)
    (folder / name).unlink()
    with pytest.raises(UserError, match="beschädigt"):
        load_index(folder)


def test_an_index_under_a_foreign_name_is_not_served(tmp_path: Path, small: Catalogue, encoder: WordEncoder) -> None:
    opened(tmp_path, small, encoder, [])
    (folder,) = folders(tmp_path)
    foreign = folder.with_name("0" * 24)
    shutil.copytree(folder, foreign)
    with pytest.raises(UserError, match="beschädigt"):
        load_index(foreign)


def test_a_half_written_index_does_not_count(tmp_path: Path, small: Catalogue, encoder: WordEncoder) -> None:
    opened(tmp_path, small, encoder, [])
    (folder,) = folders(tmp_path)
    folder.rename(folder.with_name(".neu-abgebrochen"))
    said: list[str] = []
    opened(tmp_path, small, encoder, said)
    assert "aufgebaut" in said[0]


def test_what_killed_processes_left_is_swept_after_an_hour(
    tmp_path: Path, small: Catalogue, encoder: WordEncoder
) -> None:
    old, young = tmp_path / "index" / ".neu-alt", tmp_path / "index" / ".alt-jung"
    for left in (old, young):
        left.mkdir(parents=True)
    os.utime(old, (0, 0))
    opened(tmp_path, small, encoder, [])
    assert (old.exists(), young.exists()) == (False, True)


def test_a_faiss_factory_that_does_not_fit_is_explained(tmp_path: Path, small: Catalogue, encoder: WordEncoder) -> None:
    corpus = corpus_of(small, GOALLESS, ())
    with pytest.raises(UserError, match="Unsinn"):
        open_index(tmp_path, small, corpus, encoder, Tuning(), factory="Unsinn")


def test_a_home_that_cannot_be_written_is_said_and_the_index_serves_all_the_same(
    tmp_path: Path, small: Catalogue, encoder: WordEncoder
) -> None:
    home = tmp_path / "datei"
    home.write_text("x")
    said: list[str] = []
    assert opened(home, small, encoder, said).vectors.ntotal > 0
    assert "ISEK_HOME" in said[-1]


def test_a_damaged_vector_cache_only_costs_time(tmp_path: Path, small: Catalogue, encoder: WordEncoder) -> None:
    first = opened(tmp_path, small, encoder, [])
    (cache,) = (tmp_path / "vectors").iterdir()
    cache.write_bytes(cache.read_bytes()[:-40])
    shutil.rmtree(tmp_path / "index")
    second = opened(tmp_path, small, encoder, [])
    np.testing.assert_array_equal(first.weights.dense, second.weights.dense)


def test_an_approximate_index_finds_nearly_all_that_an_exact_one_finds_also_after_a_restart() -> None:
    import faiss

    faiss.omp_set_num_threads(1)  # the waiting threads of others would keep each other busy
    chance = np.random.default_rng(0)
    centres = chance.standard_normal((300, 32))
    vectors = (centres[chance.integers(300, size=3000)] + 0.4 * chance.standard_normal((3000, 32))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = vectors[::30]
    exact = faiss_index(vectors, "Flat").search(asked, 10)[1]
    for factory in ("IVF64,Flat", "IVF64,SQ8", "IVF64,PQ16x4fs,RFlat", "HNSW16", "PCA16,IVF32,Flat,RFlat"):
        index = faiss_index(vectors, factory)
        stored = _searching_wide(faiss.deserialize_index(faiss.serialize_index(index)))
        for one in (index, stored):
            found = one.search(asked, 10)[1]
            share = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact, strict=True)])
            assert share > 0.9, (factory, share)
