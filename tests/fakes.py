"""A deterministic stand-in for an encoder, whose vectors can be computed by eye; readers without their process."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from index.encoder import Vectors


class WordEncoder:
    """One dimension for each known word; the vector of a text counts them, normalised. Unknown words have one of their own."""

    def __init__(self, *words: str) -> None:
        self.name, self.fingerprint = "fake", "fake-" + "-".join(words)
        self._place = {word: number for number, word in enumerate(words)}
        self.seen: list[str] = []

    def encode(self, texts: list[str]) -> Vectors:
        self.seen += texts
        counts = np.zeros((len(texts), len(self._place) + 1), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                counts[row, self._place.get(word, len(self._place))] += 1.0
            counts[row, -1] += 1e-3
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@contextlib.contextmanager
def unconfined() -> Iterator[None]:
    """Let parsers read in this process: where thousands of files are read, or the parser itself is looked at."""

    def here(read: Callable[..., Any], path: Path, *limits: int) -> Any:
        return read(path, *limits)

    with mock.patch("data.documents.confined", here), mock.patch("data.tables.confined", here):
        yield
