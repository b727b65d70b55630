"""Progress on standard error: how far, how fast, how long still."""

import sys
import time


class Progress:
    """Counts units of work and prints a line at most every `every` seconds."""

    def __init__(self, title: str, total: int, done: int = 0, every: float = 20.0) -> None:
        self.title, self.total, self.done, self.every = title, total, done, every
        self.first = done
        self.started = self.printed = time.monotonic()

    def advance(self, units: int, note: str = "") -> None:
        """Count `units` more; `note` is appended to the line."""
        self.done += units
        now = time.monotonic()
        if now - self.printed >= self.every or self.done >= self.total:
            self.printed = now
            print(self.line(now, note), file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """A line of its own, e.g. figures measured on the way."""
        print(f"{self.title}, {self.done}: {text}", file=sys.stderr, flush=True)

    def line(self, now: float, note: str = "") -> str:
        """The line as printed, e.g. `Worte: 40 von 100 (40 %), 12.0 je s, noch 0:05 min`."""
        rate = (self.done - self.first) / max(now - self.started, 1e-9)
        left = int((self.total - self.done) / max(rate, 1e-9))
        share = 100 * self.done // max(self.total, 1)
        place = f"{self.title}: {self.done} von {self.total} ({share} %), {rate:.1f} je s"
        return f"{place}, noch {left // 60}:{left % 60:02d} min {note}".rstrip()
