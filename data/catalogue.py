"""Goal catalogues: the goals of one city, each with the council's words and an editorial profile.

A catalogue is a YAML file. The least it needs is ``catalogue: {id, title}``, ``areas: [{id, title}]`` and
``goals: [{id, title, area}]``; a goal without an area is city-wide. Ids are opaque.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from data.errors import UserError
from data.plain_file import is_plain_file, named_path, read_file
from data.strict_yaml import MAX_BYTES, Unquoted, YamlList, YamlMap, load_bytes

FOLDER = Path(__file__).parent / "catalogues"
DEFAULT = "neumuenster"
AreaId = int | str

_TOP = {"catalogue", "areas", "goals"}
_HEAD = {"id", "title", "version", "language", "origin", "note"}
_AREA = {"id", "title", "groups", "terms"}
_GOAL = {"id", "title", "area", "source", "status", "status_evidence", "meaning", "terms", "examples", "crosscutting"}
_GOAL |= {"borders"}
_BORDER = {"goal", "note", "question"}


@dataclass(frozen=True)
class Area:
    """A product area (Produktbereich) of a catalogue.

    `groups` are the names of its product groups in the product frame; they say where a text without a goal belongs.
    """

    id: AreaId
    title: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Border:
    """Where a goal ends and a neighbour begins, with the question that decides between the two."""

    goal: str
    note: str
    question: str


@dataclass(frozen=True)
class Goal:
    """One goal. `source` is the council's wording, verbatim; `meaning`, `terms`, `examples` are editorial.

    `crosscutting` (city-wide goals only) are projects of a product area that serve this goal as well, whereas
    `examples` of a city-wide goal are projects that no product-area goal covers.
    """

    id: str
    title: str
    area: AreaId | None
    source: str = ""
    status: str = ""
    status_evidence: str = ""
    meaning: str = ""
    terms: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    crosscutting: tuple[str, ...] = ()
    borders: tuple[Border, ...] = ()

    @property
    def level(self) -> str:
        """``citywide`` or ``area``."""
        return "citywide" if self.area is None else "area"

    def to_json(self) -> dict[str, Any]:
        """The object of `goals --json`."""
        return {**asdict(self), "level": self.level}


@dataclass(frozen=True)
class Catalogue:
    """A validated catalogue; `digest` is the SHA-256 of the file's bytes, hexadecimal."""

    id: str
    title: str
    version: str
    areas: tuple[Area, ...]
    goals: tuple[Goal, ...]
    digest: str
    note: str = ""

    @property
    def name(self) -> str:
        """``id@version``, or the id alone where the file gives no version."""
        return f"{self.id}@{self.version}" if self.version else self.id

    @cached_property
    def by_id(self) -> dict[str, Goal]:
        return {goal.id: goal for goal in self.goals}

    @cached_property
    def area_goals(self) -> tuple[Goal, ...]:
        return tuple(goal for goal in self.goals if goal.area is not None)

    @cached_property
    def citywide_goals(self) -> tuple[Goal, ...]:
        return tuple(goal for goal in self.goals if goal.area is None)

    def area(self, wanted: AreaId) -> Area:
        """The area with this id; ``5`` and ``"5"`` are the same.

        Raises:
            UserError: no such area; the message lists the known ones.
        """
        for area in self.areas:
            if str(area.id) == str(wanted).strip():
                return area
        known = ", ".join(f"{area.id} ({area.title})" for area in self.areas)
        raise UserError(
            f"Den Produktbereich {str(wanted)!r} gibt es im Zielkatalog «{self.name}» nicht; bekannt sind: {known}."
        )


