"""Damages a saved index in every way a disk or a hand can, and kills processes that save one.

    python tests/index_soak.py --damages 1000 --kills 500

Prints one JSON object; the exit status is 1 when a damaged index was loaded or a half one was left. POSIX only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from conftest import SMALL
from fakes import WordEncoder

from data.background import Background
from data.catalogue import parse_catalogue
from data.errors import UserError
from index.learning import Tuning
from index.store import GoalIndex, load_index, open_index, save_index
from index.texts import corpus_of


def built(home: Path) -> tuple[GoalIndex, Path]:
    """A small index and the folder in `home` that it was saved in."""
    catalogue = parse_catalogue(SMALL.encode(), "klein.yaml")
    corpus = corpus_of(catalogue, Background(("Personalausweis verlängern", "Verkaufe Sofa")), ())
    index = open_index(home, catalogue, corpus, WordEncoder("radweg", "schulhof", "bahnhof"), Tuning())
    return index, home / "index" / index.manifest["key"]


def _flip(path: Path, others: list[Path], dice: random.Random) -> None:  # noqa: ARG001 - all damages are called alike
    raw = bytearray(path.read_bytes())
    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)


def _cut(path: Path, others: list[Path], dice: random.Random) -> None:  # noqa: ARG001
    raw = path.read_bytes()
    path.write_bytes(raw[: dice.randrange(len(raw))])


def _lengthen(path: Path, others: list[Path], dice: random.Random) -> None:  # noqa: ARG001
    path.write_bytes(path.read_bytes() + dice.randbytes(dice.randint(1, 64)))


def _overwrite(path: Path, others: list[Path], dice: random.Random) -> None:  # noqa: ARG001
    raw = bytearray(path.read_bytes())
    start = dice.randrange(len(raw))
    before = bytes(raw[start : start + 32])
    raw[start : start + 32] = bytes(value ^ 255 for value in before)
    path.write_bytes(raw)


def _remove(path: Path, others: list[Path], dice: random.Random) -> None:  # noqa: ARG001
    path.unlink()


def _swap(path: Path, others: list[Path], dice: random.Random) -> None:
    path.write_bytes(dice.choice(others).read_bytes())


def _empty(path: Path, others: list[Path], dice: random.Random) -> None:  # noqa: ARG001
    path.write_bytes(b"")


DAMAGES: tuple[Callable[[Path, list[Path], random.Random], None], ...] = (
    _flip,
    _flip,
    _flip,
    _overwrite,
    _cut,
    _lengthen,
    _swap,
    _remove,
    _empty,
)


def refused(folder: Path, times: int, dice: random.Random) -> int:
    """How many of so many damaged copies of a sound index are refused; each has one damage in one of its files."""
    pristine = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    count = 0
    for number in range(times):
        path = list(pristine)[number % len(pristine)]
        dice.choice(DAMAGES)(path, [other for other in pristine if other != path], dice)
        try:
            load_index(folder)
        except UserError:
            count += 1
        path.write_bytes(pristine[path])
    load_index(folder)
    return count


def killed(home: Path, times: int, dice: random.Random) -> dict[str, int]:
    """Kill a process that saves an index over and over, at random moments; a folder under its name must always be whole."""
    index, folder = built(home)
    inconsistent = 0
    for _ in range(times):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                while True:
                    save_index(index, folder)
            os._exit(1)
        time.sleep(dice.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if folder.exists():
            try:
                load_index(folder)
            except UserError:
                inconsistent += 1
                shutil.rmtree(folder)
    return {"kills": times, "inconsistent": inconsistent}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--damages", type=int, default=1000)
    options.add_argument("--kills", type=int, default=500)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    dice = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as home:
        _, folder = built(Path(home))
        result = {"damages": given.damages, "refused": refused(folder, given.damages, dice)}
        result |= killed(Path(home), given.kills, dice)
    print(json.dumps(result))
    return int(result["refused"] < result["damages"] or result["inconsistent"] > 0)


if __name__ == "__main__":
    sys.exit(main())
