"""Texts that hold for every city: those that serve no goal, and sentences that say nothing about a topic.

They teach the matcher to answer "kein Ziel passt" and to look past the filling of an application.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.errors import UserError
from data.strict_yaml import YamlList, YamlMap, load_file

PATH = Path(__file__).parent / "background.yaml"


@dataclass(frozen=True)
class Background:
    """`goalless`: whole texts without a goal; `neutral`: sentences of applications that carry no topic."""

    goalless: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()


def load_background(path: Path = PATH) -> Background:
    """The shipped texts.

    Raises:
        UserError: the file is damaged.
    """
    tree = load_file(path)
    return Background(_texts(tree, "goalless", path), _texts(tree, "neutral", path))


def _texts(tree: YamlMap, key: str, path: Path) -> tuple[str, ...]:
    texts = tree.get(key)
    if not isinstance(texts, YamlList) or not all(isinstance(text, str) and text.strip() for text in texts):
        raise UserError(f"«{path}»: erwartet wird unter {key!r} eine Liste von Texten.")
    return tuple(texts)