def available() -> list[str]:
    """Names of the catalogues that ship with the software."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def find_catalogue(name: str | Path, folders: tuple[Path, ...] = ()) -> Path:
    """The file of a catalogue given by name or path; `folders` are searched before the shipped ones.

    Raises:
        UserError: neither a shipped name nor an existing file.
    """
    for folder in (*folders, FOLDER):
        candidate = folder / f"{name}.yaml"
        if "/" not in str(name) and "\\" not in str(name) and is_plain_file(candidate):
            return candidate
    path = named_path(str(name))
    if is_plain_file(path):
        return path
    raise UserError(
        f"Der Zielkatalog {str(name)!r} ist nicht da: weder ein mitgelieferter Katalog ({', '.join(available())}) "
        "noch eine vorhandene Datei; bitte Namen oder Pfad prüfen."
    )


def load_catalogue(name: str | Path = DEFAULT, folders: tuple[Path, ...] = ()) -> Catalogue:
    """Load and validate a catalogue by name or path.

    Raises:
        UserError: with file, line and goal id, for anything that is missing, unknown, doubled or of a wrong type.
    """
    path = find_catalogue(name, folders)
    return parse_catalogue(read_file(path, MAX_BYTES), path.name)


def parse_catalogue(raw: bytes, where: str) -> Catalogue:
    """Validate catalogue bytes; `where` is the name used in messages."""
    reader = _Reader(where)
    top = load_bytes(raw, where)
    reader.known(top, _TOP, "Katalog")
    head = reader.mapping(top, "catalogue", "Katalog")
    reader.known(head, _HEAD, "catalogue")
    areas = tuple(reader.area(item, line) for item, line in reader.items(top, "areas"))
    reader.unique([str(area.id) for area in areas], top["areas"], "Produktbereich")
    goals = tuple(reader.goal(item, line) for item, line in reader.items(top, "goals"))
    reader.unique([goal.id for goal in goals], top["goals"], "Ziel")
    if not goals:
        raise UserError(f"{where}, Zeile {top.lines['goals']}: der Katalog enthält kein Ziel.")
    reader.references(goals, areas, top["goals"])
    return Catalogue(
        id=reader.identifier(head, "id", "catalogue"),
        title=reader.text(head, "title", "catalogue"),
        version=reader.identifier(head, "version", "catalogue", needed=False),
        note=reader.text(head, "note", "catalogue", needed=False),
        areas=areas,
        goals=goals,
        digest=hashlib.sha256(raw).hexdigest(),
    )


class _Reader:
    """Typed access to the YAML tree with German errors that name file, line and entry."""

    def __init__(self, where: str) -> None:
        self._where = where

    def fail(self, line: int, what: str) -> UserError:
        return UserError(f"{self._where}, Zeile {line}: {what}.")

    def known(self, node: YamlMap, keys: set[str], owner: str) -> None:
        for key in node:
            if key not in keys:
                raise self.fail(
                    node.lines[key],
                    f"{owner} hat den unbekannten Schlüssel {key!r}; bekannt sind {', '.join(sorted(keys))}",
                )

    def unique(self, ids: list[str], node: YamlList, owner: str) -> None:
        seen: dict[str, int] = {}
        for entry, line in zip(ids, node.lines, strict=True):
            if entry in seen:
                raise self.fail(line, f"{owner} {entry!r} kommt doppelt vor (zuerst in Zeile {seen[entry]})")
            seen[entry] = line

    def references(self, goals: tuple[Goal, ...], areas: tuple[Area, ...], node: YamlList) -> None:
        known_areas, known_goals = {area.id for area in areas}, {goal.id for goal in goals}
        for goal, line in zip(goals, node.lines, strict=True):
            if goal.area is not None and goal.area not in known_areas:
                expected = ", ".join(repr(area.id) for area in areas) or "keine"
                raise self.fail(
                    line, f"Ziel {goal.id!r} nennt den Produktbereich {goal.area!r}, angelegt sind: {expected}"
                )
            for border in goal.borders:
                if border.goal not in known_goals:
                    raise self.fail(line, f"Ziel {goal.id!r} grenzt sich von {border.goal!r} ab, das es nicht gibt")

    def mapping(self, node: YamlMap, key: str, owner: str) -> YamlMap:
        value = self._needed(node, key, owner)
        if not isinstance(value, YamlMap):
            raise self.fail(node.lines[key], f"{key!r} muss eine Zuordnung sein, gefunden wurde {_kind(value)}")
        return value

    def items(self, node: YamlMap, key: str) -> list[tuple[YamlMap, int]]:
        value = self._needed(node, key, "Katalog")
        if not isinstance(value, YamlList):
            raise self.fail(node.lines[key], f"{key!r} muss eine Liste sein, gefunden wurde {_kind(value)}")
        for item, line in zip(value, value.lines, strict=True):
            if not isinstance(item, YamlMap):
                raise self.fail(
                    line, f"jeder Eintrag von {key!r} muss eine Zuordnung sein, gefunden wurde {_kind(item)}"
                )
        return list(zip(value, value.lines, strict=True))

    def area(self, node: YamlMap, line: int) -> Area:
        owner = f"Produktbereich {str(node.get('id', '?'))!r}"
        self.known(node, _AREA, owner)
        identity = self._needed(node, "id", f"Produktbereich in Zeile {line}")
        return Area(
            id=self._area_id(identity, node.lines["id"]),
            title=self.text(node, "title", owner),
            groups=self.texts(node, "groups", owner),
        )

    def goal(self, node: YamlMap, line: int) -> Goal:
        owner = f"Ziel {str(node.get('id', '?'))!r}"
        self.known(node, _GOAL, owner)
        area = node.get("area")
        identity = self.identifier(node, "id", f"Ziel in Zeile {line}")
        if not any(map(str.isalnum, identity)):  # bare signs stand for texts without a goal
            raise self.fail(line, f"{owner}: die Kennung muss einen Buchstaben oder eine Ziffer enthalten")
        return Goal(
            id=identity,
            title=self.text(node, "title", owner),
            area=None if area is None else self._area_id(area, node.lines["area"]),
            source=self.text(node, "source", owner, needed=False),
            status=self.text(node, "status", owner, needed=False),
            status_evidence=self.text(node, "status_evidence", owner, needed=False),
            meaning=self.text(node, "meaning", owner, needed=False),
            terms=self.texts(node, "terms", owner),
            examples=self.texts(node, "examples", owner),
            crosscutting=self.texts(node, "crosscutting", owner),
            borders=self._borders(node, owner),
        )

    def _borders(self, node: YamlMap, owner: str) -> tuple[Border, ...]:
        if node.get("borders") is None:
            return ()
        result = []
        for item, _ in self.items(node, "borders"):
            self.known(item, _BORDER, f"{owner}, borders")
            question = self.text(item, "question", owner, needed=False)
            result.append(Border(self.identifier(item, "goal", owner), self.text(item, "note", owner), question))
        return tuple(result)

    def identifier(self, node: YamlMap, key: str, owner: str, needed: bool = True) -> str:
        """An id or version: text, or an unquoted number taken as it is written."""
        value = self._needed(node, key, owner) if needed else node.get(key)
        if value is None:
            return ""
        text = value.text if isinstance(value, Unquoted) else value
        if not isinstance(text, str) or not text.strip():
            raise self.fail(node.lines[key], f"{owner}: {key!r} muss ein Text sein, gefunden wurde {_kind(value)}")
        return text.strip()

    def text(self, node: YamlMap, key: str, owner: str, needed: bool = True) -> str:
        value = self._needed(node, key, owner) if needed else node.get(key)
        if value is None:
            return ""
        return self._string(value, node.lines[key], f"{owner}: {key!r}", needed)

    def texts(self, node: YamlMap, key: str, owner: str) -> tuple[str, ...]:
        value = node.get(key)
        if value is None:
            return ()
        if not isinstance(value, YamlList):
            raise self.fail(
                node.lines[key], f"{owner}: {key!r} muss eine Liste von Texten sein, gefunden wurde {_kind(value)}"
            )
        pairs = zip(value, value.lines, strict=True)
        return tuple(self._string(item, line, f"{owner}: jeder Eintrag von {key!r}", True) for item, line in pairs)

    def _string(self, value: Any, line: int, what: str, needed: bool) -> str:
        if isinstance(value, Unquoted):
            raise self.fail(line, f"{what} muss ein Text sein; bitte {value.text!r} in Anführungszeichen setzen")
        if not isinstance(value, str):
            raise self.fail(line, f"{what} muss ein Text sein, gefunden wurde {_kind(value)}")
        if needed and not value.strip():
            raise self.fail(line, f"{what} ist leer")
        return " ".join(value.split())

    def _needed(self, node: YamlMap, key: str, owner: str) -> Any:
        if node.get(key) is None:
            raise self.fail(node.lines.get(key, node.line), f"{owner}: die Angabe {key!r} fehlt")
        return node[key]

    def _area_id(self, value: Any, line: int) -> AreaId:
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, Unquoted) and isinstance(value.value, int) and not isinstance(value.value, bool):
            return value.value
        raise self.fail(
            line,
            f"die Kennung eines Produktbereichs muss Text oder eine ganze Zahl sein, gefunden wurde {_kind(value)}",
        )


def _kind(value: Any) -> str:
    if value is None:
        return "nichts"
    if isinstance(value, YamlMap):
        return "eine Zuordnung"
    if isinstance(value, YamlList):
        return "eine Liste"
    return repr(value) if isinstance(value, Unquoted) else f"der Text {str(value)[:40]!r}"
