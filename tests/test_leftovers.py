"""What uploads leave behind."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from app.leftovers import sweep, swept


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def aged(path: Path, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    for item in (path, path.parent):
        os.utime(item, (time.time() - seconds,) * 2)
    return path


def test_old_files_and_their_empty_folders_go(tmp_path: Path) -> None:
    aged(tmp_path / "alt" / "antrag.pdf", 7200)
    aged(tmp_path / "neu" / "antrag.pdf", 10)
    assert sweep(tmp_path, 3600) == 1
    assert left(tmp_path) == ["antrag.pdf", "neu"]


def test_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "zwischenlager"
    with swept(folder):
        aged(folder / "a" / "b.csv", 5)
        assert left(folder) == ["a", "b.csv"]
    assert left(folder) == []


def test_the_folder_is_kept_short_while_the_server_runs(tmp_path: Path) -> None:
    with swept(tmp_path / "7860", kept_seconds=60, every_seconds=0.01):
        gone = aged(tmp_path / "7861" / "b.csv", 120)
        until = time.monotonic() + 5
        while gone.exists() and time.monotonic() < until:
            time.sleep(0.01)
        assert not gone.exists()


def test_what_else_is_to_be_swept_is_called_at_the_start_and_every_time(tmp_path: Path) -> None:
    called = threading.Semaphore(0)
    with swept(tmp_path / "7860", every_seconds=0.01, also=called.release):
        assert all(called.acquire(timeout=10) for _ in range(3))
