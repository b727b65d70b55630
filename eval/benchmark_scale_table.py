"""A measurement of scale as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from eval.benchmark_process import Machine
from eval.benchmark_scale import COSINE, ENCODED, BatchFigures, IndexFigures, batch_record, index_record
from eval.wording import number

Load = tuple[float, float]


def scale_json(
    batch: BatchFigures | None, index: Sequence[IndexFigures], n: int, where: Machine, load: Load, day: date
) -> dict[str, Any]:
    """All figures; `n` is the number of vectors."""
    return {
        "date": day.isoformat(),
        "machine": asdict(where),
        "load": {"before": load[0], "after": load[1]},
        "batch": batch_record(batch) if batch else None,
        "vectors": n,
        "indexes": [index_record(one) for one in index],
    }


def scale_markdown(
    batch: BatchFigures | None, index: Sequence[IndexFigures], n: int, where: Machine, load: Load, day: date
) -> str:
    """A sentence on the table, a table on the indexes."""
    commit = f", Stand {where.commit}" if where.commit else ""
    head = (
        f"Gemessen am {day.isoformat()}{commit} auf {where.processor}, {where.cores} Kerne, Auslastung (load average) "
        f"{number(load[0], 1)} zu Beginn und {number(load[1], 1)} am Ende."
    )
    return "\n\n".join([head, *([_batch(batch)] if batch else []), *([_indexes(index, n)] if index else [])]) + "\n"


def _batch(figures: BatchFigures) -> str:
    record = batch_record(figures)
    peaks = " und ".join(number(peak, 0) for peak in record["memory_peak_mb"])
    more = " und ".join(number(value, 1) for value in record["memory_growth_mb"])
    return (
        f"`isek batch` mit {figures.texts} erfundenen kurzen Texten: {number(figures.rate, 0)} Zeilen/s, nach "
        f"{figures.killed_at} Zeilen mit kill -9 beendet und mit --resume fortgesetzt, {figures.rows} Zeilen geschrieben. "
        f"Speicher der beiden Teile höchstens {peaks} MB, von einem Drittel bis zum Ende gewachsen um {more} MB."
    )


def _indexes(index: Sequence[IndexFigures], n: int) -> str:
    lines = ["| FAISS | Aufbau | Größe | recall@10 | p50 | p95 |", "|---|---:|---:|---:|---:|---:|"]
    for one in index:
        record = index_record(one)
        lines.append(
            f"| `{one.factory}` | {number(one.build, 1)} s | {number(record['size_mb'], 0)} MB | {number(one.recall, 4)} | "
            f"{number(record['p50_ms'], 2)} ms | {number(record['p95_ms'], 2)} ms |"
        )
    made = (
        f"{min(n, ENCODED)} davon von erfundenen Texten, die übrigen diese mit Rauschen (Cosinus {number(COSINE, 1)})"
    )
    return f"Suche in {n} Vektoren, {made if n > ENCODED else 'von erfundenen Texten'}; ein Thread:\n\n" + "\n".join(
        lines
    )
