"""Reading of foreign files in a process of its own, which has little memory and little time.

The parsers of PDF and office files are large and partly written in languages in which lack of memory ends the process.
A file made for it would take the server along, and with it what everybody else is doing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from data.errors import LimitError, UserError, reason

MEMORY = 1_000_000_000  # bytes of address space; what the limits on unpacked size let through needs half of it
SECONDS = 30  # of computing
PATIENCE = 4 * SECONDS  # on the clock, for a machine that has other work
ANSWER = 100_000_000  # bytes of text that a file may turn into
_AT_ONCE = threading.BoundedSemaphore(os.cpu_count() or 1)  # however many people upload something
_OUT_OF_TIME = [int(getattr(signal, name)) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name)]
_ROOT = Path(__file__).parents[1]
# Isolated: neither the current folder nor the environment says which modules are imported.
_START = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from data.confined import answer; answer(*sys.argv[1:])"


def confined(read: Callable[..., Any], path: Path, *limits: int) -> Any:
    """What ``read(path, *limits)`` returns; `read` is a function of a module, and what it returns is JSON.

    Where the operating system knows no limits for processes (Windows), only the time on the clock is limited.

    Raises:
        UserError: what `read` raises, or the process was ended; LimitError: likewise, or it took too long.
    """
    command = [sys.executable, "-I", "-c", _START, f"{read.__module__}:{read.__qualname__}", str(path)]
    try:
        with _AT_ONCE:
            done = subprocess.run(
                [*command, *map(str, limits)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise LimitError(_too_long(path)) from error
    if -done.returncode in _OUT_OF_TIME:
        raise LimitError(_too_long(path))
    if done.returncode != 0:
        raise UserError(
            f"«{path.name}» lässt sich nicht lesen: die Datei ist beschädigt oder braucht mehr Arbeitsspeicher als "
            f"{MEMORY // 1_000_000} MB; bitte neu speichern oder kürzen."
        )
    kind, found = json.loads(done.stdout)
    if kind == "value":
        return found
    raise (LimitError if kind == "limit" else UserError)(found)


def _too_long(path: Path) -> str:
    return f"«{path.name}» zu lesen dauert länger als {SECONDS} Sekunden; bitte neu speichern, kürzen oder den Text selbst einfügen."


def answer(name: str, path: str, *limits: str) -> None:
    """The confined side: run the function and write what came of it to standard output, as JSON."""
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a parser prints is no answer
        _confine()
        module, _, function = name.partition(":")
        outcome = _outcome(getattr(import_module(module), function), Path(path), map(int, limits))
        stream.write(json.dumps(outcome, default=str).encode())


def _outcome(read: Callable[..., Any], path: Path, limits: Any) -> tuple[str, Any]:
    try:
        found = read(path, *limits)
    except LimitError as error:
        return "limit", str(error)
    except UserError as error:
        return "fault", str(error)
    except OSError as error:
        return "fault", f"Die Datei «{path}» lässt sich nicht lesen ({reason(error)})."
    if _weight(found) > ANSWER:
        return "limit", f"«{path.name}» enthält mehr als {ANSWER // 1_000_000} MB Text; bitte kürzen oder teilen."
    return "value", found


def _weight(found: Any) -> int:
    """Roughly the bytes of an answer."""
    if isinstance(found, str):
        return len(found)
    return 8 + sum(map(_weight, found)) if isinstance(found, list | tuple) else 8


def _confine() -> None:
    """Limit this process; other work of the machine comes first."""
    with contextlib.suppress(ImportError):
        import resource

        os.nice(5)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_FSIZE, 0)
        _limit(resource.RLIMIT_CPU, SECONDS)
        _limit(resource.RLIMIT_AS, MEMORY)


def _limit(kind: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    import resource

    _, hard = resource.getrlimit(kind)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS knows no limit of address space
        resource.setrlimit(kind, (allowed, allowed))
