"""Uploads and result tables are kept only for the work: what is left over is deleted."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

KEPT_SECONDS = 3_600
EVERY_SECONDS = 600


def sweep(folder: Path, kept_seconds: float) -> int:
    """Delete files and empty folders below `folder` that are older than that; returns how many files.

    A young empty folder stays: an upload may be on its way into it.
    """
    limit = time.time() - kept_seconds
    deleted = 0
    for path in _older(folder, limit):
        with contextlib.suppress(OSError):  # a folder that is not empty stays; another process may have been quicker
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
                deleted += 1
    return deleted


def _older(folder: Path, limit: float) -> list[Path]:
    """Everything below `folder` that was last changed before `limit`, the deepest first."""
    found = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime <= limit:
                found.append(path)
    return sorted(found, key=lambda path: len(path.parts), reverse=True)


@contextlib.contextmanager
def swept(
    folder: Path,
    kept_seconds: float = KEPT_SECONDS,
    every_seconds: float = EVERY_SECONDS,
    also: Callable[[], object] = lambda: None,
) -> Iterator[None]:
    """Keep a folder of temporary files short while the block runs, and leave it empty at the end.

    Old files beside the folder, left by a process that was killed, go too; `also` is called as often.
    """
    ended = threading.Event()

    def keep_short() -> None:
        while not ended.wait(every_seconds):
            sweep(folder.parent, kept_seconds)
            also()

    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent, kept_seconds)
    also()
    worker = threading.Thread(target=keep_short, name="leftovers", daemon=True)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join(1)
        sweep(folder, 0)
