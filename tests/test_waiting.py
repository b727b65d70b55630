"""The waiting room: who comes when it is full is turned away at once, in German, and finds room later."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import httpx
import pytest
from page_fixtures import FLAGS, chromium, start_server
from starlette.types import Receive, Scope, Send

from app.waiting import BUSY, BusyError, Turns, WaitingRoom

RUN = "/gradio_api/run/match"


class Slow:
    """Answers when told to; fails on request."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await self.open.wait()
        if scope["query_string"] == b"fail":
            raise RuntimeError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


def test_beyond_the_limit_work_is_turned_away_at_once_and_let_in_again_later() -> None:
    async def main() -> None:
        inner = Slow()
        transport = httpx.ASGITransport(WaitingRoom(inner, Turns(1, 1)), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            inside = [asyncio.create_task(client.post(RUN + query)) for query in ("", "?fail")]
            await asyncio.sleep(0.01)
            turned = await client.post(RUN)
            assert (turned.status_code, turned.json()["error"]) == (503, BUSY)
            assert int(turned.headers["retry-after"]) > 0
            assert (await client.get("/health")).status_code == 200
            inner.open.set()
            assert [(await one).status_code for one in inside] == [200, 500]
            assert [(await client.post(RUN)).status_code for _ in range(3)] == [200] * 3

    asyncio.run(main())


def test_when_all_turns_are_taken_the_api_is_refused_and_all_else_passes() -> None:
    async def main() -> None:
        inner, turns = Slow(), Turns(1, 0)
        inner.open.set()
        transport = httpx.ASGITransport(WaitingRoom(inner, turns))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            with turns.turn():
                for path in (RUN, "/gradio_api/call/batch", "/gradio_api/run/decide", "/gradio_api/api/match/"):
                    assert (await client.post(path)).status_code == 503
                for path in ("/gradio_api/upload", "/gradio_api/run/predict", "/gradio_api/run/goals"):
                    assert (await client.post(path)).status_code == 200
                assert (await client.get("/hilfe")).status_code == 200
            assert (await client.post(RUN)).status_code == 200

    asyncio.run(main())


def test_long_work_leaves_a_turn_to_the_others() -> None:
    turns, go_on, began = Turns(2, 5), threading.Event(), threading.Semaphore(0)

    def work() -> None:
        with turns.turn(long=True):
            began.release()
            go_on.wait(20)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert began.acquire(timeout=20)
    with turns.turn():  # would wait for ever if the second long one had its turn
        assert not began.acquire(timeout=0.1)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert began.acquire(timeout=20) and began.acquire(timeout=20)


def test_between_the_parts_of_long_work_whoever_waits_has_a_turn() -> None:
    turns, said = Turns(2, 2), list[str]()

    def work() -> None:
        with turns.turn(long=True):
            said.append("other")

    other = threading.Thread(target=work)
    with turns.in_parts() as turn:
        with turn():
            other.start()
            while not turns._long._waiting:
                time.sleep(0.01)
            said.append("part")
        for _ in range(3):
            with turn():
                said.append("part")
    other.join(20)
    assert said == ["part", "other", "part", "part", "part"]


def test_work_in_parts_has_one_place_from_its_beginning_to_its_end() -> None:
    turns = Turns(1, 1)
    with turns.in_parts() as turn:
        with turns.turn():
            assert turns.full
            with pytest.raises(BusyError), turns.in_parts():
                pass
        with turn():
            assert not turns.full
    assert turns._inside == 0


def test_turns_are_taken_by_as_many_as_may_and_given_back_also_after_a_fault() -> None:
    turns, working, most, go_on = Turns(2, 3), 0, 0, threading.Event()
    refused: list[str] = []

    def work() -> None:
        nonlocal working, most
        try:
            with turns.turn():
                working += 1
                most = max(most, working)
                go_on.wait(20)
                working -= 1
                raise RuntimeError
        except BusyError as error:
            refused.append(str(error))
        except RuntimeError:
            pass

    threads = [threading.Thread(target=work) for _ in range(9)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20
    while len(refused) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    assert turns.full and refused == [BUSY] * 4
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert (most, working, turns.full, len(refused)) == (2, 0, False, 4)


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_says_in_german_that_too_many_are_waiting(
    home: Path,  # noqa: ARG001 - sets ISEK_HOME
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "settings.yaml").write_text("max_waiting: 1\n")
    monkeypatch.setenv("ISEK_SETTINGS", str(tmp_path / "settings.yaml"))
    server = start_server(tmp_path)
    long_text = "Radweg am Kanal mit neuer Beleuchtung. " * 25_000
    stop = threading.Event()

    def occupy() -> None:
        while not stop.is_set():
            httpx.post(server.address + RUN, json={"data": [long_text, []]}, timeout=120)

    occupants = [threading.Thread(target=occupy) for _ in range((os.cpu_count() or 1) + 1)]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(locale="de-DE")
            page.goto(server.address)
            page.wait_for_selector("#finden")
            page.fill("#text textarea", "Radweg")
            for occupant in occupants:
                occupant.start()
            refused, until = False, time.monotonic() + 120
            while not refused and time.monotonic() < until:  # a turn may become free just before a click
                page.click("#finden")
                page.wait_for_timeout(1000)
                refused = BUSY in page.inner_text("#antwort")
            browser.close()
        assert refused
    finally:
        stop.set()
        for occupant in occupants:
            occupant.join(120)
        assert server.stop() == 0
