"""What serving costs and what the encoder is worth, beside plain sentence-transformers and the English model.

Every contender is measured in fresh processes of its own, with a fixed number of threads; rounds alternate between
the contenders, so that a machine that is busy for a while slows all of them.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from eval.benchmark_probe import Job, Result
from eval.benchmark_process import Done, Machine, machine, probe, timed
from eval.benchmark_texts import LONG, SHORT, mixed
from eval.yardsticks import Agreement, Encode, Yardsticks, agreement, first_goals, title_hit
from index.encoder import DEFAULT_MODEL, ENGLISH_MODEL, Vectors, file_digest, weights_of

SINGLE = {"33": SHORT, "200": LONG}  # number of words → text
TITLES_ALONE = "Prüfsatz dev, nur Zieltitel: hit@1"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """A model and the way to it: our serving path, or sentence-transformers with torch; see `Job`."""

    title: str
    serving: bool
    source: str | None

    def job(self, single: dict[str, str], **wanted: Any) -> Job:
        """A job for this contender; `wanted` are the other fields of `Job`."""
        return Job(self.serving, self.source, single, **wanted)

    @property
    def folder(self) -> Path:
        """Where the model lies; no folder where it is a name in a hub's cache."""
        return Path(weights_of(self.source)).expanduser()

    @property
    def fingerprint(self) -> str | None:
        """As the served model gives it: the beginning of the checksum over its manifest; None without one."""
        manifest = self.folder / "manifest.json"
        return file_digest(manifest)[:16] if manifest.is_file() else None

    @property
    def disk(self) -> int | None:
        """Bytes of all files of the model; None where it is no folder."""
        files = [path for path in self.folder.rglob("*") if path.is_file()] if self.folder.is_dir() else []
        return sum(path.stat().st_size for path in files) or None


def contenders(model: str | None = None, beside: Sequence[str] = ()) -> list[Contender]:
    """The serving path of `model`, torch on the same weights, further models in torch, and the English one, last.

    Raises:
        UserError: the English model's package is missing.
    """
    english, weights = weights_of(ENGLISH_MODEL), weights_of(model)
    name = ENGLISH_MODEL if weights == english else Path(model or DEFAULT_MODEL).name
    others = [Contender(f"{Path(other).name}, torch", False, weights_of(other)) for other in beside]
    return [
        Contender(f"{name}, ausgeliefert", True, model),
        Contender(f"{name}, torch", False, weights),
        *others,
        Contender(f"{ENGLISH_MODEL}, torch", False, english),
    ]


@dataclass(frozen=True)
class Plan:
    """How often: process starts (one more does not count), rounds of fresh processes, and in each round the
    encodings of a text alone and of the batch; `alone` is the number of texts compared alone and in a batch."""

    starts: int = 5
    rounds: int = 3
    repetitions: int = 50
    batches: int = 2
    batch_texts: int = 256
    alone: int = 128


QUICK = Plan(starts=2, rounds=1, repetitions=10, batches=1, alone=32)


@dataclass(frozen=True)
class Material:
    """What is encoded: a catalogue, its labelled texts (split `dev`), yardsticks."""

    catalogue: Catalogue
    cases: Sequence[LabelledCase]
    yardsticks: Yardsticks

    @property
    def texts(self) -> list[str]:
        """All texts whose vectors are needed, each once."""
        titles = [goal.title for goal in self.catalogue.goals]
        return list(
            dict.fromkeys([*SINGLE.values(), *titles, *(case.text for case in self.cases), *self.yardsticks.texts])
        )


@dataclass
class Measured:
    """A contender's figures: seconds of each start and each encoding, texts per second, bytes, largest difference."""

    contender: Contender
    starts: list[float] = field(default_factory=list)
    single: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SINGLE})
    throughput: list[float] = field(default_factory=list)
    memory: int | None = None
    alone: float | None = None
    quality: dict[str, float] = field(default_factory=dict)
    first: list[str] = field(default_factory=list)

    def add(self, result: Result, n: int) -> None:
        """Take in what one process measured; its batch had `n` texts."""
        for name, taken in result.single.items():
            self.single[name] += taken
        self.throughput += [n / seconds for seconds in result.batch]
        self.memory = max(filter(None, (self.memory, result.memory)), default=None)

    def judge(self, material: Material, encode: Encode) -> None:
        """Take in what the vectors are worth; `encode` knows the material's texts."""
        self.quality = material.yardsticks.figures(encode)
        if material.cases and material.catalogue.area_goals:
            self.first = first_goals(encode, material.catalogue, material.cases)
            hit = title_hit(self.first, material.cases)
            if hit is not None:
                self.quality[TITLES_ALONE] = hit

    def percentile(self, name: str, q: float) -> float:
        """Of the seconds of a single text."""
        return float(np.percentile(self.single[name], q))

    @property
    def start(self) -> float:
        return statistics.median(self.starts)


