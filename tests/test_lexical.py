from __future__ import annotations

import numpy as np
import pytest

from index.lexical import Lexicon, SparseRows, fold, ngrams, spread

TEXTS = ["Radweg am Bahnhof", "Fahrradstraße", "Schulhof begrünen", "Radwege sanieren"]


def test_both_spellings_of_umlauts_meet() -> None:
    assert fold("Grünfläche Straße") == fold("Gruenflaeche Strasse")


def test_ngrams_stay_inside_a_word_and_know_its_ends() -> None:
    assert ngrams("Rad") == [" ra", "rad", "ad ", " rad", "rad ", " rad "]


def test_a_query_vector_equals_what_scikit_learn_computed_for_the_same_text() -> None:
    lexicon, matrix = Lexicon.fit(TEXTS)
    for row, text in enumerate(TEXTS):
        columns, weights = lexicon.vector(text)
        dense = np.zeros(len(lexicon.idf), np.float32)
        dense[columns] = weights
        np.testing.assert_allclose(dense, matrix[row].toarray()[0], atol=1e-6)


def test_similarities_of_sparse_rows_are_cosines() -> None:
    lexicon, matrix = Lexicon.fit(TEXTS)
    rows = SparseRows(matrix.indptr, matrix.indices, matrix.data)
    columns, weights = lexicon.vector("Radwege")
    expected = [float(weights @ np.asarray(matrix[row].todense())[0, columns]) for row in range(4)]
    np.testing.assert_allclose(rows.similarities(spread(columns, weights, len(lexicon.idf))), expected, atol=1e-6)
    assert np.argsort(expected)[::-1][:2].tolist() == [3, 0]


def test_rows_without_features_resemble_nothing() -> None:
    rows = SparseRows(
        np.array([0, 0, 2, 2, 3, 3], np.int32), np.array([1, 3, 1], np.int32), np.array([3, 4, 1], np.float32)
    )
    assert rows.similarities(np.array([0, 2, 0, 1], np.float32)).tolist() == [0, 10, 0, 2, 0]
    assert rows.selected(np.array([0, 2])).similarities(np.ones(4, np.float32)).tolist() == [0, 0]


def test_an_unknown_text_has_an_empty_vector() -> None:
    lexicon, _ = Lexicon.fit(TEXTS)
    columns, weights = lexicon.vector("zzzz 12")
    assert len(columns) == len(weights) == 0


def test_a_text_has_the_same_vector_whatever_was_read_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.lexical.REMEMBERED_WORDS", 2)
    lexicon, _ = Lexicon.fit(TEXTS)
    fresh = lexicon.vector("Radweg am Schulhof sanieren")
    for text in (*TEXTS, "a" * 10_000, "Radweg am Schulhof sanieren"):
        columns, weights = lexicon.vector(text)
    np.testing.assert_array_equal(columns, fresh[0])
    np.testing.assert_array_equal(weights, fresh[1])
    assert len(lexicon._seen) <= 2
