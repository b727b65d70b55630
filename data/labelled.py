"""The labelled set: texts with the goals that people found right for them, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.catalogue import AreaId, Catalogue
from data.errors import UserError
from data.plain_file import read_file

FOLDER = Path(__file__).parent / "labelled"
MAX_BYTES = 50_000_000
SPLITS = ("dev", "test")
DECIDED = "entscheidung-"  # how the id of a case begins that comes from a decision of this installation
STYLES = ("short", "medium", "long", "citywide", "none")
_FIELDS = {"id", "text", "style", "area", "primary", "secondary", "citywide", "source", "split"}


@dataclass(frozen=True)
class LabelledCase:
    """One labelled text.

    `primary` is the best product-area goal or None; `secondary` are also right; `citywide` the city-wide goals.
    `style` is short, medium, long, citywide (only city-wide goals fit) or none (no goal fits).
    """

    id: str
    text: str
    style: str
    area: AreaId | None
    primary: str | None
    secondary: tuple[str, ...]
    citywide: tuple[str, ...]
    source: str
    split: str

    @property
    def acceptable(self) -> frozenset[str]:
        """Product-area goals that count as right: the primary and the secondary ones."""
        return frozenset(self.secondary) | ({self.primary} if self.primary else frozenset())

    @property
    def decided(self) -> bool:
        """True where the labels are a decision made in this installation, not those of a shipped or imported set."""
        return self.id.startswith(DECIDED)

    @property
    def goalless(self) -> bool:
        """True where neither level fits."""
        return not self.acceptable and not self.citywide


def labelled_path(catalogue: Catalogue) -> Path:
    """Where the shipped labelled set of a catalogue lies; the file need not exist."""
    return FOLDER / f"{catalogue.id}.jsonl"


def load_labelled(path: Path, *catalogues: Catalogue) -> list[LabelledCase]:
    """Read and validate a labelled set; of the catalogues, if any, one must know all goals of a case.

    Raises:
        UserError: with file, line and case id.
    """
    raw = read_file(path, MAX_BYTES)
    try:
        lines = raw.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"Der Prüfsatz «{path}» ist nicht in UTF-8 gespeichert (Byte {error.start}).") from error
    cases = [_parse(line, f"{path.name}, Zeile {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise UserError(f"Der Prüfsatz «{path}» enthält keinen Fall.")
    _check_unique(cases, path.name)
    for case in cases:
        faults = [_fault(case, catalogue) for catalogue in catalogues]
        if faults and all(faults):
            raise UserError(f"{path.name} (Fall {case.id!r}): {faults[0]}.")
    return cases


def of_split(cases: Iterable[LabelledCase], split: str) -> list[LabelledCase]:
    """The cases of one split; ``all`` keeps every case."""
    return [case for case in cases if split in ("all", case.split)]


def _parse(line: str, where: str) -> LabelledCase:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: erwartet wurde ein JSON-Objekt, gefunden wurde {line[:40]!r}.") from error
    if not isinstance(record, dict):
        raise UserError(f"{where}: erwartet wurde ein JSON-Objekt, gefunden wurde {line[:40]!r}.")
    _check_fields(record, where)
    return LabelledCase(
        id=str(record["id"]),
        text=record["text"],
        style=record["style"],
        area=record["area"],
        primary=record["primary"],
        secondary=tuple(record["secondary"]),
        citywide=tuple(record["citywide"]),
        source=str(record.get("source") or ""),
        split=record["split"],
    )


def _check_fields(record: dict[str, Any], where: str) -> None:
    missing = sorted(_FIELDS - record.keys() - {"source"})
    unknown = sorted(record.keys() - _FIELDS)
    if missing or unknown:
        what = f"es fehlen die Felder {', '.join(missing)}" if missing else f"unbekannte Felder {', '.join(unknown)}"
        raise UserError(f"{where}: {what}; erwartet werden {', '.join(sorted(_FIELDS))}.")
    place = f"{where} (Fall {record['id']!r})"
    if not isinstance(record["text"], str) or not record["text"].strip():
        raise UserError(f"{place}: «text» muss ein nicht leerer Text sein.")
    if record["style"] not in STYLES or record["split"] not in SPLITS:
        raise UserError(f"{place}: «style» muss eines von {', '.join(STYLES)} sein und «split» dev oder test.")
    for name in ("secondary", "citywide"):
        value = record[name]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UserError(f"{place}: «{name}» muss eine Liste von Zielkennungen sein, gefunden wurde {value!r}.")
    if not isinstance(record["primary"], str | None):
        raise UserError(
            f"{place}: «primary» muss eine Zielkennung oder null sein, gefunden wurde {record['primary']!r}."
        )
    if isinstance(record["area"], bool) or not isinstance(record["area"], int | str | None):
        raise UserError(f"{place}: «area» muss ein Produktbereich oder null sein, gefunden wurde {record['area']!r}.")


def _check_unique(cases: list[LabelledCase], where: str) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise UserError(f"{where}: der Fall {case.id!r} kommt doppelt vor; jede Kennung darf nur einmal stehen.")
        seen.add(case.id)


def _fault(case: LabelledCase, catalogue: Catalogue) -> str:
    """What in the labels of a case does not fit the catalogue; empty where all does."""
    if case.area is not None and case.area not in {area.id for area in catalogue.areas}:
        return f"den Bereich {case.area!r} gibt es in «{catalogue.name}» nicht"
    acceptable = sorted(case.acceptable)
    for goal in (*acceptable, *case.citywide):
        if goal not in catalogue.by_id:
            return f"das Ziel {goal!r} gibt es im Zielkatalog «{catalogue.name}» nicht"
    for goal in acceptable:
        if catalogue.by_id[goal].area is None:
            return f"{goal!r} ist ein gesamtstädtisches Ziel; es gehört zu «citywide»"
    for goal in case.citywide:
        if catalogue.by_id[goal].area is not None:
            return f"{goal!r} ist kein gesamtstädtisches Ziel und gehört nicht zu «citywide»"
    return ""
