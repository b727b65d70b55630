"""Has each peer do the job, one after the other on this machine, and scores what it said on the test split."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from eval.intervals import Interval, wilson
from eval.metrics import hit_at
from eval.wording import number

Say = Callable[[str], None]
STARTS = 3
PACKAGES = {
    "": (),  # our own environment
    "txtai": ("torch==2.13.0", "sentence-transformers", "txtai==9.14.*"),
    "annif": ("annif[omikuji,fasttext]==1.4.*",),
}
SCRIPT = Path(__file__).with_name("peer.py")


@dataclass(frozen=True)
class Peer:
    """A peer: the name `peer.py` knows, the environment it runs in, what people call it."""

    kind: str
    environment: str
    title: str


PEERS = (
    Peer("isek", "", "ISEK-Zielfinder"),
    Peer("sentence-transformers", "", "sentence-transformers + numpy, isek-de"),
    Peer("sentence-transformers-english", "", "sentence-transformers + numpy, all-MiniLM-L6-v2"),
    Peer("txtai", "txtai", "txtai, hybrid, isek-de"),
    Peer("annif-tfidf", "annif", "Annif tfidf"),
    Peer("annif-svc", "annif", "Annif svc"),
    Peer("annif-omikuji", "annif", "Annif omikuji"),
    Peer("annif-fasttext", "annif", "Annif fasttext"),
)


@dataclass(frozen=True)
class PeerFigures:
    """What a peer cost and hit: seconds, bytes, shares with their intervals; `fault` says why there is nothing."""

    peer: Peer
    build: float = 0.0
    starts: tuple[float, ...] = ()
    single: tuple[float, ...] = ()
    rate: float = 0.0
    memory: int | None = None
    hits: Mapping[int, tuple[float, Interval | None]] | None = None
    fault: str = ""


def job_of(
    catalogue: Catalogue,
    texts: Sequence[tuple[str, str]],
    labels: Sequence[LabelledCase],
    test: Sequence[LabelledCase],
    /,
    **further: str,
) -> dict[str, Any]:
    """What all peers get: the same goals, texts and labels; `further` are places of models and the index."""
    known = catalogue.by_id
    learned = [
        {"text": case.text, "goals": list(dict.fromkeys(filter(None, (case.primary, *case.secondary, *case.citywide))))}
        for case in labels
    ]
    return {
        "titles": {goal.id: goal.title for goal in catalogue.goals},
        "texts": [[goal, text] for goal, text in texts if goal in known],
        "labels": [case for case in learned if case["goals"]],
        "queries": [case.text for case in test],
        **further,
    }


def run_peers(
    peers: Sequence[Peer],
    job: dict[str, Any],
    test: Sequence[LabelledCase],
    area_goals: Sequence[str],
    home: Path,
    say: Say,
) -> list[PeerFigures]:
    """The figures of each peer; one that cannot be installed or fails says why instead."""
    found = []
    with tempfile.TemporaryDirectory(prefix="isek-peers-") as name:
        folder = Path(name)
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        for peer in peers:
            say(f"{peer.title} …")
            try:
                found.append(_measured(peer, folder, test, area_goals, home))
            except UserError as error:
                say(str(error))
                found.append(PeerFigures(peer, fault=str(error)))
    return found


def _measured(
    peer: Peer, folder: Path, test: Sequence[LabelledCase], area_goals: Sequence[str], home: Path
) -> PeerFigures:
    python = _python(peer.environment, home)
    build = _timed(python, peer, "build", folder)
    starts = tuple(_timed(python, peer, "first", folder) for _ in range(STARTS))
    _timed(python, peer, "serve", folder)
    answer = json.loads((folder / f"{peer.kind}.json").read_text("utf-8"))
    hits = score(answer["rankings"], test, area_goals)
    rate = len(test) / answer["batch_s"]
    return PeerFigures(peer, build, starts, tuple(answer["single_s"]), rate, answer["memory"], hits)


def score(
    rankings: Sequence[Sequence[str]], test: Sequence[LabelledCase], area_goals: Sequence[str]
) -> dict[int, tuple[float, Interval | None]]:
    """hit@1 and hit@3 with Wilson intervals, over the cases with a primary goal; city-wide goals are left out."""
    known, figures = set(area_goals), {}
    for k in (1, 3):
        hits = [
            hit_at([goal for goal in ranking if goal in known], {case.primary}, k)
            for ranking, case in zip(rankings, test, strict=True)
            if case.primary is not None
        ]
        counted = [hit for hit in hits if hit is not None]
        figures[k] = (sum(counted) / len(counted), wilson(sum(counted), len(counted)))
    return figures


def _python(environment: str, home: Path) -> str:
    """The interpreter of an environment, which is made on first use; the stamp is written last.

    Raises:
        UserError: it cannot be installed; the message holds pip's last line.
    """
    if not environment:
        return sys.executable
    folder = home / "peers" / environment
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / ".ready"
    if stamp.is_file() and stamp.read_text("utf-8") == " ".join(PACKAGES[environment]):
        return str(python)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[environment]],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or ["ohne Meldung"]
            raise UserError(f"{environment} lässt sich nicht installieren: {said[-1]}")
    stamp.write_text(" ".join(PACKAGES[environment]), "utf-8")
    return str(python)


def _timed(python: str, peer: Peer, phase: str, folder: Path) -> float:
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    ours = {"PYTHONPATH": str(Path(__file__).parents[2])} if not peer.environment else {"PYTHONPATH": ""}
    start = time.perf_counter()
    done = subprocess.run(
        [python, str(SCRIPT), peer.kind, phase, str(folder)],
        env=os.environ | offline | ours,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["ohne Meldung"]
        raise UserError(f"{peer.title} ist gescheitert ({phase}): {said[-1]}")
    return time.perf_counter() - start


def peers_json(found: Sequence[PeerFigures]) -> list[dict[str, Any]]:
    """All figures: seconds, ms, MB."""
    return [
        {"peer": one.peer.title, "fault": one.fault}
        if one.fault
        else {
            "peer": one.peer.title,
            "build_s": round(one.build, 1),
            "cold_start_s": round(median(one.starts), 2),
            "p50_ms": round(1000 * median(one.single), 1),
            "texts_per_s": round(one.rate, 1),
            "memory_mb": one.memory and round(one.memory / 1e6),
            **{f"hit@{k}": {"value": round(value, 4), "ci": ci} for k, (value, ci) in (one.hits or {}).items()},
        }
        for one in found
    ]


def peers_markdown(found: Sequence[PeerFigures]) -> str:
    """A table, a line for each peer."""
    head = ("", "hit@1", "hit@3", "Kaltstart", "ein Text, p50", "im Stapel", "Speicher")
    rows = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for one in found:
        cells = [one.fault] + ["–"] * 5 if one.fault else _cells(one)
        rows.append("| " + " | ".join([one.peer.title, *cells]) + " |")
    return "\n".join(rows) + "\n"


def _cells(one: PeerFigures) -> list[str]:
    shown = [
        f"{number(value, 2)} [{number(ci[0], 2)}, {number(ci[1], 2)}]" if ci else number(value, 2)
        for value, ci in (one.hits or {}).values()
    ]
    return [
        *shown,
        f"{number(median(one.starts), 1)} s",
        f"{number(1000 * median(one.single), 0)} ms",
        f"{number(one.rate, 0)}/s",
        "–" if one.memory is None else f"{number(one.memory / 1e6, 0)} MB",
    ]
