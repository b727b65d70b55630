"""The server without a browser: the public API, headers, limits, start and end."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from page_fixtures import start_server

from app.__main__ import main
from app.address import allowed_hosts, take_port, web_address
from data.errors import UserError
from index.matcher import Matcher

CYCLING = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"


def posted(site: str, *data: Any) -> httpx.Response:
    return httpx.post(f"{site}/gradio_api/run/match", json={"data": list(data)}, timeout=30)


def test_the_api_answers_like_match_json(site: str, matcher: Matcher) -> None:
    answer = posted(site, CYCLING, [5, 4]).json()["data"][0]
    assert answer == json.loads(json.dumps(matcher.match(CYCLING, [5, 4]).to_json()))
    assert answer["goals"][0]["id"] == "PB5.4"


def test_the_queued_form_of_the_api_gives_the_same(site: str) -> None:
    event = httpx.post(f"{site}/gradio_api/call/match", json={"data": [CYCLING, []]}).json()["event_id"]
    stream = httpx.get(f"{site}/gradio_api/call/match/{event}", timeout=30).text
    assert json.loads(stream.split("data: ", 1)[1])[0] == posted(site, CYCLING, []).json()["data"][0]


def test_plain_http_may_leave_the_areas_out(site: str) -> None:
    assert posted(site, CYCLING).json()["data"] == posted(site, CYCLING, []).json()["data"]
    assert httpx.post(f"{site}/gradio_api/run/match", content=b"{").status_code == 422


def test_gradio_client_may_leave_the_areas_out(site: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(site, verbose=False, analytics_enabled=False)
    try:
        assert client.predict(CYCLING, api_name="/match")["goals"][0]["id"] == "PB5.4"
        assert client.predict(text=CYCLING, areas=["4"], api_name="/match")["goals"][0]["area"] == 4
        with pytest.raises(AppError, match="Der Text ist leer"):
            client.predict(" ", api_name="/match")
    finally:
        client.close()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([" ", []], "Der Text ist leer"),
        ([CYCLING, [9]], "Den Produktbereich '9' gibt es"),
        ([CYCLING, "alle"], "«areas» muss eine Liste"),
        ([CYCLING, [{"id": 5}]], "«areas» muss eine Liste"),
        ([17, []], "«text» muss ein Text sein"),
        (["x" * 2_000_001, []], "2.000.001 Zeichen, erlaubt sind 2.000.000"),
        ([CYCLING, [5] * 1_001], "«areas» hat 1.001 Einträge, erlaubt sind 1.000"),
    ],
)
def test_faulty_calls_get_one_german_sentence(site: str, data: list[Any], sentence: str) -> None:
    answer = posted(site, *data)
    assert sentence in answer.json()["error"] and "Traceback" not in answer.text


def test_what_is_no_character_is_replaced_before_anything_sees_it(site: str) -> None:
    """Half a surrogate pair can be neither stored nor answered, NUL not be stored in PostgreSQL; whole pairs are emoji."""
    raw = rb'{"data": ["Fahrradstra\u00dfe\ud83d \u0000am \\u0000 \udeb2Stadtwald \ud83d\udeb2 mit Rad\u0000stellplatz", []]}'
    answer = httpx.post(
        f"{site}/gradio_api/run/match", content=raw, headers={"content-type": "application/json"}, timeout=30
    )
    assert answer.status_code == 200
    (goal, *_) = answer.json()["data"][0]["goals"]
    (found,) = goal["evidence"]
    text = "Fahrradstraße\ufffd \ufffdam \\u0000 \ufffdStadtwald 🚲 mit Rad\ufffdstellplatz"
    assert text[found["start"] : found["end"]] == found["text"] and goal["id"] == "PB5.4"


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": ["Radweg", ' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b'{"data": ' + b'{"a": ' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        b'{"data": ["Radweg \\ud800", ' + b"[" * 100_000,
        b'{"data": ["Radweg", [' + b"9" * 100_000 + b"]]}",
        b"[" * 100_000,
        b'{"data": ["Radweg \xff", []]}',
        b"",
        b"null",
    ],
    ids=lambda body: body[:30].decode("latin-1"),
)
def test_what_is_no_call_is_refused_at_once(site: str, body: bytes) -> None:
    for path in ("run/match", "call/match", "queue/join", "mcp"):
        answer = httpx.post(
            f"{site}/gradio_api/{path}",
            content=body,
            headers={"content-type": "application/json", "accept": "application/json, text/event-stream"},
            timeout=10,
        )
        assert answer.status_code >= 400 and "Traceback" not in answer.text
    assert posted(site, CYCLING, []).status_code == 200


def test_the_public_endpoints_are_exactly_these(site: str) -> None:
    info = httpx.get(f"{site}/gradio_api/info").json()
    parameters = {
        name: [given["parameter_name"] for given in endpoint["parameters"]]
        for name, endpoint in info["named_endpoints"].items()
    }
    decided = ["title", "reference", "department", "reason", "project", "expected"]
    assert parameters == {
        "/match": ["text", "areas"],
        "/batch": ["texts", "areas"],
        "/goals": ["areas"],
        "/decide": ["text", "goals", "rejected", "no_goal", *decided],
        "/evaluate": ["split", "set"],
    }
    assert info["unnamed_endpoints"] == {}


def test_health_tells_catalogue_and_model(site: str) -> None:
    assert httpx.get(f"{site}/health").json() | {"model": ""} == {
        "status": "bereit",
        "catalogue": "neumuenster@2022",
        "model": "",
    }


def test_every_answer_carries_strict_headers(site: str) -> None:
    for path in ("/", "/health", "/zielfinder.js", "/gradio_api/info", "/gibt-es-nicht"):
        headers = httpx.get(f"{site}{path}").headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"].split("script-src", 1)[1].split(";", 1)[0]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")


@pytest.mark.parametrize("path", ["/gibt-es-nicht", "/katalog/x", "/login", "/bericht/0/x.csv"])
def test_a_browser_is_told_in_german_that_there_is_no_such_page(site: str, path: str) -> None:
    asked = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = httpx.get(f"{site}{path}", headers=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Diese Seite gibt es nicht" in answer.text and "frame-ancestors" in answer.headers["content-security-policy"]
    assert (httpx.head(f"{site}{path}", headers=asked).status_code, httpx.get(f"{site}{path}").status_code) in (
        (404, 404),
        (405, 404),
    )
    assert "<html" not in httpx.get(f"{site}{path}").text


def test_the_page_is_german_before_any_script_and_names_no_foreign_host(site: str) -> None:
    page = httpx.get(site)
    nonce = re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])
    assert nonce and f'<script nonce="{nonce[1]}"' in page.text and "<script>" not in page.text
    assert '<html\n\tlang="de"' in page.text and "og:image" not in page.text
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*', page.text) == []


def test_a_foreign_host_name_is_refused(site: str) -> None:
    assert httpx.get(site, headers={"Host": "boese.example"}).status_code == 400
    assert httpx.get(site, headers={"Host": "localhost"}).status_code == 200


def test_a_body_over_the_limit_is_refused_unread(site: str) -> None:
    answer = httpx.post(f"{site}/gradio_api/run/match", content=b"x" * 9_000_000)
    assert (answer.status_code, "zu groß" in answer.json()["error"]) == (413, True)
    chunked = httpx.post(f"{site}/gradio_api/run/match", content=iter([b"{}"]))
    assert chunked.status_code == 411


def test_only_loopback_addresses_limit_the_host_names() -> None:
    assert "127.0.0.1" in allowed_hosts("127.0.0.1") and "*" not in allowed_hosts("localhost")
    assert allowed_hosts("127.0.0.2")[-1] == "127.0.0.2"
    assert allowed_hosts("0.0.0.0") == ["*"]
    assert allowed_hosts("0.0.0.0", "ziele.stadt.de, www.stadt.de")[-2:] == ["ziele.stadt.de", "www.stadt.de"]


def test_a_busy_port_is_the_users_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"Auf 127.0.0.1:{port} lässt sich kein Dienst starten" in capsys.readouterr().err
    with pytest.raises(UserError, match="70000"):
        take_port("127.0.0.1", 70000)


@pytest.mark.slow
def test_ctrl_c_ends_the_server_cleanly(site: str, tmp_path: Path) -> None:  # noqa: ARG001 - the index is built
    server = start_server(tmp_path)
    assert server.stop(signal.SIGINT) == 0
    log = server.log.read_text("utf-8")
    assert f"Bereit: {server.address}" in log and log.rstrip().endswith("Beendet.")
    assert "Traceback" not in log and "Error" not in log


def test_the_address_shown_is_one_to_type() -> None:
    assert web_address("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert web_address("::", 7860) == "http://[::1]:7860"
