"""The acceptance of the evaluation: its figures are those that anyone computes anew from what `isek batch` writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log2
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from pytest import approx
from sklearn.metrics import brier_score_loss, roc_auc_score

from app.__main__ import main
from data.catalogue import Catalogue
from data.labelled import labelled_path

Pair = tuple[dict[str, Any], dict[str, Any]]  # a line of the labelled set, a line of the output of batch


@pytest.fixture(scope="module")
def pairs(home: Path, neumuenster: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """The test split, and what `isek batch` answers to its bare texts."""
    assert home.is_dir()
    lines = labelled_path(neumuenster).read_text("utf-8").splitlines()
    gold = [case for case in map(json.loads, lines) if case["split"] == "test"]
    folder = tmp_path_factory.mktemp("stapel")
    texts = [json.dumps({"id": case["id"], "text": case["text"]}, ensure_ascii=False) for case in gold]
    (folder / "texte.jsonl").write_text("\n".join(texts), "utf-8")
    assert main(["batch", str(folder / "texte.jsonl"), "--output", str(folder / "ziele.jsonl")]) == 0
    answers = [json.loads(line) for line in (folder / "ziele.jsonl").read_text("utf-8").splitlines()]
    assert [case["id"] for case in gold] == [answer["id"] for answer in answers]
    return list(zip(gold, answers, strict=True))


def ids(hits: list[dict[str, Any]], suggested: bool = False) -> list[str]:
    return [hit["id"] for hit in hits if hit["suggested"] or not suggested]


def right(case: dict[str, Any]) -> set[str]:
    return {case["primary"], *case["secondary"]} - {None}


def goalless(case: dict[str, Any]) -> bool:
    return not right(case) and not case["citywide"]


def reciprocal(case: dict[str, Any], answer: dict[str, Any]) -> float:
    ranked = ids(answer["goals"])
    return 1 / (1 + ranked.index(case["primary"])) if case["primary"] in ranked else 0.0


def ndcg(case: dict[str, Any], answer: dict[str, Any]) -> float:
    gains = {goal: 2.0 if goal == case["primary"] else 1.0 for goal in right(case)}
    best = sum(gain / log2(2 + place) for place, gain in enumerate(sorted(gains.values(), reverse=True)[:5]))
    return sum(gains.get(goal, 0.0) / log2(2 + place) for place, goal in enumerate(ids(answer["goals"])[:5])) / best


def pooled(pairs: list[Pair], said: Callable[..., list[str]], wanted: Callable[..., set[str]]) -> dict[str, float]:
    hits = sum(len(set(said(answer)) & wanted(case)) for case, answer in pairs)
    n_said, n_wanted = sum(len(said(a)) for _, a in pairs), sum(len(wanted(c)) for c, _ in pairs)
    return {"precision": hits / n_said, "recall": hits / n_wanted, "f1": 2 * hits / (n_said + n_wanted)}


def ece(said: np.ndarray, true: np.ndarray) -> float:
    total = 0.0
    for low in np.arange(10) / 10:
        chosen = (said > low + 1e-12) & (said <= low + 0.1 + 1e-12)
        if chosen.any():
            total += chosen.mean() * abs(said[chosen].mean() - true[chosen].mean())
    return total


def recomputed(pairs: list[Pair]) -> dict[str, tuple[float, int]]:
    """Value and number of cases of each figure, from the labelled lines and the answers alone."""
    best = [(case, answer) for case, answer in pairs if case["primary"]]
    rated = [(case, answer) for case, answer in pairs if right(case)]
    city = [(case, answer) for case, answer in pairs if case["citywide"]]
    with_goal = [answer["no_goal"] for case, answer in pairs if not goalless(case)]
    without = [answer["no_goal"] for case, answer in pairs if goalless(case)]
    said = np.array([answer["goals"][0]["confidence"] for _, answer in pairs])
    true = np.array([ids(answer["goals"])[0] in right(case) for case, answer in pairs])
    any_goal = [max(a["goals"][0]["confidence"], a["citywide"][0]["confidence"]) for _, a in pairs]
    values = {
        f"hit@{k}": (fmean(case["primary"] in ids(answer["goals"])[:k] for case, answer in best), len(best))
        for k in (1, 3, 5)
    }
    values |= {
        "acceptable@1": (fmean(ids(answer["goals"])[0] in right(case) for case, answer in best), len(best)),
        "mrr": (fmean(reciprocal(*pair) for pair in best), len(best)),
        "ndcg@5": (fmean(ndcg(*pair) for pair in rated), len(rated)),
        "area_accuracy": (fmean(answer["area"]["id"] == case["area"] for case, answer in best), len(best)),
        "citywide_recall@3": (
            fmean(len(set(ids(a["citywide"])[:3]) & set(c["citywide"])) / len(c["citywide"]) for c, a in city),
            len(city),
        ),
        "no_goal_kept": (1 - fmean(with_goal), len(with_goal)),
        "no_goal_found": (fmean(without), len(without)),
        "auroc": (float(roc_auc_score([not goalless(case) for case, _ in pairs], any_goal)), len(pairs)),
        "brier": (float(brier_score_loss(true, said)), len(pairs)),
        "ece": (ece(said, true), len(pairs)),
    }
    for level, key, wanted in (("suggested", "goals", right), ("citywide", "citywide", lambda c: set(c["citywide"]))):
        found = pooled(pairs, lambda answer, key=key: ids(answer[key], suggested=True), wanted)
        values |= {f"{level}_{name}": (value, len(pairs)) for name, value in found.items()}
    return values


@pytest.mark.slow
def test_the_figures_are_those_recomputed_from_batch(pairs: list[Pair], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--split", "test", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    expected = recomputed(pairs)
    got = {name: (report["metrics"][name]["value"], report["metrics"][name]["n"]) for name in expected}
    assert got == {name: (approx(value, abs=1e-9), n) for name, (value, n) in expected.items()}
    assert set(report["metrics"]) - set(expected) == {"aurc", "citywide_only_found", "evidence_in_text"}
