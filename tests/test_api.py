"""The public functions: over plain HTTP, with gradio_client, and as tools of the Model Context Protocol."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.access.person import READER, Person
from app.api import MOST_TEXTS, Api, public_functions
from app.batch import CHUNK_ROWS
from app.desk import Desk
from app.settings import Settings
from app.waiting import BusyError, Turns
from data.errors import UserError
from index.matcher import Matcher

CYCLING = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"
NAMES = ["match", "batch", "goals", "decide", "evaluate"]


def called(site: str, name: str, *data: Any) -> httpx.Response:
    return httpx.post(f"{site}/gradio_api/run/{name}", json={"data": list(data)}, timeout=60)


def answer(site: str, name: str, *data: Any) -> Any:
    return called(site, name, *data).json()["data"][0]


def with_tools(site: str, work: Callable[[Any], Any]) -> Any:
    """What `work` returns, an async function of a connected client session."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def connected() -> Any:
        async with (
            streamable_http_client(f"{site}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(connected())


def test_batch_answers_each_text_like_match_and_says_what_is_wrong_with_one(site: str) -> None:
    first, blank, number = answer(site, "batch", [CYCLING, {"id": "AZ 7", "text": " "}, {"id": 9, "text": 17}])
    assert first == answer(site, "match", CYCLING) | {"id": "1"}
    assert blank == {"id": "AZ 7", "error": "Der Text ist leer; bitte eine Projektbeschreibung eingeben."}
    assert number == {"id": "9", "error": "«text» muss ein Text sein, gekommen ist int."}
    (filtered,) = answer(site, "batch", [CYCLING], ["4"])
    assert {goal["area"] for goal in filtered["goals"]} == {4}


def test_goals_are_those_of_isek_goals(site: str, matcher: Matcher) -> None:
    goals = answer(site, "goals")
    assert [goal["id"] for goal in goals] == [goal.id for goal in matcher.catalogue.goals]
    assert (goals[0]["level"], goals[-1]["level"], goals[-1]["area"]) == ("citywide", "area", 6)
    assert {goal["area"] for goal in answer(site, "goals", [5, "6"])} == {5, 6}


def test_gradio_client_decides_and_decides_again(site: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(site, verbose=False, analytics_enabled=False)
    try:
        given = {"text": CYCLING, "rejected": ["G.1"], "reference": "AZ 12", "api_name": "/decide"}
        first = client.predict(goals=["PB5.4", "PB4.2"], **given)
        assert [(line["id"], line["verdict"]) for line in first["goals"]] == [
            ("PB5.4", "accepted"),
            ("PB4.2", "added"),
            ("G.1", "rejected"),
        ]
        assert (first["revision"], first["reference"], first["title"]) == (1, "AZ 12", CYCLING)
        again = client.predict(no_goal=True, project=first["project"], expected=1, **given | {"rejected": []})
        assert (again["project"], again["revision"], again["no_goal"]) == (first["project"], 2, True)
        with pytest.raises(AppError, match="inzwischen neu entschieden"):
            client.predict(goals=["PB5.4"], project=first["project"], expected=1, **given)
    finally:
        client.close()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("batch", ["nur ein Text"], "«texts» muss eine Liste von Texten sein"),
        ("batch", [["x"] * (MOST_TEXTS + 1)], "«texts» hat 1.001 Texte, erlaubt sind 1.000"),
        ("batch", [["x"], [9]], "Den Produktbereich '9' gibt es"),
        ("goals", [[9]], "Den Produktbereich '9' gibt es"),
        ("goals", ["alle"], "«areas» muss eine Liste"),
        ("decide", [CYCLING], "Zu entscheiden ist nichts"),
        ("decide", [CYCLING, ["PB9.9"]], "Das Ziel 'PB9.9' gibt es"),
        ("decide", [CYCLING, ["PB5.4"], ["PB9.9"]], "Das Ziel 'PB9.9' gibt es"),
        ("decide", [CYCLING, "PB5.4"], "«goals» muss eine Liste von Zielkennungen sein"),
        ("decide", [CYCLING, ["PB5.4"], [], True], "«Kein Ziel passt» ist angekreuzt"),
        ("decide", [CYCLING, ["PB5.4"], [], "ja"], "«no_goal» muss true oder false sein"),
        ("decide", [CYCLING, ["PB5.4"], [], False, 7], "«title» muss ein Text sein"),
        ("decide", [CYCLING, ["PB5.4"], [], False, "", "", "", "", 3], "Zu «project» gehört «expected»"),
        ("decide", [CYCLING, ["PB5.4"], [], False, "", "", "", "", "x", 1], "«project» muss eine ganze Zahl sein"),
        (
            "decide",
            [CYCLING, ["PB5.4"], [], False, "", "", "", "", 10**30, 1],
            "«project» muss eine ganze Zahl sein (0 bis 2147483647)",
        ),
        ("evaluate", ["alles"], "«split» muss eines von dev, test, all sein"),
        ("evaluate", ["test", "/etc/passwd"], "«set» muss leer oder 'decisions' sein"),
    ],
)
def test_faulty_calls_get_one_german_sentence(site: str, name: str, data: list[Any], sentence: str) -> None:
    given = called(site, name, *data)
    assert sentence in given.json()["error"] and "Traceback" not in given.text


def test_the_tools_are_the_public_functions_and_describe_themselves_in_german(site: str) -> None:
    async def listed(session: Any) -> Any:
        return (await session.list_tools()).tools

    tools = with_tools(site, listed)
    assert [tool.name for tool in tools] == NAMES
    match, decide = tools[0], tools[3]
    assert match.inputSchema["required"] == ["text"] and "Kennungen" in match.description
    assert [tool.name for tool in tools if not tool.annotations.readOnlyHint] == ["decide"]
    assert decide.inputSchema["properties"]["goals"]["items"] == {"type": "string"}


def test_a_tool_answers_with_the_json_of_the_endpoint(site: str) -> None:
    async def work(session: Any) -> Any:
        return [
            await session.call_tool("match", {"text": CYCLING, "areas": [5]}),
            await session.call_tool("goals", {"areas": [6]}),
            await session.call_tool("match", {"text": " "}),
            await session.call_tool("match", {"txt": CYCLING}),
            await session.call_tool("opened", {}),
            await session.call_tool("decide", {"text": CYCLING, "goals": ["PB5.4"]}),
        ]

    match, goals, blank, wrong, private, decided = with_tools(site, work)
    assert match.structuredContent == answer(site, "match", CYCLING, [5]) == json.loads(match.content[0].text)
    assert [goal["id"] for goal in goals.structuredContent["result"]] == ["PB6.1"]
    assert [given.isError for given in (match, goals, blank, wrong, private, decided)] == [
        False,
        False,
        True,
        True,
        True,
        False,
    ]
    assert blank.content[0].text.startswith("Der Text ist leer")
    assert wrong.content[0].text == "«match» erwartet text, areas; es fehlt text."
    assert private.content[0].text.startswith("Das Werkzeug 'opened' gibt es nicht; bekannt sind match, batch")
    assert decided.structuredContent["goals"][0]["id"] == "PB5.4"


def test_the_tools_stand_behind_the_same_guards_as_the_pages(site: str) -> None:
    there = f"{site}/gradio_api/mcp"
    got = httpx.get(there)
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    assert "default-src 'self'" in got.headers["content-security-policy"]
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    assert [tool["name"] for tool in httpx.post(there, json=call, headers=headers).json()["result"]["tools"]] == NAMES
    assert httpx.post(there, json=call, headers=headers | {"Host": "boese.example"}).status_code == 400
    assert (
        httpx.post(there, content=json.dumps(call), headers=headers | {"Content-Type": "text/plain"}).status_code == 400
    )
    assert httpx.post(there, content=b"x" * 9_000_000, headers=headers).status_code == 413


def test_an_evaluation_is_the_json_of_isek_eval_and_runs_alone(matcher: Matcher) -> None:
    api = Api(Desk(matcher, Settings()))
    report = api.evaluate("test")
    assert (report["set"], report["split"], report["n"]) == ("neumuenster.jsonl", "test", 104)
    assert report["metrics"]["hit@1"]["n"] == 90
    measurements = api._desk.measurements
    with measurements.elsewhere("Kim"), pytest.raises(UserError, match=r"läuft schon eine Messung \(Kim\)"):
        api.evaluate("test")
    assert not measurements.progress.running
    with api._running, pytest.raises(UserError, match="läuft bereits ein Stapel"):
        api.batch([CYCLING])


class Asked:
    """A matcher that says what it is asked; during the first chunk of a batch somebody else asks a single question."""

    def __init__(self, matcher: Matcher, desk: Desk) -> None:
        self.catalogue, self.check = matcher.catalogue, matcher.check
        self.said: list[str] = []
        self._matcher, self._desk = matcher, desk
        self.other = threading.Thread(target=desk.match, args=(CYCLING,))

    def match(self, *given: Any, **named: Any) -> Any:
        self.said.append("match")
        return self._matcher.match(*given, **named)

    def match_many(self, texts: list[str], *given: Any) -> Any:
        if not self.said:
            self.other.start()
            while not self._desk.turns._turn._waiting:
                time.sleep(0.01)
        self.said.append(f"{len(texts)} texts")
        return self._matcher.match_many(texts, *given)


def test_a_batch_lets_others_have_their_turn_after_every_chunk(matcher: Matcher) -> None:
    desk = Desk(matcher, Settings())
    desk.turns = Turns(1, 2)
    asked = Asked(matcher, desk)
    desk.matcher = asked  # type: ignore[assignment]
    answers = Api(desk).batch([CYCLING] * (2 * CHUNK_ROWS + 1))
    asked.other.join(20)
    assert asked.said == [f"{CHUNK_ROWS} texts", "match", f"{CHUNK_ROWS} texts", "1 texts"]
    assert [answer["id"] for answer in answers] == [str(number) for number in range(1, 2 * CHUNK_ROWS + 2)]


def test_a_batch_is_refused_where_too_many_are_waiting_and_can_be_asked_again(matcher: Matcher) -> None:
    desk = Desk(matcher, Settings())
    desk.turns, api = Turns(1, 0), Api(desk)
    with desk.turns.turn(), pytest.raises(BusyError):
        api.batch([CYCLING])
    assert len(api.batch([CYCLING])) == 1


def test_readers_neither_decide_nor_measure(matcher: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.person_of", lambda _: Person("Ada", READER, signed_in=True))
    api = Api(Desk(matcher, Settings()))
    for attempt in (lambda: api.decide(CYCLING, ["PB5.4"]), lambda: api.evaluate("test")):
        with pytest.raises(UserError, match="Recht «Bearbeiten» nötig; Sie haben «Lesen»"):
            attempt()


def test_every_parameter_is_described_as_the_function_has_it(matcher: Matcher) -> None:
    functions = public_functions(Desk(matcher, Settings()))
    assert [function.name for function in functions] == NAMES
    for function in functions:
        names = function.answers.__code__.co_varnames[1 : function.answers.__code__.co_argcount]
        assert [name for name in names if name != "request"] == list(function.parameters)
        assert all(schema.get("description") for schema in function.parameters.values())
