"""Evaluations started from the page: one at a time, in a process of its own, kept in the home folder to be read again.

The process runs at a lower priority than the server, so that answers on the other pages do not wait for it.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any

from app.decisions.labels import MEASUREMENTS
from app.evaluation import Task, run_evaluation
from app.evaluation_files import write_errors, write_report, write_text
from app.settings import Settings, isek_home
from data.errors import UserError, reason
from index.encoder import Encoder

KEPT = 12
PAGE, RECORD, ERRORS = "bericht.html", "bericht.json", "fehler.jsonl"
FILES = {
    PAGE: "text/html",
    RECORD: "application/json",
    "fehler.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "fehler.csv": "text/csv",
}
OUR_FAULT = "Ein Fehler im Programm; bitte der Stelle melden, die den Zielfinder betreut."
THROUGH_API = "Über die Schnittstelle wird gemessen."
STOPPING = "Die Messung wird abgebrochen."
BUSY = "Es läuft schon eine Messung ({by}); bitte warten, bis sie fertig ist."
_NICER = 10


@dataclass(frozen=True)
class Measurement:
    """A finished evaluation: `record` is the JSON of `isek eval`, `errors` are the rows of the wrong cases."""

    number: str
    by: str
    at: datetime
    seconds: float
    record: dict[str, Any]
    folder: Path

    def errors(self) -> list[dict[str, Any]]:
        """The wrong cases with their texts; none where the file is gone."""
        try:
            lines = (self.folder / ERRORS).read_text("utf-8").split("\n")
            return [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError):
            return []


@dataclass(frozen=True)
class Progress:
    """How far the running evaluation is: `share` in [0, 1]; `by` started it, and only one that `stops` can be ended from
    the page. Not `running`: how the last one ended."""

    running: bool = False
    by: str = ""
    sentence: str = ""
    share: float = 0.0
    fault: str = ""
    number: str = ""
    stops: bool = True


class Measurements:
    """Starts evaluations, follows them, and finds the finished ones; knows of those that others make in this process."""

    def __init__(self, home: Path | None = None) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._progress = Progress()
        self._process: Any = None

    @property
    def folder(self) -> Path:
        return (self._home or isek_home()) / MEASUREMENTS

    @property
    def progress(self) -> Progress:
        return self._progress

    def start(self, settings: Settings, task: Task, by: str) -> None:
        """Begin an evaluation.

        Raises:
            UserError: another one is running, the home folder cannot be written, or no process can be started.
        """
        with self._lock:
            self._check_idle()
            target = _new_folder(self.folder)
            context = multiprocessing.get_context("spawn")
            receive, send = context.Pipe(duplex=False)
            process = context.Process(target=_measured, args=(settings, task, by, target, send), daemon=True)
            try:
                process.start()
            except OSError as error:
                receive.close()
                shutil.rmtree(target, ignore_errors=True)
                raise UserError(
                    f"Die Messung ließ sich nicht starten ({reason(error)}); bitte später wiederholen."
                ) from error
            finally:
                send.close()  # the child has its own end; without this the reader would never see it close
            self._process, self._progress = process, Progress(True, by, "Die Messung wird vorbereitet.")
        steps = _Steps(1 + len(task.compare))
        threading.Thread(target=self._follow, args=(process, receive, target, steps), daemon=True).start()

    @contextlib.contextmanager
    def elsewhere(self, by: str) -> Iterator[Callable[[str, int, int], None]]:
        """While somebody measures through the API: no other evaluation starts, and the page says that one is running.

        Yields what is to be told of its progress: name of the variant, texts done, texts in all.

        Raises:
            UserError: an evaluation is running.
        """
        with self._lock:
            self._check_idle()
            self._progress = Progress(True, by, f"{THROUGH_API} Sie wird vorbereitet.", stops=False)
        steps = _Steps(1)

        def told(name: str, done: int, total: int) -> None:
            sentence, share = steps.at(name, done, total)
            self._tell(f"{THROUGH_API} {sentence}", share)

        ended = Progress(fault="Die Messung über die Schnittstelle ist gescheitert.")
        try:
            yield told
            ended = Progress(sentence="Die Messung über die Schnittstelle ist zu Ende.")
        finally:
            with self._lock:
                self._progress = ended

    def _tell(self, sentence: str, share: float | None = None) -> None:
        """How far it is, unless it is being stopped, which is what whoever looks must go on seeing."""
        with self._lock:
            if self._progress.sentence != STOPPING:
                now = self._progress
                self._progress = replace(now, sentence=sentence, share=now.share if share is None else share)

    def _check_idle(self) -> None:
        if self._progress.running:
            raise UserError(BUSY.format(by=self._progress.by))

    def cancel(self) -> None:
        """End the running evaluation; nothing of it is kept."""
        with self._lock:
            if self._progress.running and self._progress.stops:
                self._process.terminate()
                self._progress = replace(self._progress, sentence=STOPPING)

    def finished(self) -> list[Measurement]:
        """The finished evaluations, newest first; damaged ones are left out."""
        found = [_read(path) for path in sorted(self.folder.glob("[0-9]*"), reverse=True)]
        return [measurement for measurement in found if measurement is not None]

    def file(self, number: str, name: str) -> Path | None:
        """A file of a finished evaluation; None where there is no such evaluation or file."""
        if name not in FILES or not number.replace("-", "").isdecimal():
            return None
        path = self.folder / number / name
        return path if path.is_file() else None

    def _follow(self, process: Any, receive: Connection, target: Path, steps: _Steps) -> None:
        """Read what the process tells until it ends, and keep or drop what it has written."""
        last: tuple[str, Any] = ("", None)
        try:
            while True:
                last = receive.recv()
                if last[0] == "progress":
                    self._tell(*steps.at(*last[1]))
                elif last[0] == "say":
                    self._tell(last[1])
        except EOFError:
            process.join()
        number = ""
        if last[0] == "done":
            number = _keep(target, self.folder)
        shutil.rmtree(target, ignore_errors=True)
        with self._lock:
            self._progress = _ending(last, number)


class _Steps:
    """The variants that are measured one after the other, in the order in which they are heard of."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._names: dict[str, int] = {}

    def at(self, name: str, done: int, total: int) -> tuple[str, float]:
        """A sentence on how far a variant is, and the share of the whole in [0, 1]."""
        step = self._names.setdefault(name, len(self._names))
        which = f" ({step + 1} von {self._count})" if self._count > 1 else ""
        return f"{name}: {done} von {total} Texten{which}.", (step + done / max(1, total)) / self._count


