"""One peer in a process of its own: ``python peer.py KIND build|first|serve FOLDER``; imports nothing of ours but for `isek`.

``job.json`` in FOLDER holds the texts of each goal, the labelled texts to learn from, and the texts to answer. `build` makes
what the peer keeps on disk; `first` loads it and answers one text; `serve` measures and writes ``KIND.json``.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SINGLE_REPETITIONS = 30
NEAREST = 200  # texts a search gives back, of which each goal's best counts
Rank = Callable[[list[str]], list[list[str]]]


def isek(folder: Path, job: dict[str, Any], build: bool) -> Rank:  # noqa: ARG001 - the peers share one signature
    """Our own matcher; its index is built beforehand."""
    from data.catalogue import load_catalogue
    from index.encoder import load_encoder
    from index.matcher import Matcher
    from index.store import load_index

    catalogue = load_catalogue(job["catalogue"])
    matcher = Matcher(catalogue, load_index(Path(job["index"])), load_encoder(job["own"]))
    top = len(catalogue.area_goals)
    return lambda texts: [[hit.id for hit in match.goals] for match in matcher.match_many(texts, top=top)]


def nearest(model: str) -> Callable[[Path, dict[str, Any], bool], Rank]:
    """sentence-transformers and numpy: the goal of the most similar profile text or labelled text."""

    def made(folder: Path, job: dict[str, Any], build: bool) -> Rank:
        import numpy as np
        from sentence_transformers import SentenceTransformer

        encoder = SentenceTransformer(job[model], device="cpu")
        pairs, path = known_texts(job), folder / f"vectors-{model}.npy"
        if build:
            np.save(path, encoder.encode([text for _, text in pairs], normalize_embeddings=True))
        vectors, goals = np.load(path), [goal for goal, _ in pairs]

        def rank(texts: list[str]) -> list[list[str]]:
            scores = encoder.encode(texts, normalize_embeddings=True) @ vectors.T
            return [ranked(zip(goals, row.tolist(), strict=True)) for row in scores]

        return rank

    return made


def txtai(folder: Path, job: dict[str, Any], build: bool) -> Rank:
    """txtai's hybrid search (words and vectors) over the same texts, with our encoder as its model."""
    from txtai import Embeddings

    pairs, path = known_texts(job), str(folder / "txtai")
    embeddings = Embeddings(path=job["own"], hybrid=True, gpu=False)
    if build:
        embeddings.index((number, text, None) for number, (_, text) in enumerate(pairs))
        embeddings.save(path)
    else:
        embeddings.load(path)

    def rank(texts: list[str]) -> list[list[str]]:
        found = embeddings.batchsearch(texts, NEAREST)
        return [ranked((pairs[int(number)][0], score) for number, score in hits) for hits in found]

    return rank


def annif(backend: str) -> Callable[[Path, dict[str, Any], bool], Rank]:
    """An Annif project with this backend, trained on the same texts as documents of their goals."""

    def made(folder: Path, job: dict[str, Any], build: bool) -> Rank:
        place = folder / f"annif-{backend}"
        place.mkdir(exist_ok=True)
        (place / "projects.cfg").write_text(_project(backend), "utf-8")
        os.environ |= {"ANNIF_PROJECTS": str(place / "projects.cfg"), "ANNIF_DATADIR": str(place / "data")}
        _without_download()
        if build:
            _train_annif(place, job)
        import annif as library
        from annif.corpus import Document

        app = library.create_flask_app()
        with app.app_context():
            from annif.registry import AnnifRegistry

            registry = AnnifRegistry(str(place / "projects.cfg"), str(place / "data"), False)
            project = registry.get_project("isek")
            subjects = project.subjects

        def rank(texts: list[str]) -> list[list[str]]:
            with app.app_context():
                batch = project.suggest([Document(text=text) for text in texts])
                return [
                    [subjects[one.subject_id].uri.rpartition("/")[2] for one in batch[row]] for row in range(len(texts))
                ]

        return rank

    return made


