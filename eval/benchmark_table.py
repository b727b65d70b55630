"""A benchmark as Markdown and as JSON: one table of named measures feeds both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from statistics import median
from typing import Any

from eval.benchmark import Benchmark, Measured
from eval.wording import number

SERVING, IMPORT = "isek match", "import sentence_transformers"


@dataclass(frozen=True)
class Measure:
    """A figure of a contender: what it is called, its unit, how many decimals people see, whether less is better."""

    title: str
    unit: str
    digits: int
    value: Callable[[Measured], float | None]
    lower: bool = True

    def ratio(self, one: Measured, reference: Measured) -> float | None:
        """How many times better `one` is than `reference`; None where either has no value or is zero."""
        value, other = self.value(one), self.value(reference)
        if not value or not other:
            return None
        return other / value if self.lower else value / other


def _millions(value: int | None) -> float | None:
    return None if value is None else value / 1e6


def _latency(words: str, q: int) -> Measure:
    return Measure(f"ein Text mit {words} Wörtern, p{q}", "ms", 1, lambda one: 1000 * one.percentile(words, q))


COSTS: dict[str, Measure] = {
    "first_vector": Measure("Prozessstart bis zum ersten Vektor", "s", 2, lambda one: one.start),
    "p50_33": _latency("33", 50),
    "p95_33": _latency("33", 95),
    "p50_200": _latency("200", 50),
    "p95_200": _latency("200", 95),
    "throughput": Measure("gemischte Texte im Stapel", "Texte/s", 0, lambda one: median(one.throughput), lower=False),
    "memory": Measure("Arbeitsspeicher, Spitze", "MB", 0, lambda one: _millions(one.memory)),
    "disk": Measure("Modell auf der Platte", "MB", 1, lambda one: _millions(one.contender.disk)),
}


def measures(benchmark: Benchmark) -> dict[str, Measure]:
    """The costs, and every figure of quality that this run has."""
    names = dict.fromkeys(name for one in benchmark.measured for name in one.quality)
    return COSTS | {name: _quality(name) for name in names}


def _quality(name: str) -> Measure:
    return Measure(name, "", 3, lambda one: one.quality.get(name), lower=False)


def to_json(benchmark: Benchmark, day: date) -> dict[str, Any]:
    """All figures with their single values; ratios are to the English model, above 1 is better."""
    reference = benchmark.measured[-1]
    return {
        "date": day.isoformat(),
        "machine": asdict(benchmark.machine),
        "load": {"before": benchmark.load[0], "after": benchmark.load[1]},
        "threads": benchmark.threads,
        "plan": asdict(benchmark.plan),
        "commands": {name: {"median_s": median(taken), "s": taken} for name, taken in benchmark.commands.items()},
        "match_against_import": _speedup(benchmark),
        "contenders": [_record(one, reference, measures(benchmark)) for one in benchmark.measured],
        "agreement": asdict(benchmark.agreement),
    }


def _record(one: Measured, reference: Measured, known: dict[str, Measure]) -> dict[str, Any]:
    figures = {
        name: {"value": measure.value(one), "unit": measure.unit, "ratio": measure.ratio(one, reference)}
        for name, measure in known.items()
    }
    samples = {"first_vector_s": one.starts, "single_s": one.single, "texts_per_s": one.throughput}
    known_as = {"name": one.contender.title, "fingerprint": one.contender.fingerprint}
    return {**known_as, "figures": figures, "alone_in_batch": one.alone, "samples": samples}


def to_markdown(benchmark: Benchmark, day: date) -> str:
    """Three tables with what one must know to read them."""
    parts = [_head(benchmark, day), _figures(benchmark), _notes(benchmark), _commands(benchmark), _agreement(benchmark)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(benchmark: Benchmark, day: date) -> str:
    machine, plan = benchmark.machine, benchmark.plan
    fingerprint = benchmark.measured[0].contender.fingerprint
    model = f" Modell: {benchmark.measured[0].contender.title} ({fingerprint})." if fingerprint else ""
    commit = f", Stand {machine.commit}" if machine.commit else ""
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    before, after = (number(load, 1) for load in benchmark.load)
    return (
        f"Gemessen am {day.isoformat()}{commit} auf {machine.processor}, {machine.cores} Kerne, Auslastung (load average) "
        f"{before} zu Beginn und {after} am Ende; Threads je Prozess: {benchmark.threads}. "
        f"Prozessstarts: {plan.starts}, Runden: {plan.rounds} mit je {plan.repetitions} Einzeltexten und {plan.batches} "
        f"Stapeln zu {plan.batch_texts} Texten. Python {machine.python}, {libraries}.{model}"
    )


def _figures(benchmark: Benchmark) -> str:
    *others, reference = benchmark.measured
    lines = _heading(["", *(one.contender.title for one in benchmark.measured)])
    for measure in measures(benchmark).values():
        cells = [_cell(measure, one, reference) for one in others]
        lines.append(_row([measure.title, *cells, _cell(measure, reference, None)]))
    alone = [f"{one.alone:.0e}" if one.alone is not None else "–" for one in benchmark.measured]
    return "\n".join([*lines, _row(["allein gegen im Stapel, größter Unterschied", *alone])])


def _cell(measure: Measure, one: Measured, reference: Measured | None) -> str:
    value = measure.value(one)
    said = number(value, measure.digits) + (f" {measure.unit}" if measure.unit and value is not None else "")
    ratio = measure.ratio(one, reference) if reference else None
    return said if ratio is None else f"{said} ({number(ratio, 2 if measure.unit == '' else 1)} ×)"


def _notes(benchmark: Benchmark) -> str:
    english = benchmark.measured[-1].contender.title
    return (
        f"In Klammern: so viele Male besser als {english}. Vom Text mit 200 Wörtern liest jedes Modell nur so viele "
        "Wortstücke, wie es fasst. Arbeitsspeicher: ein Prozess mit dem Sprachmodell allein, Einzeltexte und Stapel."
    )


def _commands(benchmark: Benchmark) -> str:
    """How long whole commands take, and how many times faster than the import alone the answer is there."""
    if not benchmark.commands:
        return ""
    middle = _medians(benchmark)
    lines = _heading(["Prozessstart bis Prozessende", "Median"])
    lines += [_row([f"`{name}`", f"{number(value, 2)} s"]) for name, value in middle.items()]
    lines.append(_row(["Verhältnis", f"{number(_speedup(benchmark), 1)} ×"]))
    return "\n".join(lines)


def _medians(benchmark: Benchmark) -> dict[str, float]:
    return {name: median(taken) for name, taken in benchmark.commands.items()}


def _speedup(benchmark: Benchmark) -> float | None:
    """How many times sooner the first match is there than sentence-transformers is imported."""
    middle = _medians(benchmark)
    return middle[IMPORT] / middle[SERVING] if SERVING in middle and IMPORT in middle else None


def _agreement(benchmark: Benchmark) -> str:
    found = benchmark.agreement
    first, second = (one.contender.title for one in benchmark.measured[:2])
    same = "–" if found.same_first is None else f"{number(100 * found.same_first, 1)} %"
    lines = [
        *_heading([f"{first}, gegen {second}", ""]),
        _row([f"Cosinus der Vektoren, kleinster von {found.n_cosine}", number(found.cosine_min, 8)]),
        _row(["Cosinus der Vektoren, Mittel", number(found.cosine_mean, 8)]),
        _row([f"gleiches erstes Ziel, {found.n_first} Texte des Prüfsatzes (dev)", same]),
    ]
    return "\n".join(lines)


def _heading(cells: Sequence[str]) -> list[str]:
    return [_row(cells), "|---|" + "---:|" * (len(cells) - 1)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
