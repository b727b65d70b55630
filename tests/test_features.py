from __future__ import annotations

import numpy as np
import pytest
from fakes import WordEncoder

from data.background import Background
from data.catalogue import Catalogue
from index.columns import Columns
from index.features import FOCUS_PASSAGES, FeatureMaker
from index.learning import Learner, Tuning
from index.passages import read
from index.texts import corpus_of

BACKGROUND = Background(
    goalless=("Personalausweis verlängern", "Verkaufe Sofa"),
    neutral=("Der Ausschuss nimmt den Bericht zur Kenntnis.", "Wir danken allen Beteiligten."),
)
FILLER = "Der Ausschuss nimmt den Bericht Nummer {} dankend zur Kenntnis."


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder("radweg", "schulhof", "ausschuss")


@pytest.fixture
def maker(small: Catalogue, encoder: WordEncoder) -> FeatureMaker:
    corpus = corpus_of(small, BACKGROUND, ())
    learned = Learner(small, corpus.profile_texts, encoder.encode, Tuning()).learn(())
    encoder.seen.clear()
    return FeatureMaker(learned.lexicon, learned.weights, Columns.of(small), encoder.encode)


def test_a_short_text_is_encoded_as_a_whole_and_by_passage(maker: FeatureMaker, encoder: WordEncoder) -> None:
    (features,) = maker.features([read("Neuer Radweg. Der Schulhof bleibt.")])
    assert encoder.seen == ["Neuer Radweg. Der Schulhof bleibt.", "Neuer Radweg.", "Der Schulhof bleibt."]
    assert set(features.passage_dense) == set(features.passage_lexical) == {0, 1}


def test_the_focus_of_a_long_text_is_where_it_speaks_of_a_topic(maker: FeatureMaker) -> None:
    text = " ".join(FILLER.format(n) for n in range(60)) + " Wir bauen einen Radweg an der Hauptstraße."
    reading = read(text)
    (features,) = maker.features([reading])
    assert set(features.passage_dense) == {len(reading.passages) - 1}


def test_the_focus_is_limited_to_the_passages_that_say_most(maker: FeatureMaker) -> None:
    text = " ".join(f"Radweg Nummer {n} wird gebaut." for n in range(60))
    (features,) = maker.features([read(text)])
    assert len(features.passage_dense) == FOCUS_PASSAGES


def test_an_ignored_part_that_names_the_topic_is_taken_back(maker: FeatureMaker) -> None:
    reading = maker.reconsidered(
        read("Kontakt: Neuer Radweg an der Hauptstraße\nDer Ausschuss nimmt den Bericht zur Kenntnis.")
    )
    assert reading.passages[0].text == "Kontakt: Neuer Radweg an der Hauptstraße"
    assert reading.ignored == ()


def test_a_repeated_sentence_counts_once(maker: FeatureMaker, encoder: WordEncoder) -> None:
    (once,) = maker.features([read("Neuer Radweg. Alle freuen sich.")])
    encoder.seen.clear()
    (often,) = maker.features([read("Neuer Radweg. " + "Alle freuen sich. " * 50)])
    assert len(encoder.seen) == 3
    np.testing.assert_allclose(often.dense, once.dense)


def test_filling_moves_the_scores_less_than_it_would_by_length(maker: FeatureMaker) -> None:
    bare, filled = maker.features(
        [read("Neuer Radweg."), read("Neuer Radweg. " + " ".join(FILLER.format(n) for n in range(5)))]
    )
    bare_score, filled_score = maker.raw_scores(bare)[0, 0], maker.raw_scores(filled)[0, 0]
    assert filled_score > 0.5 * bare_score
