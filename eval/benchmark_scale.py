"""What one machine holds: a table of very many rows through `isek batch`, and an index of very many vectors.

The table is cut off half-way by a kill and resumed. The vectors are those of made-up texts; beyond what is encoded in
reasonable time each is one of these with noise, so that they lie in groups as goal texts do.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import UserError
from eval.benchmark_load import Say, resident
from eval.benchmark_process import running
from eval.synthetic import short_texts
from index.encoder import Vectors
from index.store import faiss_index

# Product quantisers train for more than a quarter of an hour on two cores.
FACTORIES = ("Flat", "IVF4096,Flat", "IVF4096,SQ8")
ENCODED = 20_000  # texts that are really encoded
COSINE = 0.8  # of a noisy vector with the one it was made of
NEIGHBOURS = 10
_CHUNK = 50_000


@dataclass
class BatchFigures:
    """A run over `texts` rows in two parts: seconds of each, and memory as (second, bytes) over both."""

    texts: int
    killed_at: int = 0
    seconds: list[float] = field(default_factory=list)
    memory: list[list[tuple[float, int]]] = field(default_factory=list)
    rows: int = 0

    @property
    def rate(self) -> float:
        """Rows per second, starts included."""
        return self.texts / sum(self.seconds)


def run_batch(
    command: Callable[[Path, Path, bool], list[str]], journal: Callable[[Path], Path], texts: int
) -> BatchFigures:
    """Have `texts` rows matched by a command of its own, kill it half-way, and have the rest done.

    command: of an input, an output and whether to resume; journal: where the run that writes an output keeps its rows.

    Raises:
        UserError: the command failed.
    """
    figures = BatchFigures(texts)
    with tempfile.TemporaryDirectory(prefix="isek-scale-") as name:
        source, target = Path(name) / "projekte.jsonl", Path(name) / "ziele.csv"
        with source.open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps({"text": text}) + "\n" for text in short_texts(texts))
        half = texts // 2
        figures.killed_at = _part(figures, command(source, target, False), lambda: _rows(journal(target)), half)
        _part(figures, command(source, target, True), lambda: 0, texts)
        with target.open(encoding="utf-8-sig") as stream:
            figures.rows = sum(1 for _ in stream) - 1
    return figures


def _part(figures: BatchFigures, command: Sequence[str], rows: Callable[[], int], until: int) -> int:
    """Run until `rows` reports `until` and then kill, or to the end; returns the rows at the kill."""
    start, memory = time.monotonic(), []
    with tempfile.TemporaryFile() as said, running(command, said) as process:
        done = 0
        while process.poll() is None:
            memory.append((time.monotonic() - start, resident(process.pid) or 0))
            done = rows()
            if done >= until:
                process.kill()
                process.wait()
                break
            time.sleep(0.5)
        if process.returncode > 0:
            said.seek(0)
            raise UserError(
                f"isek batch endete mit Status {process.returncode}: {said.read()[-300:].decode('utf-8', 'replace')}"
            )
    figures.seconds.append(time.monotonic() - start)
    figures.memory.append([reading for reading in memory if reading[1]])
    return done


def _rows(journal: Path, chunk: int = 256) -> int:
    """Rows a journal holds, to a chunk: its first line is the job, each further one a chunk of short texts."""
    try:
        with journal.open("rb") as stream:
            return max(0, sum(1 for _ in stream) - 1) * chunk
    except OSError:
        return 0


@dataclass(frozen=True)
class IndexFigures:
    """An index: seconds to build, bytes, recall among the exact ten, waits in seconds of single searches on one thread."""

    factory: str
    build: float
    bytes: int
    recall: float
    waits: tuple[float, ...]

    def percentile(self, q: float) -> float:
        return float(np.percentile(self.waits, q))


def run_index(
    encode: Callable[[list[str]], Vectors], n: int, factories: Sequence[str], queries: int, say: Say
) -> list[IndexFigures]:
    """Build an index of `n` vectors in each way and search it; the first factory must be exact."""
    vectors, asked = many_vectors(encode, n, queries, say)
    exact: np.ndarray | None = None
    figures = []
    for factory in factories:
        say(f"{factory} über {n} Vektoren …")
        found, rows = _measured(factory, vectors, asked, exact)
        exact = rows if exact is None else exact
        figures.append(found)
    return figures


def many_vectors(
    encode: Callable[[list[str]], Vectors], n: int, queries: int, say: Say, seed: int = 0
) -> tuple[Vectors, Vectors]:
    """(n, d) and (queries, d) unit vectors: of made-up texts, beyond ENCODED of them with noise."""
    texts = list(dict.fromkeys(short_texts(2 * min(n, ENCODED), seed)))[: min(n, ENCODED)]
    say(f"{len(texts)} Texte werden eingelesen …")
    base = np.concatenate([encode(texts[start : start + 1000]) for start in range(0, len(texts), 1000)])
    chance = np.random.default_rng(seed)
    vectors = np.empty((n, base.shape[1]), np.float32)
    vectors[: len(base)] = base
    for start in range(len(base), n, _CHUNK):
        vectors[start : start + _CHUNK] = _noisy(base, min(_CHUNK, n - start), chance)
    return vectors, _noisy(base, queries, chance)


def _noisy(base: Vectors, n: int, chance: np.random.Generator) -> Vectors:
    chosen = base[chance.integers(len(base), size=n)]
    noise = chance.standard_normal(chosen.shape, np.float32)
    noise *= np.tan(np.arccos(COSINE)) / np.linalg.norm(noise, axis=1, keepdims=True)
    mixed: Vectors = chosen + noise
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    return mixed


def _measured(
    factory: str, vectors: Vectors, asked: Vectors, exact: np.ndarray | None
) -> tuple[IndexFigures, np.ndarray]:
    import faiss

    start = time.perf_counter()
    index = faiss_index(vectors, factory)
    build = time.perf_counter() - start
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    rows, waits = [], []
    for query in asked:
        start = time.perf_counter()
        rows.append(index.search(query[None, :], NEIGHBOURS)[1][0])
        waits.append(time.perf_counter() - start)
    faiss.omp_set_num_threads(threads)
    found = np.array(rows)
    with tempfile.TemporaryDirectory(prefix="isek-scale-") as name:
        path = Path(name) / "index"
        faiss.write_index(index, str(path))
        size = path.stat().st_size
    return IndexFigures(factory, build, size, recall(found, found if exact is None else exact), tuple(waits)), found


def recall(found: np.ndarray, exact: np.ndarray) -> float:
    """The mean share of the exact neighbours that were found; both (n, k) of row numbers."""
    return float(np.mean([len(set(one) & set(other)) / len(other) for one, other in zip(found, exact, strict=True)]))


def growth(memory: Sequence[tuple[float, int]]) -> float | None:
    """Bytes by which the last reading of a run exceeds that after a third of it; None for fewer than three readings."""
    return memory[-1][1] - memory[len(memory) // 3][1] if len(memory) >= 3 else None


def batch_record(figures: BatchFigures) -> dict[str, Any]:
    """Figures of the table; memory in MB: the most of each part, and its growth from a third of the way to the end."""
    return {
        "texts": figures.texts,
        "rows_written": figures.rows,
        "killed_at": figures.killed_at,
        "seconds": [round(taken, 1) for taken in figures.seconds],
        "rows_per_s": round(figures.rate, 1),
        "memory_peak_mb": [round(max(held for _, held in part) / 1e6, 1) for part in figures.memory if part],
        "memory_growth_mb": [
            None if (more := growth(part)) is None else round(more / 1e6, 1) for part in figures.memory
        ],
    }


def index_record(figures: IndexFigures) -> dict[str, Any]:
    """Figures of an index: seconds, MB, waits in ms."""
    return {
        "factory": figures.factory,
        "build_s": round(figures.build, 1),
        "size_mb": round(figures.bytes / 1e6, 1),
        "recall_at_10": round(figures.recall, 4),
        "p50_ms": round(1000 * figures.percentile(50), 3),
        "p95_ms": round(1000 * figures.percentile(95), 3),
    }