@dataclass(frozen=True)
class Benchmark:
    """One run. `commands` are seconds of each start of a whole command; the last of `measured` is the English model."""

    plan: Plan
    threads: int
    machine: Machine
    load: tuple[float, float]
    commands: dict[str, list[float]]
    measured: list[Measured]
    agreement: Agreement


@dataclass(frozen=True)
class Bench:
    """How to measure: `probe` does a job in a process of its own, `timed` runs a command and tells its seconds."""

    plan: Plan
    threads: int
    say: Say
    probe: Callable[[Job, int], Done] = probe
    timed: Callable[[Sequence[str], int], float] = timed

    def run(self, models: Sequence[Contender], commands: dict[str, list[str]], material: Material) -> Benchmark:
        """Measure the contenders, of which the first two read the same weights, and the starts of `commands`.

        Raises:
            UserError: a model cannot be loaded or changes on the way, a command ends with an error.
        """
        before, fingerprints = _load(), [model.fingerprint for model in models]
        measured = [Measured(model) for model in models]
        started = self._starts(measured, commands)
        self._speed(measured, material)
        one, other = self._quality(measured, material)[:2]
        if fingerprints != [model.fingerprint for model in models]:
            raise UserError("Ein Modell wurde während der Messung ausgetauscht; bitte die Messung wiederholen.")
        agreed = agreement(one, other, measured[0].first, measured[1].first)
        return Benchmark(self.plan, self.threads, machine(), (before, _load()), started, measured, agreed)

    def _starts(self, measured: Sequence[Measured], commands: dict[str, list[str]]) -> dict[str, list[float]]:
        """Start every command and every contender in turn; the first turn fills the disk cache and builds the index."""
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(self.plan.starts + 1):
            self.say(
                f"Kaltstart {turn} von {self.plan.starts} …" if turn else "Vorlauf, baut den Index, wenn er fehlt …"
            )
            found = {name: self.timed(command, self.threads) for name, command in commands.items()}
            first = [self.probe(one.contender.job({"33": SHORT}), self.threads).seconds for one in measured]
            if turn:
                for name, value in found.items():
                    taken[name].append(value)
                for one, value in zip(measured, first, strict=True):
                    one.starts.append(value)
        return taken

    def _speed(self, measured: Sequence[Measured], material: Material) -> None:
        """Latency, throughput and memory."""
        batch = mixed(material.catalogue, material.cases, self.plan.batch_texts)
        for turn in range(self.plan.rounds):
            for one in measured:
                self.say(f"Tempo, Runde {turn + 1} von {self.plan.rounds}: {one.contender.title} …")
                job = one.contender.job(
                    SINGLE, repetitions=self.plan.repetitions, batch=batch, rounds=self.plan.batches
                )
                one.add(self.probe(job, self.threads).result, len(batch))

    def _quality(self, measured: Sequence[Measured], material: Material) -> list[Vectors]:
        """Yardsticks, first goals and differences alone/batch, with all cores: no time is taken here.

        Returns every contender's vectors of the material's texts.
        """
        texts, threads = material.texts, max(self.threads, os.cpu_count() or 1)
        alone = mixed(material.catalogue, material.cases, self.plan.alone)
        kept = []
        for one in measured:
            self.say(f"Güte ({len(texts)} Texte): {one.contender.title} …")
            done = self.probe(one.contender.job({}, alone=alone, texts=texts), threads)
            one.alone = done.result.alone
            one.judge(material, looked_up(texts, done.vectors))
            kept.append(done.vectors)
        return kept


def _load() -> float:
    """Processes that wanted to run, on average over the last minute."""
    return os.getloadavg()[0]


def looked_up(texts: Sequence[str], vectors: Vectors) -> Encode:
    """An encoder that knows these texts' vectors, (n, d), and no others."""
    row = {text: place for place, text in enumerate(texts)}
    return lambda wanted: vectors[[row[text] for text in wanted]]
