"""Slows the guessing of passwords: after some failures each further try has to wait, twice as long each time."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_WAIT = 900.0  # seconds
FORGOTTEN_AFTER = 3_600.0  # seconds without a failure
MOST_KEYS = 20_000
# Failures that cost nothing: of one name from one address, of one address, of one name from anywhere.
FREE = {"pair": 5, "address": 20, "name": 50}

Key = tuple[str, str]


@dataclass
class _Failures:
    count: int = 0
    last: float = 0.0


class Throttle:
    """Counts failed sign-ins in memory; it knows nothing of whether a name has an account."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[Key, _Failures] = {}
        self._lock = threading.Lock()

    def attempt(self, name: str, address: str) -> float:
        """Seconds to wait before a try is allowed; where it is 0, the try counts as failed until `succeeded` says otherwise."""
        with self._lock:
            now = self._clock()
            keys = _keys(name, address)
            wait = max(self._wait(key, now) for key in keys)
            if wait <= 0:
                for key in keys:
                    self._count(key, now)
            return max(wait, 0.0)

    def succeeded(self, name: str, address: str) -> None:
        """The last try was right: the name starts anew, the address loses no more than that one try."""
        with self._lock:
            pair, from_address, of_name = _keys(name, address)
            self._failures.pop(pair, None)
            self._failures.pop(of_name, None)
            if found := self._failures.get(from_address):
                found.count -= 1

    def _wait(self, key: Key, now: float) -> float:
        found = self._failures.get(key)
        if found is None or now - found.last > FORGOTTEN_AFTER:
            return 0.0
        over = found.count - FREE[key[0]]
        return found.last + min(2.0**over, LONGEST_WAIT) - now if over >= 0 else 0.0

    def _count(self, key: Key, now: float) -> None:
        found = self._failures.pop(key, None)
        if found is None or now - found.last > FORGOTTEN_AFTER:
            found = _Failures()
        self._failures[key] = _Failures(found.count + 1, now)  # at the end: the first one is the oldest
        if len(self._failures) > MOST_KEYS:
            self._failures.pop(next(iter(self._failures)))


def _keys(name: str, address: str) -> tuple[Key, Key, Key]:
    network = _network(address)
    return ("pair", f"{name}\n{network}"), ("address", network), ("name", name)


def _network(address: str) -> str:
    """The address, or of IPv6 the network of 64 bits: who has one address there has them all."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