def _project(backend: str) -> str:
    """The settings that Annif's wiki gives for the backend, with its German stemmer."""
    further = {
        "tfidf": "",
        "svc": "min_df=2\nngram=2\n",
        "omikuji": "cluster_balanced=False\ncluster_k=100\nmax_depth=3\nmin_df=2\nngram=2\n",
        "fasttext": "dim=500\nlr=0.25\nepoch=30\nloss=hs\nchunksize=24\n",
    }[backend]
    return f"[isek]\nname=ISEK\nlanguage=de\nbackend={backend}\nanalyzer=snowball(german)\nlimit=100\nvocab=isek\n{further}"


def _train_annif(place: Path, job: dict[str, Any]) -> None:
    from annif.cli import cli

    lines = [f'http://isek/{goal},"{title.replace(chr(34), "")}"' for goal, title in job["titles"].items()]
    (place / "vocab.csv").write_text("uri,label_de\n" + "\n".join(lines) + "\n", "utf-8")
    documents = [(text, [goal]) for goal, text in job["texts"]]
    documents += [(case["text"], case["goals"]) for case in job["labels"]]
    rows = [
        f"{' '.join(text.split())}\t{' '.join(f'<http://isek/{goal}>' for goal in goals)}" for text, goals in documents
    ]
    (place / "documents.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    cli.main(["load-vocab", "--force", "isek", str(place / "vocab.csv")], standalone_mode=False)
    cli.main(["train", "isek", str(place / "documents.tsv")], standalone_mode=False)


def _without_download() -> None:
    """Annif splits sentences with NLTK data it would fetch from the net; here full stops do."""
    import nltk.data
    import nltk.tokenize

    whole = nltk.tokenize.word_tokenize
    nltk.tokenize.word_tokenize = lambda text, *_, **__: whole(text, preserve_line=True)
    nltk.tokenize.sent_tokenize = lambda text, *_, **__: re.split(r"(?<=[.!?])\s+", text)
    nltk.data.find = lambda *_, **__: ""


def known_texts(job: dict[str, Any]) -> list[tuple[str, str]]:
    """(goal, text) of the profiles and, for each of its goals, of the labelled texts."""
    labelled = [(goal, case["text"]) for case in job["labels"] for goal in case["goals"]]
    return [(goal, text) for goal, text in job["texts"]] + labelled


def ranked(scores: Any) -> list[str]:
    """Goals by their best score, best first."""
    best: dict[str, float] = {}
    for goal, score in scores:
        best[goal] = max(score, best.get(goal, float("-inf")))
    return sorted(best, key=lambda goal: -best[goal])


PEERS: dict[str, Callable[[Path, dict[str, Any], bool], Rank]] = {
    "isek": isek,
    "sentence-transformers": nearest("own"),
    "sentence-transformers-english": nearest("english"),
    "txtai": txtai,
    "annif-tfidf": annif("tfidf"),
    "annif-svc": annif("svc"),
    "annif-omikuji": annif("omikuji"),
    "annif-fasttext": annif("fasttext"),
}


def measured(rank: Rank, queries: Sequence[str], single: str) -> dict[str, Any]:
    """Rankings of all queries, seconds of single answers and of all at once, and the most memory held, in bytes."""
    rank([single])
    waits = []
    for _ in range(SINGLE_REPETITIONS):
        start = time.perf_counter()
        rank([single])
        waits.append(time.perf_counter() - start)
    start = time.perf_counter()
    rankings = rank(list(queries))
    return {"rankings": rankings, "single_s": waits, "batch_s": time.perf_counter() - start, "memory": peak_memory()}


def peak_memory() -> int | None:
    """The most memory this process held, in bytes; None where the system does not tell."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def main(kind: str, phase: str, folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text("utf-8"))
    rank = PEERS[kind](folder, job, phase == "build")
    if phase == "serve":
        (folder / f"{kind}.json").write_text(json.dumps(measured(rank, job["queries"], job["single"])), "utf-8")
    else:
        rank([job["single"]])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
