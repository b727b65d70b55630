"""Readers of files that do what parsers of hostile files do; test_confined.py runs them."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

from data.errors import LimitError, UserError


def told(path: Path, *limits: int) -> Any:
    return [path.name, *limits, "Grüße \ud800", None, 1.5]


def mistaken(path: Path) -> None:
    raise UserError(f"«{path.name}» ist falsch.")


def limited(path: Path) -> None:
    raise LimitError(f"«{path.name}» ist zu groß.")


def unreadable(path: Path) -> None:
    path.open()


def ends(_: Path) -> None:
    ctypes.string_at(0)


def fills(_: Path) -> int:
    return len(b"x" * 3_000_000_000)


def endless(_: Path) -> None:
    while True:
        pass


def talks(_: Path) -> str:
    print("vom Leser gesagt", flush=True)
    os.write(1, b"und noch etwas")
    return "gelesen"


def writes(path: Path) -> None:
    path.write_text("x")


def much(_: Path) -> list[str]:
    return ["x" * 1_000_000] * 200
