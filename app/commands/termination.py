"""A command told to end by SIGTERM: it unwinds as after an error, so that nothing of it stays behind."""

from __future__ import annotations

import signal
import sys


def unwind_when_terminated() -> None:
    """From now on SIGTERM raises SystemExit with status 143: files are closed, servers of our own are ended."""
    signal.signal(signal.SIGTERM, _unwind)


def _unwind(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)
