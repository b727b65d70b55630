"""Fresh processes for a benchmark, and the machine it ran on."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, NamedTuple

import httpx
import numpy as np

from data.errors import UserError
from eval.benchmark_probe import Job, Result
from index.encoder import Vectors

PYTHON = [sys.executable, "-P"]  # -P: a folder called eval or data in the working directory is not ours
PATIENCE = 30.0  # seconds that a process has to end in
_LIBRARIES = ("onnxruntime", "tokenizers", "sentence-transformers", "transformers", "torch", "numpy")
_THREADS = ("ISEK_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


class Done(NamedTuple):
    """A finished job; `seconds` from the start of the process to its end."""

    seconds: float
    result: Result
    vectors: Vectors


def probe(job: Job, threads: int) -> Done:
    """Have a job done in a process of its own.

    Raises:
        UserError: the model cannot be loaded.
    """
    with tempfile.TemporaryDirectory(prefix="isek-bench-") as name:
        folder = Path(name)
        (folder / "job.json").write_text(json.dumps(asdict(job)), "utf-8")
        taken = timed([*PYTHON, "-m", "eval.benchmark_probe", name], threads)
        answer = json.loads((folder / "result.json").read_text("utf-8"))
        if "error" in answer:
            raise UserError(answer["error"])
        return Done(taken, Result(**answer), np.load(folder / "vectors.npy"))


def timed(command: Sequence[str], threads: int) -> float:
    """Seconds from the start of a command to its end.

    Raises:
        UserError: it ended with an error; the message holds the last line it said.
    """
    environment = os.environ | dict.fromkeys(_THREADS, str(threads)) | {"TOKENIZERS_PARALLELISM": "false"}
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    taken = time.perf_counter() - start
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["ohne Meldung"]
        raise UserError(f"Ein gemessener Befehl endete mit Status {done.returncode}: {said[-1].removeprefix('isek: ')}")
    return taken


@contextlib.contextmanager
def running(command: Sequence[str], said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process while the block runs, and no longer, however the block ends; `said` is where its output goes."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def server(command: Sequence[str], site: str, patience: float = 300.0) -> Iterator[int]:
    """A server while the block runs; gives its process number once `site` answers.

    Raises:
        UserError: it ended early, or never answered.
    """
    with tempfile.TemporaryFile() as said, running(command, said) as process:
        until = time.monotonic() + patience
        while not _answers(site):
            if process.poll() is not None or time.monotonic() > until:
                said.seek(0)
                last = said.read().decode("utf-8", "replace").strip().splitlines() or ["ohne Meldung"]
                raise UserError(f"Der Dienst ist nicht gestartet: {last[-1].removeprefix('isek: ')}")
            time.sleep(0.2)
        yield process.pid


def _answers(site: str) -> bool:
    try:
        return httpx.get(site, timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@dataclass(frozen=True)
class Machine:
    """Where and on what a benchmark ran; `commit` is empty outside a checkout, and ends in + where files are changed."""

    processor: str
    cores: int
    python: str
    libraries: dict[str, str]
    commit: str


def machine() -> Machine:
    """This machine."""
    return Machine(_processor(), os.cpu_count() or 1, platform.python_version(), _versions(), _commit())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    """Only reads; `--no-optional-locks` keeps git from refreshing its index on the way."""
    root = Path(__file__).parents[1]
    git = ["git", "--no-optional-locks", "-C", str(root)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
