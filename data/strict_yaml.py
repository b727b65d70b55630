"""YAML without surprises: duplicate keys, aliases, tags and oversized files are refused; every value knows its line.

PyYAML's ``safe_load`` keeps the last of two equal keys, expands alias bombs and forgets line numbers. Here the
values are built from PyYAML's flat stream of events (libyaml's where present): composing its tree of nodes costs twice
the time, and a deep one overflows libyaml's stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from data.errors import LimitError, UserError, grouped
from data.plain_file import read_file

MAX_BYTES = 5_000_000
MAX_DEPTH = 40
_STRING = "tag:yaml.org,2002:str"
_SCALARS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp", "merge", "value")}
_COLLECTIONS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlMap(dict[str, Any]):
    """A mapping that knows the file line (from 1) of itself and of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class YamlList(list[Any]):
    """A sequence that knows the file line (from 1) of itself and of each item."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class Unquoted:
    """A scalar YAML reads as something other than text (``no``, ``12:30``, ``2022``); keeps what was written."""

    def __init__(self, text: str, value: Any) -> None:
        self.text = text
        self.value = value

    def __repr__(self) -> str:
        return self.text


def load_file(path: Path, empty: bool = False) -> YamlMap:
    """Read `path`; the top level must be a mapping, or nothing at all if `empty`.

    Raises:
        UserError: unreadable, not UTF-8, not YAML, over 5 MB, or using duplicate keys, aliases or tags.
    """
    return load_bytes(read_file(path, MAX_BYTES), str(path), empty)


def load_bytes(raw: bytes, where: str, empty: bool = False) -> YamlMap:
    """Parse YAML bytes; `where` names them in messages."""
    if len(raw) > MAX_BYTES:
        raise LimitError(f"{where}: {grouped(len(raw))} Bytes sind zu viel, erlaubt sind {grouped(MAX_BYTES)}.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: die Datei ist nicht in UTF-8 gespeichert (Byte {error.start}).") from error
    value = _read(text, where)
    if value is None and empty:
        return YamlMap(1)
    if not isinstance(value, YamlMap):
        raise UserError(f"{where}: erwartet wurde auf der obersten Ebene eine Zuordnung «schlüssel: wert».")
    return value


def _read(text: str, where: str) -> Any:
    """The one document of the text, None where there is none."""
    try:
        return _Reader(where, yaml.parse(text, Loader=_Loader)).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(
            f"{where}, Zeile {line}: das ist kein gültiges YAML; bitte Einrückung und Anführungszeichen prüfen."
        ) from error
    except yaml.YAMLError as error:
        raise UserError(f"{where}: das ist kein gültiges YAML.") from error


def dump(tree: YamlMap) -> bytes:
    """The tree as YAML that `load_bytes` reads the same; comments are lost, text is quoted where it must be."""
    text: str = yaml.dump(_plain(tree), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=118)
    return text.encode()


def _plain(value: Any) -> Any:
    """Whole numbers stay numbers; what else was written without quotes becomes the text that it was."""
    if isinstance(value, Unquoted):
        return value.value if isinstance(value.value, int) and str(value.value) == value.text else value.text
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


_RARE_BREAK = re.compile("[\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, which this module refuses to read, and the rarer line breaks so that they are read again."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """In double quotes where PyYAML would write a line break raw that reads as a space."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if _RARE_BREAK.search(data) else None)


_Dumper.add_representer(str, _Dumper.represent_str)


class _Reader:
    """Turns a stream of events into YamlMap, YamlList, str, None and Unquoted."""

    def __init__(self, where: str, events: Iterator[yaml.Event]) -> None:
        self._where, self._events = where, events
        self._tag: Any = yaml.resolver.Resolver().resolve
        self._depth = 0

    def document(self) -> Any:
        """The value of the only document, None where there is none."""
        next(self._events)  # the stream begins
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events))
        next(self._events)  # the document ends
        further = next(self._events)
        if not isinstance(further, yaml.StreamEndEvent):
            raise self._error(further, "nur ein Dokument ist erlaubt, hier beginnt ein zweites (---)")
        return value

    def _value(self, event: yaml.Event) -> Any:
        """The value that begins with this event."""
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, "Verweise (*alias) sind nicht erlaubt, bitte den Text ausschreiben")
        assert isinstance(event, yaml.CollectionStartEvent)
        if event.tag not in _COLLECTIONS:
            raise self._error(event, f"die YAML-Angabe {event.tag!r} ist nicht erlaubt")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(event, f"die Verschachtelung ist tiefer als {MAX_DEPTH} Ebenen")
        value = self._mapping(event) if isinstance(event, yaml.MappingStartEvent) else self._sequence(event)
        self._depth -= 1
        return value

    def _sequence(self, start: yaml.Event) -> YamlList:
        result = YamlList(_line(start))
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            result.append(self._value(event))
            result.lines.append(_line(event))
        return result

    def _mapping(self, start: yaml.Event) -> YamlMap:
        result = YamlMap(_line(start))
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error(event, "ein Schlüssel muss ein einfaches Wort sein")
            key = str(event.value)
            if key in result:
                raise self._error(event, f"der Schlüssel {key!r} kommt doppelt vor (zuerst Zeile {result.lines[key]})")
            result[key] = self._value(next(self._events))
            result.lines[key] = _line(event)
        return result

    def _scalar(self, event: yaml.ScalarEvent) -> str | Unquoted | None:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._tag(yaml.ScalarNode, event.value, event.implicit)
        if tag == _STRING:
            return str(event.value)
        if tag not in _SCALARS:
            raise self._error(event, f"die YAML-Angabe {tag!r} ist nicht erlaubt")
        return plain_value(str(event.value), tag)

    def _error(self, event: yaml.Event, what: str) -> UserError:
        return UserError(f"{self._where}, Zeile {_line(event)}: {what}.")


def _line(event: yaml.Event) -> int:
    """The line of the file, from 1, where the event begins."""
    return event.start_mark.line + 1 if event.start_mark else 1


def plain_value(text: str, tag: str) -> Unquoted | None:
    """The value of an unquoted scalar that is not text: None, or an `Unquoted` with bool, int, float or the text."""
    kind = tag.rsplit(":", 1)[-1]
    if kind == "null":
        return None
    if kind == "bool":
        return Unquoted(text, text.lower() in {"true", "yes", "on"})
    if kind in {"int", "float"}:
        try:
            return Unquoted(text, int(text) if kind == "int" else float(text))
        except ValueError:
            return Unquoted(text, text)
    return Unquoted(text, text)
