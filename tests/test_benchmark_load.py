"""The load test: figures by hand, and users against a server that answers as told."""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import socket
from collections import Counter
from datetime import date
from pathlib import Path

import httpx
import pytest

from app.__main__ import main, parser
from data.errors import UserError
from eval.benchmark_load import Plan, Step, listener, own_address, resident, run_step, to_record
from eval.benchmark_load_table import load_json, load_markdown
from eval.benchmark_process import Machine
from eval.synthetic import mixed_texts, short_texts

MACHINE = Machine("Rechenwerk", 2, "3.11", {}, "abc123")


@pytest.fixture
def step() -> Step:
    """100 answers of 10 to 1,000 ms in 20 s; memory falls for 10 s, then grows by 1 MB in 100 s."""
    memory = [(float(n), 500_000_000 - 1_000_000 * n) for n in range(10)]
    memory += [(10.0 + n, 490_000_000 + 10_000 * n) for n in range(30)]
    waits = [n / 100 for n in range(1, 101)]
    return Step(20, 20.0, waits, Counter({"503": 3, "ReadTimeout": 2}), memory)


def test_figures_of_a_step_by_hand(step: Step) -> None:
    record = to_record(step)
    assert (record["answers_per_s"], record["refused"], record["errors"]) == (5.0, 3, 2)
    assert [record[f"p{q}_ms"] for q in (50, 95, 99)] == [505.0, 950.5, 990.1]
    assert (record["max_ms"], record["memory_mb"]) == (1000.0, [500.0, 490.3])
    assert record["growth_mb_per_h"] == 36.0  # 10,000 bytes a second
    empty = to_record(Step(1))
    assert (empty["p95_ms"], empty["memory_mb"], empty["growth_mb_per_h"], empty["answers_per_s"]) == (
        None,
        None,
        None,
        0,
    )


def test_markdown_and_json_hold_the_same_figures(step: Step) -> None:
    given = ([step, Step(1)], Plan(), MACHINE, (0.5, 2.0), date(2026, 11, 25))
    page, record = load_markdown(*given), json.loads(json.dumps(load_json(*given)))
    assert "| 20 (20 s) | 100 | 5,0 | 505 | 950 | 990 | 3 | 2 | 500 → 490 MB | 36,0 MB/h |" in page
    assert "| 1 (0 s) | 0 | 0,0 | – | – | – | 0 | 0 | – | – |" in page
    assert "0,5 zu Beginn und 2,0 am Ende" in page and "Stand abc123" in page
    assert [one["users"] for one in record["steps"]] == [20, 1]


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.1.5:7860",
        "http://example.org",
        "https://127.0.0.1:7860",
        "http://127.0.0.1.example.org",
        "http://127.0.0.1@example.org",
        "http://x@127.0.0.1:7860",
        "http://[::2]:80",
        "http://127.0.0.1:80?a",
        "http://127.0.0.1:99999",
        "127.0.0.1:7860",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_a_server_on_this_machine_is_put_under_load(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="nur ein Dienst auf diesem Rechner"):
        own_address(address)
    assert main(["bench", "load", f"--url={address}"]) == 2
    assert capsys.readouterr().err.startswith("isek: Belastet wird nur ein Dienst auf diesem Rechner")


def test_addresses_of_this_machine() -> None:
    for address in ("http://127.0.0.1:7860", "http://localhost", "http://[::1]:80", "http://127.8.0.1/isek"):
        assert own_address(address + "/") == address


class Leaping(selectors.DefaultSelector):
    """Waits for nothing: what an event loop would wait is added to `now`, the time of the loop."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(0.0, timeout or 0.0)
        return super().select(0)


def leaping() -> asyncio.AbstractEventLoop:
    """An event loop whose hours pass at once, so that no load of the machine moves what happens in them."""
    selector = Leaping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    return loop


def test_users_read_between_questions_and_refusals_are_no_errors() -> None:
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked % 4 == 0:
            return httpx.Response(503, headers={"retry-after": "0"})
        if asked % 4 == 1:
            raise httpx.ReadTimeout("zu spät")
        return httpx.Response(200, json={"data": [{"goals": []}]} if asked % 4 == 2 else {"data": [{}]})

    async def run() -> Step:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://x") as client:
            return await run_step(client, Plan(seconds=60, think=3), 4, os.getpid())

    with asyncio.Runner(loop_factory=leaping) as runner:
        step = runner.run(run())
    # Each of the four begins within 3 s and reads for 1.5 to 4.5 s after each answer.
    assert 4 * (60 - 3) / 4.5 <= asked <= 4 * (60 / 1.5 + 1)
    assert len(step.waits) + step.faults.total() == asked
    assert set(step.faults) == {"503", "ReadTimeout", "200"}
    assert (step.refused, step.errors) == (step.faults["503"], step.faults["ReadTimeout"] + step.faults["200"])
    assert step.lasted == pytest.approx(60)
    if Path("/proc/self/status").exists():
        assert [round(second) for second, _ in step.memory][:60] == list(range(60))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system has no /proc")
def test_the_memory_of_the_process_behind_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listener(port) == os.getpid()
    assert listener(port) is None
    assert 10_000_000 < (resident(os.getpid()) or 0) < 100_000_000_000
    assert resident(2**30) is None


def test_made_up_texts_are_the_same_for_the_same_seed_and_of_all_lengths() -> None:
    assert list(short_texts(50, 7)) == list(short_texts(50, 7)) != list(short_texts(50, 8))
    lengths = [len(text.split()) for text in mixed_texts(400)]
    assert min(lengths) < 20 and max(lengths) > 200
    assert all(8 <= len(text.split()) <= 40 for text in short_texts(2000))
    assert len(set(short_texts(5000))) > 4500


def test_bounds_and_faulty_options(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--users", "501"], ["--minutes", "121"], ["--users", "1,x"], ["--think", "-1"]):
        assert main(["bench", "load", *wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    options = parser().parse_args(["bench", "load", "--users", "3,9", "--think", "0"])
    assert (options.users, options.think, options.seconds) == ((3, 9), 0.0, 20)


def test_a_run_over_a_real_server(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = [
        "bench",
        "load",
        "--url",
        site,
        "--users",
        "2",
        "--seconds",
        "2",
        "--think",
        "0.2",
        "--output",
        str(tmp_path),
    ]
    assert main(call) == 0
    record = json.loads((tmp_path / "load.json").read_text("utf-8"))
    (step,) = record["steps"]
    assert step["answers"] > 0 and step["errors"] == 0 and step["p50_ms"] <= step["p95_ms"] <= step["max_ms"]
    assert capsys.readouterr().out == (tmp_path / "load.md").read_text("utf-8")
