"""What a run over a table has done so far, kept beside its result until that is complete: a killed run goes on from here.

A line is one chunk of rows, compressed and with a checksum, and reaches the disk before the next chunk begins. A line
that a kill or a power cut left unfinished is cut off when the journal is opened again; its rows are matched anew, in the
same chunk as before, so that the result is the same to the last digit.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from data.errors import UserError, grouped, reason
from index.result import Match, match_from_record

SUFFIX = ".zwischenstand"
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Answer(NamedTuple):
    """What is kept of a row: its match, or the German sentence that says why there is none."""

    match: Match | None
    error: str = ""


def journal_path(output: Path) -> Path:
    """Where the journal of the run that writes `output` lies."""
    return output.with_name(output.name + SUFFIX)


class Journal:
    """The answers of one run, in order. A context manager: leaving it closes the file and keeps it, `remove` deletes it.

    `done` is how many rows it holds.
    """

    def __init__(self, path: Path, job: Mapping[str, str], resume: bool) -> None:
        """Open the journal of a `job` (German name → value of all that its answers depend on), or begin a new one.

        Raises:
            UserError: the place cannot be written, another process is at it, or `resume` meets a journal of another job.
        """
        self._path = path
        try:
            # It holds passages of people's texts: for this user's eyes alone.
            self._file: BinaryIO = os.fdopen(os.open(path, _FLAGS, 0o600), "r+b")
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            _lock(self._file, path)
            known = self._known_job()
            if resume and known not in (None, dict(job)):
                raise UserError(_other_job(path, known or {}, job))
            self.done = self._checked() if resume and known is not None else self._begun(job)
        except UserError:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.done or self._file.closed:
            self._file.close()
        else:
            self.remove()

    def answers(self) -> Iterator[Answer]:
        """The answers kept so far, in order; they are read from the file as they are asked for."""
        self._file.seek(0)
        self._file.readline()
        for line in iter(self._file.readline, b""):
            yield from (Answer(match and match_from_record(match), error) for match, error in _unpacked(line))

    def append(self, answers: Sequence[Answer]) -> None:
        """Keep the answers of the next rows, all or none; they are on the disk when this returns.

        Raises:
            UserError: the place cannot be written.
        """
        line = _packed([[answer.match, answer.error] for answer in answers])
        self.done += len(answers)  # counted first: a signal that ends the write must not make the file look empty
        try:
            self._write(line)
        except UserError:
            self.done -= len(answers)
            raise

    def remove(self) -> None:
        """Delete the journal: the result is complete, or there is nothing to keep."""
        if sys.platform == "win32":  # an open file cannot be deleted there
            self._file.close()
        self._path.unlink(missing_ok=True)
        self._file.close()

    def _known_job(self) -> dict[str, str] | None:
        """The job of the journal found; None where there is none, or its first line was never finished."""
        self._file.seek(0)
        try:
            found = _unpacked(self._file.readline())
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _begun(self, job: Mapping[str, str]) -> int:
        self._file.seek(0)
        self._file.truncate()
        self._write(_packed(dict(job)))
        return 0

    def _checked(self) -> int:
        """Count the rows and cut off what follows the last sound line."""
        done, sound = 0, self._file.tell()
        for line in iter(self._file.readline, b""):
            try:
                done += len(_unpacked(line))
            except ValueError:
                break
            sound = self._file.tell()
        self._file.seek(sound)
        self._file.truncate()
        return done

    def _write(self, line: bytes) -> None:
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UserError:
        return UserError(f"Der Zwischenstand «{self._path}» lässt sich nicht schreiben ({reason(error)}).")


def _packed(value: Any) -> bytes:
    """A value as one line; records of the matcher become objects of their fields."""
    return base64.b64encode(zlib.compress(json.dumps(value, default=vars).encode(), 1)) + b"\n"


def _unpacked(line: bytes) -> Any:
    """The value of a line.

    Raises:
        ValueError: the line is unfinished or damaged.
    """
    if not line.endswith(b"\n"):
        raise ValueError("unfinished")
    try:
        return json.loads(zlib.decompress(base64.b64decode(line[:-1], validate=True)))
    except zlib.error as error:
        raise ValueError("damaged") from error


def _other_job(path: Path, known: Mapping[str, str], job: Mapping[str, str]) -> str:
    changed = [name for name in job if known.get(name) != job[name]]
    return (
        f"Der Zwischenstand «{path}» gehört zu einem anderen Lauf (verschieden: {', '.join(changed)}); "
        "ohne --resume beginnt der Lauf von vorn."
    )


def resumed(done: int, total: int) -> str:
    """What is said of a run that goes on."""
    return f"Es geht beim Zwischenstand weiter: {grouped(done)} von {grouped(total)} Zeilen liegen schon vor."


if sys.platform == "win32":
    import msvcrt

    def _taken(file: BinaryIO) -> None:
        file.seek(1 << 62)  # the byte need not exist, and locking one that does would keep others from reading it
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _taken(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _lock(file: BinaryIO, path: Path) -> None:
    """Keep other processes away until the file is closed, also by a kill."""
    try:
        _taken(file)
    except OSError as error:
        raise UserError(
            f"An «{path.name.removesuffix(SUFFIX)}» arbeitet schon ein anderer Lauf; bitte sein Ende abwarten oder "
            "eine andere Ausgabe nennen."
        ) from error
