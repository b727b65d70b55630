"""YAML without surprises: duplicate keys, aliases, tags and oversized files are refused; every value knows its line.

PyYAML's ``safe_load`` keeps the last of two equal keys, expands alias bombs and forgets line numbers. Here the
node tree is built by PyYAML (libyaml where present) and converted by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from data.errors import LimitError, UserError, grouped
from data.plain_file import read_file

MAX_BYTES = 5_000_000
MAX_DEPTH = 40
_STRING = "tag:yaml.org,2002:str"
_SCALARS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp", "merge", "value")}
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
    node = _compose(text, where)
    if node is None and empty:
        return YamlMap(1)
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{where}: erwartet wurde auf der obersten Ebene eine Zuordnung «schlüssel: wert».")
    value = _Converter(where).convert(node)
    assert isinstance(value, YamlMap)
    return value


def _compose(text: str, where: str) -> yaml.Node | None:
    try:
        _refuse_depth(text, where)
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(
            f"{where}, Zeile {line}: das ist kein gültiges YAML; bitte Einrückung und Anführungszeichen prüfen."
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{where}: das ist kein gültiges YAML.") from error


def _refuse_depth(text: str, where: str) -> None:
    """Count the nesting on the flat stream of events: composing a deep tree overflows libyaml's stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise UserError(f"{where}, Zeile {line}: die Verschachtelung ist tiefer als {MAX_DEPTH} Ebenen.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


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


class _Converter:
    """Turns a node tree into YamlMap, YamlList, str, None and Unquoted."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._seen: set[int] = set()

    def convert(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._seen:
            raise self._error(node, "Verweise (*alias) sind nicht erlaubt, bitte den Text ausschreiben")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node)
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node)

    def _sequence(self, node: yaml.SequenceNode) -> YamlList:
        result = YamlList(node.start_mark.line + 1)
        for child in node.value:
            result.append(self.convert(child))
            result.lines.append(child.start_mark.line + 1)
        return result

    def _mapping(self, node: yaml.MappingNode) -> YamlMap:
        result = YamlMap(node.start_mark.line + 1)
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "ein Schlüssel muss ein einfaches Wort sein")
            key = str(key_node.value)
            if key in result:
                raise self._error(
                    key_node, f"der Schlüssel {key!r} kommt doppelt vor (zuerst Zeile {result.lines[key]})"
                )
            result[key] = self.convert(child)
            result.lines[key] = key_node.start_mark.line + 1
        return result

    def _scalar(self, node: yaml.ScalarNode) -> str | Unquoted | None:
        if node.tag == _STRING:
            return str(node.value)
        if node.tag not in _SCALARS:
            raise self._error(node, f"die YAML-Angabe {node.tag!r} ist nicht erlaubt")
        return plain_value(str(node.value), node.tag)

    def _error(self, node: yaml.Node, what: str) -> UserError:
        return UserError(f"{self._where}, Zeile {node.start_mark.line + 1}: {what}.")


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
