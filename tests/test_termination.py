"""Commands told to end by SIGTERM: nothing that they started runs on, and no folder of theirs is left."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eval.benchmark_load import resident
from eval.benchmark_process import PYTHON, running

CHECKOUT = Path(__file__).parents[1]
LOAD = ("load", "--users", "1", "--seconds", "600", "--think", "0.2")


def children(process: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text("utf-8")
        except OSError:  # it has just ended
            continue
        if re.search(rf"^PPid:\s+{process}$", text, re.MULTILINE) and not re.search(r"^State:\s+Z", text, re.MULTILINE):
            found.append(int(status.parts[2]))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system has no /proc")
@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "said", "folder"),
    [
        (LOAD, "1 Personen", ""),  # the server answers, users begin
        (("scale", "--texts", "100000", "--vectors", "0"), "100000 Zeilen", "isek-scale-*"),
        (("peers", "--only", "isek"), "ISEK-Zielfinder …", "isek-peers-*"),
    ],
    ids=["load", "scale", "peers"],
)
def test_a_benchmark_that_is_terminated_ends_what_it_started(
    tmp_path: Path, arguments: tuple[str, ...], said: str, folder: str
) -> None:
    log, passing = tmp_path / "log", tmp_path / "passing"
    passing.mkdir()
    command, place = [sys.executable, "-m", "app", "bench", *arguments], os.environ | {"TMPDIR": str(passing)}
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, cwd=CHECKOUT, env=place)
    started: list[int] = []
    try:
        while process.poll() is None and not (said in log.read_text("utf-8") and children(process.pid)):
            time.sleep(0.05)
        started = children(process.pid)
        assert len(started) == 1 and (not folder or list(passing.glob(folder))), log.read_text("utf-8")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
        assert resident(started[0]) is None and "Traceback" not in log.read_text("utf-8")
        assert list(passing.iterdir()) == []
    finally:
        process.kill()
        process.wait()
        for left in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.benchmark_process.PATIENCE", 0.2)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    with (tmp_path / "said").open("wb") as said, running([*PYTHON, "-c", deaf], said) as process:
        while not (tmp_path / "said").stat().st_size:
            time.sleep(0.02)
    assert process.returncode == -signal.SIGKILL


def test_a_second_signal_does_not_disturb_what_is_being_cleared_away(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"""
import os, signal, pathlib
from app.commands.termination import unwind_when_terminated
unwind_when_terminated()
try:
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
finally:
    os.kill(os.getpid(), signal.SIGTERM)
    pathlib.Path({str(told)!r}).write_text("cleared")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, check=False)
    assert (done.returncode, told.read_text("utf-8")) == (128 + signal.SIGTERM, "cleared")
