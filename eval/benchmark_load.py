"""Many users at once on a running server, over plain HTTP from this process: how long they wait, what the server holds.

Each user asks, reads (`think` seconds), asks again. A wait counts from the request to the last byte of its answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from data.errors import UserError
from eval.synthetic import mixed_texts

ENDPOINT = "/gradio_api/run/match"
PATIENCE = 30.0  # seconds after which a user gives up: an answer that late counts as an error
REFUSED = "503"
WARM_UP = 4  # answers that do not count
MOST_USERS, MOST_SECONDS = 500, 7_200
_TEXTS = 500

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Steps of `seconds` each with so many users, who read for about `think` seconds between two answers."""

    users: tuple[int, ...] = (1, 5, 20, 50)
    seconds: float = 20.0
    think: float = 3.0
    seed: int = 0


@dataclass
class Step:
    """What one number of users met: waits in seconds of the answers, faults by name, memory as (second, bytes)."""

    users: int
    lasted: float = 0.0
    waits: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int]] = field(default_factory=list)

    @property
    def throughput(self) -> float:
        """Answers per second."""
        return len(self.waits) / self.lasted if self.lasted else 0.0

    @property
    def refused(self) -> int:
        """How many requests the server turned away because too many were waiting."""
        return self.faults[REFUSED]

    @property
    def errors(self) -> int:
        """How many requests failed otherwise."""
        return self.faults.total() - self.refused

    def percentile(self, q: float) -> float | None:
        """The wait in seconds that `q` per cent of the answers do not exceed; None without answers."""
        return float(np.percentile(self.waits, q)) if self.waits else None

    @property
    def growth(self) -> float | None:
        """Bytes per hour: the slope of a straight line through the memory of the last two thirds of the step.

        The first third is left out, in which caches and thread stacks fill. None for fewer than three readings.
        """
        late = self.memory[len(self.memory) // 3 :]
        if len(late) < 3:
            return None
        seconds, held = np.array(late, np.float64).T
        return float(np.polyfit(seconds, held, 1)[0]) * 3600


def own_address(address: str) -> str:
    """The address of a server on this machine, without a trailing slash.

    Raises:
        UserError: another machine's: a load test of someone else's server is an attack.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        own = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = False
    if not own or parts.scheme != "http" or parts.username or parts.query or parts.fragment:
        raise UserError(
            f"Belastet wird nur ein Dienst auf diesem Rechner, erwartet wird http://127.0.0.1:PORT, angegeben war {address!r}."
        )
    return address.rstrip("/")


def run_load(site: str, plan: Plan, process: int | None, say: Say) -> list[Step]:
    """Have one number of users after the other work on the server at `site`.

    process: the server's number, whose memory is read; None: it is not.

    Raises:
        UserError: no server answers there.
    """
    return asyncio.run(_run_load(site, plan, process, say))


async def _run_load(site: str, plan: Plan, process: int | None, say: Say) -> list[Step]:
    limits = httpx.Limits(max_connections=max(plan.users), max_keepalive_connections=max(plan.users))
    steps = []
    async with httpx.AsyncClient(base_url=site, timeout=PATIENCE, limits=limits, trust_env=False) as client:
        await _reach(client, site)
        for users in plan.users:
            say(f"{users} Personen, {plan.seconds:.0f} s …")
            steps.append(await run_step(client, plan, users, process))
    return steps


async def _reach(client: httpx.AsyncClient, site: str) -> None:
    """A few answers before anything counts."""
    try:
        for text in mixed_texts(WARM_UP, seed=-1):
            (await client.post(ENDPOINT, json={"data": [text, []]})).raise_for_status()
    except httpx.HTTPError as error:
        raise UserError(f"Unter {site} antwortet kein ISEK-Zielfinder ({type(error).__name__}).") from error


async def run_step(client: httpx.AsyncClient, plan: Plan, users: int, process: int | None) -> Step:
    """`users` people for `plan.seconds`; who is still waiting at the end is waited for."""
    texts = mixed_texts(_TEXTS, seed=plan.seed)  # before the clock starts
    step, clock = Step(users), asyncio.get_running_loop().time
    start = clock()
    end = start + plan.seconds
    watch = asyncio.create_task(_watch(step, process, start))
    await asyncio.gather(*(_user(client, step, plan, texts, number, end) for number in range(users)))
    step.lasted = clock() - start
    watch.cancel()
    return step


async def _user(
    client: httpx.AsyncClient, step: Step, plan: Plan, texts: Sequence[str], number: int, end: float
) -> None:
    chance, clock = Random(f"{plan.seed}-{step.users}-{number}"), asyncio.get_running_loop().time
    await asyncio.sleep(chance.random() * min(plan.think, plan.seconds / 2))  # people do not start at one moment
    while clock() < end:
        await _ask(client, step, chance.choice(texts))
        # Reading times vary: half to one and a half of the mean.
        await asyncio.sleep(min(plan.think * (0.5 + chance.random()), max(0.0, end - clock())))


async def _ask(client: httpx.AsyncClient, step: Step, text: str) -> None:
    start = time.perf_counter()
    try:
        answer = await client.post(ENDPOINT, json={"data": [text, []]})
    except httpx.HTTPError as error:
        step.faults[type(error).__name__] += 1
        return
    if answer.status_code != 200 or "goals" not in answer.json()["data"][0]:
        step.faults[str(answer.status_code)] += 1
        if answer.status_code == 503:
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
        return
    step.waits.append(time.perf_counter() - start)


async def _watch(step: Step, process: int | None, start: float) -> None:
    clock = asyncio.get_running_loop().time
    while process is not None:
        held = resident(process)
        if held is not None:
            step.memory.append((clock() - start, held))
        await asyncio.sleep(1.0)


def resident(process: int) -> int | None:
    """Bytes of main memory a process holds; None where the system does not tell."""
    try:
        found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def listener(port: int) -> int | None:
    """The process of this user that listens on a TCP port; None where the system does not tell."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for link in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        try:
            if str(link.readlink()) in sockets:
                return int(link.parts[2])
        except OSError:  # another user's process, or it has just ended
            continue
    return None


def _listening(port: int) -> set[str]:
    """The inodes of the sockets that listen on a port (state 0A of proc(5), /proc/net/tcp)."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for cells in map(str.split, lines):
            if cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == port:
                found.add(cells[9])
    return found


def to_record(step: Step) -> dict[str, Any]:
    """The figures of a step: waits in ms, memory in MB, growth in MB per hour."""
    held = [bytes_ / 1e6 for _, bytes_ in step.memory]
    waits = {f"p{q}_ms": _times(step.percentile(q), 1000) for q in (50, 95, 99)}
    return {
        "users": step.users,
        "seconds": round(step.lasted, 1),
        "answers": len(step.waits),
        "answers_per_s": round(step.throughput, 2),
        **waits,
        "max_ms": _times(max(step.waits, default=None), 1000),
        "refused": step.refused,
        "errors": step.errors,
        "faults": dict(step.faults),
        "memory_mb": [round(held[0], 1), round(held[-1], 1)] if held else None,
        "growth_mb_per_h": _times(step.growth, 1e-6),
        "memory_by_second": [[round(second), round(bytes_ / 1e6, 1)] for second, bytes_ in _thinned(step.memory)],
    }


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else round(value * factor, 1)


def _thinned(readings: Sequence[tuple[float, int]], most: int = 200) -> Sequence[tuple[float, int]]:
    return readings[:: max(1, len(readings) // most)]
