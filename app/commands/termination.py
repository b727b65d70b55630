"""A command told to end by SIGTERM: it unwinds as after an error, so that nothing of it stays behind."""

from __future__ import annotations

import signal
import sys


def unwind_when_terminated() -> None:
    """From now on SIGTERM raises SystemExit with status 143: files are closed, processes of our own are ended.

    A second one changes nothing: what is being cleared away is cleared away.
    """
    signal.signal(signal.SIGTERM, _unwind)


def _unwind(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + signal.SIGTERM)