def _ending(last: tuple[str, Any], number: str) -> Progress:
    if number:
        return Progress(sentence="Die Messung ist fertig.", number=number)
    if last[0] in ("fault", "done"):
        return Progress(fault=last[1] or OUR_FAULT)
    return Progress(sentence="Die Messung wurde abgebrochen.")


def _measured(settings: Settings, task: Task, by: str, target: Path, send: Connection) -> None:
    """What the process does: measure, write the files, tell how far it is."""
    try:
        if hasattr(os, "nice"):  # Windows has none
            os.nice(_NICER)
        measure(settings, task, by, target, send)
        send.send(("done", ""))
    except UserError as error:
        send.send(("fault", str(error)))
    except (BrokenPipeError, KeyboardInterrupt):  # the server has gone
        pass
    except Exception as error:
        from app.logs import log_fault

        log_fault(error)
        send.send(("fault", OUR_FAULT))
    finally:
        send.close()


def measure(
    settings: Settings,
    task: Task,
    by: str,
    target: Path,
    told: Any,
    *,
    encoder: Encoder | None = None,
    home: Path | None = None,
) -> None:
    """Evaluate and write all files of a measurement into the folder `target`; `told.send` hears how far it is.

    Raises:
        UserError: see `run_evaluation`.
    """
    began, now = monotonic(), datetime.now().astimezone()
    made = run_evaluation(
        settings,
        task,
        lambda sentence: told.send(("say", sentence)),
        encoder=encoder,
        home=home,
        progress=lambda name, done, total: told.send(("progress", (name, done, total))),
    )
    write_report(made, target, now.date())
    for name in ("fehler.xlsx", "fehler.csv", ERRORS):
        write_errors(made, target / name)
    about = {"by": by, "at": now.isoformat(timespec="seconds"), "seconds": round(monotonic() - began, 1)}
    write_text(target / "angaben.json", json.dumps(about, ensure_ascii=False))


def _new_folder(parent: Path) -> Path:
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in parent.glob(".neu-*"):  # of a server that was killed
            shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=".neu-", dir=parent))
    except OSError as error:
        raise UserError(f"In «{parent}» lässt sich nicht schreiben ({error.strerror}); bitte Rechte prüfen.") from error


def _keep(target: Path, parent: Path) -> str:
    """Give the finished folder its number, and drop the oldest; empty where that fails."""
    number = f"{datetime.now():%Y%m%d-%H%M%S}"
    try:
        target.rename(parent / number)
    except OSError:
        return ""
    for old in sorted(parent.glob("[0-9]*"), reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return number


def _read(folder: Path) -> Measurement | None:
    try:
        about = json.loads((folder / "angaben.json").read_text("utf-8"))
        record = json.loads((folder / RECORD).read_text("utf-8"))
        at = datetime.fromisoformat(about["at"])
        return Measurement(folder.name, about["by"], at, about["seconds"], record, folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None
