"""One contender in a process of its own: ``python -m eval.benchmark_probe FOLDER``.

Reads ``job.json`` there and writes ``result.json`` and ``vectors.npy``: files, because libraries may write on the
standard streams. The parent sets the number of threads in the environment.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import UserError
from index.encoder import SentenceTransformerEncoder, Vectors, load_encoder, open_sentence_transformer

WARM_UP = 3
Encode = Callable[[list[str]], Vectors]


@dataclass(frozen=True)
class Job:
    """What to measure.

    `serving` takes our own path to the model called `source` (None: the bundled one), else `source` is a folder or hub
    name for sentence-transformers. `single` are texts by name, each encoded alone `repetitions` times; `batch` is
    encoded whole `rounds` times; `alone` are compared alone and in one batch; of `texts` the vectors are kept.
    """

    serving: bool
    source: str | None
    single: dict[str, str]
    repetitions: int = 1
    batch: list[str] = field(default_factory=list)
    rounds: int = 0
    alone: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """Seconds of every single encoding and every batch; peak memory in bytes; largest difference alone/batch."""

    single: dict[str, list[float]]
    batch: list[float]
    memory: int | None
    alone: float | None


def perform(job: Job, encode: Encode) -> tuple[Result, Vectors]:
    """Measure; memory is read before the texts whose vectors are kept, which are many."""
    single = {name: seconds(encode, [text], job.repetitions) for name, text in job.single.items()}
    batch = seconds(encode, job.batch, job.rounds)
    memory = peak_memory()
    difference = alone_difference(encode, job.alone)
    vectors = encode(job.texts) if job.texts else np.zeros((0, 0), np.float32)
    return Result(single, batch, memory, difference), vectors


def seconds(encode: Encode, texts: list[str], repetitions: int) -> list[float]:
    """Seconds of each of `repetitions` encodings, after a few that do not count."""
    for _ in range(min(WARM_UP, repetitions - 1)):
        encode(texts)
    taken = []
    for _ in range(repetitions):
        start = time.perf_counter()
        encode(texts)
        taken.append(time.perf_counter() - start)
    return taken


def alone_difference(encode: Encode, texts: Sequence[str]) -> float | None:
    """Largest difference of a component between a text encoded alone and the same in a batch; None for no texts."""
    if not texts:
        return None
    together = encode(list(texts))
    return max(float(np.abs(encode([text])[0] - vector).max()) for text, vector in zip(texts, together, strict=True))


def peak_memory() -> int | None:
    """The most memory this process ever held, in bytes; None where the system does not tell.

    Not `ru_maxrss`: under Linux that is at least what the parent held when it started this process.
    """
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def loaded(serving: bool, source: str | None) -> Encode:
    """The contender. Plain sentence-transformers is not asked for the fingerprint that our own loader computes."""
    if serving or source is None:
        return load_encoder(source).encode
    return SentenceTransformerEncoder(source, "", open_sentence_transformer(source, source)).encode


def main(folder: Path) -> None:
    """Do the job of this folder; a user's error is written down for the parent to raise."""
    job = Job(**json.loads((folder / "job.json").read_text("utf-8")))
    answer: dict[str, Any]
    try:
        result, vectors = perform(job, loaded(job.serving, job.source))
        np.save(folder / "vectors.npy", vectors)
        answer = asdict(result)
    except UserError as error:
        answer = {"error": str(error)}
    (folder / "result.json").write_text(json.dumps(answer), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
