"""A load test as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from eval.benchmark_load import PATIENCE, Plan, Step, to_record
from eval.benchmark_process import Machine
from eval.wording import number

Load = tuple[float, float]
_HEAD = ("Personen", "Antworten", "je s", "p50", "p95", "p99", "abgewiesen", "Fehler", "Speicher", "Wachstum")


def load_json(steps: Sequence[Step], plan: Plan, where: Machine, load: Load, day: date) -> dict[str, Any]:
    """All figures of a load test; the machine's load is its load average before and after."""
    return {
        "date": day.isoformat(),
        "machine": asdict(where),
        "load": {"before": load[0], "after": load[1]},
        "plan": asdict(plan),
        "steps": [to_record(step) for step in steps],
    }


def load_markdown(steps: Sequence[Step], plan: Plan, where: Machine, load: Load, day: date) -> str:
    """A table, a line for each number of users, with what one must know to read it."""
    commit = f", Stand {where.commit}" if where.commit else ""
    head = (
        f"Gemessen am {day.isoformat()}{commit} auf {where.processor}, {where.cores} Kerne, Auslastung (load average) "
        f"{number(load[0], 1)} zu Beginn und {number(load[1], 1)} am Ende. Gemischte Texte (kurz, mittel, lang), Lesezeit "
        f"zwischen zwei Fragen um {number(plan.think, 1)} s; Wartezeiten in ms vom Absenden bis zum letzten Zeichen der Antwort."
    )
    rows = ["| " + " | ".join(_HEAD) + " |", "|" + "---:|" * len(_HEAD), *map(_row, steps)]
    notes = (
        "Abgewiesen: mit einem Satz und der Bitte, es gleich noch einmal zu versuchen (HTTP 503). Fehler: alles andere, "
        f"auch eine Antwort nach mehr als {PATIENCE:.0f} s. Speicher: des Dienstes, zu Beginn → am Ende. Wachstum: Steigung "
        "einer Geraden durch die letzten zwei Drittel der Zeit, hochgerechnet auf eine Stunde; aus kurzen Läufen sagt sie wenig."
    )
    return "\n\n".join([head, "\n".join(rows), notes]) + "\n"


def _row(step: Step) -> str:
    record = to_record(step)
    held = record["memory_mb"]
    growth = record["growth_mb_per_h"]
    cells = [
        f"{step.users} ({number(step.lasted, 0)} s)",
        str(len(step.waits)),
        number(step.throughput, 1),
        *(number(record[f"p{q}_ms"], 0) for q in (50, 95, 99)),
        str(step.refused),
        str(step.errors),
        f"{number(held[0], 0)} → {number(held[1], 0)} MB" if held else "–",
        "–" if growth is None else f"{number(growth, 1)} MB/h",
    ]
    return "| " + " | ".join(cells) + " |"
