"""The comparison with peers: scores by hand, one small peer for real, faults told instead of hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.catalogue import Catalogue
from data.labelled import LabelledCase
from eval.intervals import wilson
from eval.peers.peer import PEERS as KNOWN
from eval.peers.peer import known_texts, ranked
from eval.peers.run import PEERS, Peer, PeerFigures, job_of, peers_json, peers_markdown, run_peers, score


def case(identity: str, primary: str | None, *secondary: str) -> LabelledCase:
    return LabelledCase(identity, f"Text {identity}", "short", None, primary, secondary, ("S",), "", "test")


def test_city_wide_goals_and_cases_without_a_primary_goal_do_not_count() -> None:
    test = [case("1", "rad"), case("2", "rad"), case("3", None), case("4", "schule")]
    rankings = [["S", "rad"], ["schule", "S", "rad"], ["rad"], []]
    figures = score(rankings, test, ["rad", "schule"])
    assert figures == {1: (pytest.approx(1 / 3), wilson(1, 3)), 3: (pytest.approx(2 / 3), wilson(2, 3))}


def test_a_goal_counts_by_its_best_text() -> None:
    assert ranked([("a", 0.1), ("b", 0.5), ("a", 0.7), ("c", 0.2)]) == ["a", "b", "c"]


def test_all_peers_get_the_same_goals_texts_and_labels(small: Catalogue) -> None:
    texts = [("rad", "Radweg"), ("[umwelt]", "Gruppe"), ("S", "Stadt")]
    labels = [case("1", "rad", "schule"), LabelledCase("2", "x", "none", None, None, (), (), "", "dev")]
    job = job_of(small, texts, labels, [case("9", "rad")], single="x", catalogue="klein.yaml")
    assert job["texts"] == [["rad", "Radweg"], ["S", "Stadt"]]
    assert job["labels"] == [{"text": "Text 1", "goals": ["rad", "schule", "S"]}]
    assert (job["queries"], job["single"], set(job["titles"])) == (["Text 9"], "x", {"S", "rad", "schule"})
    assert job["catalogue"] == "klein.yaml"
    assert known_texts(job)[2:] == [("rad", "Text 1"), ("schule", "Text 1"), ("S", "Text 1")]


def test_every_peer_is_known_to_the_script() -> None:
    assert {peer.kind for peer in PEERS} == set(KNOWN)


def test_a_peer_that_fails_says_why_and_the_others_go_on(tmp_path: Path) -> None:
    broken = Peer("isek", "", "kaputt")
    said: list[str] = []
    job = {"catalogue": "gibt-es-nicht", "single": "x", "queries": []}
    (found,) = run_peers([broken], job, [], [], tmp_path, said.append)
    assert found.fault.startswith("kaputt ist gescheitert (build): ") and said[-1] == found.fault
    assert peers_json([found]) == [{"peer": "kaputt", "fault": found.fault}]
    assert f"| kaputt | {found.fault} | – |" in peers_markdown([found])


def test_the_table_shows_shares_with_intervals_and_medians() -> None:
    hits = {1: (0.8, (0.7, 0.9)), 3: (1.0, None)}
    one = PeerFigures(PEERS[0], 3.0, (1.0, 9.0, 2.0), (0.01, 0.03, 0.02), 41.6, 250_000_000, hits)
    assert "| ISEK-Zielfinder | 0,80 [0,70, 0,90] | 1,00 | 2,0 s | 20 ms | 42/s | 250 MB |" in peers_markdown([one])
    assert peers_json([one])[0]["hit@1"] == {"value": 0.8, "ci": (0.7, 0.9)}
