"""The gate in front of the pages: who is let in, what others cannot reach, and what a proxy is believed."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.access.accounts import Accounts
from app.access.gate import COOKIE
from app.access.sign_in import own_path, waiting
from app.access.throttle import FREE, Throttle
from app.database import open_database
from app.desk import Desk
from app.guard import HEADERS
from app.server import build_app
from app.settings import Settings
from data.errors import UserError
from index.matcher import Matcher

CYCLING = "Fahrradstraße am Stadtwald"
GOOD = "viele Räder am Markt"
PROXY, SOMEBODY = "10.9.9.9", "10.0.0.7"
PAGE = {"Accept": "text/html"}


@dataclass(frozen=True)
class World:
    """An application that requires a sign-in, and its accounts; for its throttle the time stands still."""

    app: FastAPI
    accounts: Accounts

    def client(self, address: str = SOMEBODY, scheme: str = "http", **options: Any) -> TestClient:
        base = f"{scheme}://ziele.stadt.de"
        return TestClient(self.app, base_url=base, client=(address, 5000), follow_redirects=False, **options)

    def signed_in(self, name: str) -> TestClient:
        client = self.client()
        assert sign_in(client, name).status_code == 303
        return client


def sign_in(client: TestClient, name: str, password: str = GOOD, wanted: str = "/", **headers: str) -> Any:
    given = {"name": name, "kennwort": password, "weiter": wanted}
    return client.post("/anmelden", data=given, headers=headers)


def made_world(matcher: Matcher, folder: Path, **settings: Any) -> World:
    given = Settings(database=f"sqlite:///{folder / 'konten.sqlite3'}", **settings)
    accounts = Accounts(open_database(given))
    for name, role in (("petra", "editor"), ("otto", "reader")):
        accounts.add(name, role, GOOD)
    return World(built(Desk(matcher, given), "0.0.0.0", accounts, Throttle(lambda: 1_000.0)), accounts)


def built(desk: Desk, *given: Any) -> FastAPI:
    """The application, built within an event loop: outside of one Gradio opens some and leaves them open."""

    async def made() -> FastAPI:
        return build_app(desk, *given)

    return asyncio.run(made())


@pytest.fixture(scope="module")
def world(matcher: Matcher, tmp_path_factory: pytest.TempPathFactory) -> World:
    return made_world(
        matcher, tmp_path_factory.mktemp("welt"), trusted_proxies=PROXY, proxy_user_header="X-Remote-User"
    )


@pytest.fixture(scope="module")
def single(matcher: Matcher, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application of a single desk."""
    folder = tmp_path_factory.mktemp("einzel")
    return built(Desk(matcher, Settings(database=f"sqlite:///{folder / 'a.sqlite3'}")))


GRADIO = (
    "/config",
    "/gradio_api/info",
    "/gradio_api/openapi.json",
    "/gradio_api/queue/data?session_hash=x",
    "/gradio_api/queue/status",
    "/gradio_api/heartbeat/x",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/upload_progress?upload_id=x",
    "/gradio_api/call/match/x",
    "/gradio_api/startup-events",
    "/theme.css",
    "/assets/index.js",
    "/static/img/logo.svg",
)
POSTS = ("run/match", "api/match", "call/match", "call/v2/match", "queue/join", "upload", "cancel", "reset", "mcp/")


@pytest.mark.parametrize("path", ["/", "/stapel", "/zielfinder.js", "/gibt-es-nicht", *GRADIO])
def test_nothing_is_read_without_a_sign_in(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert answer.status_code == 401 and answer.json()["error"].startswith("Bitte anmelden.")
    assert answer.headers["www-authenticate"].startswith("Bearer") and "default-src" in str(answer.headers)


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_sent_without_a_sign_in(world: World, path: str) -> None:
    answer = world.client().post(f"/gradio_api/{path}", json={"data": [CYCLING], "session_hash": "x"})
    assert answer.status_code == 401 and "Bearer" in answer.json()["error"]


def test_a_browser_is_sent_to_the_sign_in_page_and_back(world: World) -> None:
    client = world.client()
    sent = client.get("/stapel?a=1&b=ü", headers=PAGE)
    assert (sent.status_code, sent.headers["location"]) == (303, "/anmelden?weiter=/stapel%3Fa%3D1%26b%3D%25C3%25BC")
    page = client.get(sent.headers["location"])
    wanted = re.search(r'name="weiter" value="([^"]*)"', page.text)
    assert wanted and wanted[1] == "/stapel?a=1&amp;b=%C3%BC" and "<script" not in page.text
    back = sign_in(client, "petra", wanted="/stapel?a=1&b=%C3%BC")
    assert (back.status_code, back.headers["location"]) == (303, "/stapel?a=1&b=%C3%BC")
    assert client.get("/stapel").status_code == 200
    assert client.get("/anmelden", params={"weiter": "/stapel"}).headers["location"] == "/stapel"


def test_open_addresses_tell_nothing_secret(world: World) -> None:
    client = world.client()
    assert set(client.get("/health").json()) == {"status", "catalogue", "model"}
    style = client.get("/anmelden.css")
    assert "prefers-color-scheme: dark" in style.text and style.text.count("--farbe:") == 2
    assert "petra" not in client.get("/anmelden").text


@pytest.mark.parametrize("wanted", ["//boese.de", "https://boese.de", "/\\boese.de", "\\\\boese.de", "/a\nb", "", "a"])
def test_the_way_on_after_a_sign_in_never_leaves_the_server(world: World, wanted: str) -> None:
    assert own_path(wanted) == "/"
    assert sign_in(world.client(), "petra", wanted=wanted).headers["location"] == "/"


def test_the_cookie_is_closed_to_scripts_and_foreign_pages(world: World) -> None:
    plain = sign_in(world.client(), "petra").headers["set-cookie"]
    assert "HttpOnly" in plain and "SameSite=strict" in plain and "Path=/" in plain and "Secure" not in plain
    secure = sign_in(world.client(PROXY), "petra", **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert "Secure" in secure
    forged = sign_in(world.client(SOMEBODY), "petra", **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert "Secure" not in forged


def test_each_sign_in_is_a_new_session_and_ends_the_one_before(world: World) -> None:
    planted = world.client(cookies={COOKIE: "vom-angreifer-gesetzt"})
    client = world.client()
    assert "vom-angreifer-gesetzt" not in sign_in(planted, "petra").headers["set-cookie"]
    sign_in(client, "petra")
    first = client.cookies[COOKIE]
    sign_in(client, "petra")
    second = client.cookies[COOKIE]
    assert len(first) == len(second) == 43
    old = world.client(cookies={COOKIE: first})
    assert first != second and old.get("/").status_code == 401 and client.get("/").status_code == 200
    left = client.post("/abmelden")
    assert (left.status_code, left.headers["location"]) == (303, "/anmelden") and COOKIE not in client.cookies
    assert world.client(cookies={COOKIE: second}).get("/").status_code == 401


def test_wrong_names_and_wrong_passwords_get_the_same_answer(world: World) -> None:
    answers = [sign_in(world.client(f"10.3.0.{n}"), name, "falsch falsch") for n, name in enumerate(("petra", "wer"))]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert 'role="alert"' in answers[0].text and "Name oder Kennwort stimmt nicht" in answers[0].text
    assert answers[0].text.replace("petra", "wer") == answers[1].text and "set-cookie" not in answers[0].headers
    assert 'value="&lt;b&gt;&quot;"' in sign_in(world.client("10.3.0.9"), '<b>"').text


def test_guessing_is_slowed_and_the_right_password_does_not_help_then(world: World) -> None:
    world.accounts.add("ziel", "reader", GOOD)
    attacker = world.client("10.4.0.1")
    for _ in range(FREE["pair"]):
        assert sign_in(attacker, "ziel", "falsch falsch").status_code == 401
    slowed = sign_in(attacker, "Ziel")
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    assert "Zu viele Fehlversuche. Bitte in einer Sekunde noch einmal" in slowed.text
    assert sign_in(world.client("10.4.0.2"), "ziel").status_code == 303
    assert [waiting(s) for s in (0.2, 30, 119.5, 900)] == ["einer Sekunde", "30 Sekunden", "2 Minuten", "15 Minuten"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://ziele.stadt.de"}, 403),
        ({"Origin": "http://ziele.stadt.de"}, 200),
        ({"Origin": "http://boese.de"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ],
)
def test_a_foreign_page_can_send_nothing_in_somebodys_name(
    world: World, single: FastAPI, headers: dict[str, str], status: int
) -> None:
    call = {"json": {"data": [CYCLING]}, "headers": headers}
    petra = world.signed_in("petra")
    assert petra.post("/gradio_api/run/match", **call).status_code == status
    desk = TestClient(single, base_url="http://127.0.0.1", client=("127.0.0.1", 5000))
    given = {name: value.replace("ziele.stadt.de", "127.0.0.1") for name, value in headers.items()}
    assert desk.post("/gradio_api/run/match", json={"data": [CYCLING]}, headers=given).status_code == status
    assert sign_in(world.client(), "petra", **headers).status_code == (303 if status == 200 else 403)


def test_no_foreign_page_may_read_an_answer(world: World) -> None:
    petra = world.signed_in("petra")
    answer = petra.get("/config", headers={"Origin": "http://boese.de"})
    asked = petra.options(
        "/gradio_api/run/match", headers={"Origin": "http://boese.de", "Access-Control-Request-Method": "POST"}
    )
    for found in (answer, asked):
        assert [name for name in found.headers if name.startswith("access-control")] == []
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_key_opens_the_api_for_programs(world: World) -> None:
    key = world.accounts.make_key("otto")
    client, call = world.client(), {"json": {"data": [CYCLING]}}
    answer = client.post("/gradio_api/run/match", headers={"Authorization": f"Bearer {key}"}, **call)
    assert answer.json()["data"][0]["goals"][0]["id"] == "PB5.4"
    refused = client.post("/gradio_api/run/match", headers={"Authorization": f"Bearer {key}x"}, **call)
    assert refused.status_code == 401 and "gilt nicht (mehr)" in refused.json()["error"]
    world.accounts.end_keys("otto")
    assert client.post("/gradio_api/run/match", headers={"Authorization": f"Bearer {key}"}, **call).status_code == 401


CLOSED = ("gradio_api/token", "gradio_api/app_id", "gradio_api/deep_link?session_hash=x", "gradio_api/runs", "login")
CLOSED += ("gradio_api/proxy=https://a.hf.space", "monitoring", "monitoring/summary", "gradio_api/dev/reload", "logout")
CLOSED += (
    "gradio_api/custom_component/a/client/b/c",
    "gradio_api/stream/a/b/1/playlist.m3u8",
    "gradio_api/run-history/buckets",
    "gradio_api/x%0Ay",
)


def test_what_the_pages_do_not_use_of_gradio_is_closed(world: World, single: FastAPI) -> None:
    desk = TestClient(single, base_url="http://127.0.0.1", client=("127.0.0.1", 5000))
    for client in (world.signed_in("petra"), desk):
        for path in CLOSED:
            assert (path, client.get(f"/{path}").status_code) == (path, 404)
        for path in ("component_server", "process_recording", "vibe-edit", "stream/x", "stream/x/close"):
            assert (path, client.post(f"/gradio_api/{path}", json={}).status_code) == (path, 404)


def test_a_deep_link_is_not_looked_for(world: World) -> None:
    petra = world.signed_in("petra")
    for name in ("deep_link", "deep%5Flink"):
        assert petra.get(f"/config?{name}=x&page=").json().get("deep_link_state") is None


def handler(client: TestClient, event: str) -> int:
    """The number of the first function that an event of some component calls."""
    found = client.get("/config").json()["dependencies"]
    return next(dep["id"] for dep in found if any(target[1] == event for target in dep["targets"]))


def uploaded(client: TestClient, name: str = "antrag.txt", text: str = CYCLING) -> str:
    answer = client.post("/gradio_api/upload", files={"files": (name, text.encode())})
    assert answer.status_code == 200
    return str(answer.json()[0])


def opened(client: TestClient, path: str, session: str) -> Any:
    """Have the first page read an uploaded file; everything else on the page is as it was built."""
    config = client.get("/config").json()
    function = next(dep for dep in config["dependencies"] if any(target[1] == "upload" for target in dep["targets"]))
    values = {part["id"]: part["props"].get("value") for part in config["components"]}
    button = function["targets"][0][0]
    file = {"path": path, "orig_name": "antrag.txt", "meta": {"_type": "gradio.FileData"}}
    data = [file if part == button else values[part] for part in function["inputs"]]
    call = {"fn_index": function["id"], "data": data, "session_hash": session}
    return client.post("/gradio_api/run/predict", json=call)


def test_an_upload_is_its_owners_alone_even_for_who_knows_the_path(world: World) -> None:
    petra, otto = world.signed_in("petra"), world.signed_in("otto")
    path = uploaded(petra, text="Petras geheimer Antrag über Fahrräder")
    for way in (f"/gradio_api/file={path}", f"/gradio_api/file/{path}", f"/gradio_api/file={path}/../antrag.txt"):
        assert otto.get(way).status_code in (403, 404) and world.client().get(way).status_code in (401, 404)
    assert petra.get(f"/gradio_api/file={path}").text.startswith("Petras")
    stolen = opened(otto, path, "ottos")
    assert "geheimer" not in stolen.text and "gehört einer anderen Person" in stolen.text and Path(path).exists()
    own = opened(petra, path, "petras")
    assert "Petras geheimer Antrag" in own.text and not Path(path).exists()  # read, and deleted


def test_two_people_with_the_same_document_do_not_get_in_each_others_way(world: World) -> None:
    petra, otto = world.signed_in("petra"), world.signed_in("otto")
    first, second = (uploaded(client, text="Derselbe Antrag für alle") for client in (petra, otto))
    assert first == second
    assert [client.get(f"/gradio_api/file={first}").status_code for client in (petra, otto)] == [200, 200]


def test_the_state_of_an_open_page_is_its_owners_alone(world: World) -> None:
    petra, otto = world.signed_in("petra"), world.signed_in("otto")
    call = {"fn_index": handler(petra, "load"), "data": [], "session_hash": "petras-seite"}
    assert "petra" in petra.post("/gradio_api/run/predict", json=call).text
    answer = otto.post("/gradio_api/run/predict", json=call)
    assert answer.status_code == 500 and "gehört einer anderen Person" in answer.text
    assert otto.get("/gradio_api/queue/data?session_hash=petras-seite").status_code == 403
    assert otto.get("/gradio_api/heartbeat/petras-seite").status_code == 403
    cancel = {"session_hash": "petras-seite", "fn_index": 1, "event_id": "x"}
    assert otto.post("/gradio_api/cancel", json=cancel).status_code == 403
    assert petra.post("/gradio_api/cancel", json=cancel).status_code == 200


def test_every_page_asks_who_is_there(world: World) -> None:
    told = {}
    for name in ("petra", "otto"):
        client = world.signed_in(name)
        loads = [
            dep for dep in client.get("/config").json()["dependencies"] if any(t[1] == "load" for t in dep["targets"])
        ]
        pages = client.get("/config").json()["pages"]
        assert len(loads) >= len(pages)
        call = {"fn_index": loads[0]["id"], "data": [], "session_hash": f"seite-{name}"}
        told[name] = client.post("/gradio_api/run/predict", json=call).json()["data"][0]
    assert "<strong>petra</strong> (Bearbeiten)" in told["petra"] and "Abmelden" in told["petra"]
    assert "<strong>otto</strong> (Lesen)" in told["otto"] and "petra" not in told["otto"]


def load(client: TestClient) -> str:
    """What the head of a page says of who is signed in."""
    call = {"fn_index": handler(client, "load"), "data": []}
    return str(client.post("/gradio_api/run/predict", json=call).json()["data"][0])


def test_a_trusted_proxy_names_the_person(world: World) -> None:
    proxy = world.client(PROXY, headers={"X-Remote-User": "Petra"})
    assert "<strong>petra</strong> (Bearbeiten)" in load(proxy) and "Abmelden" not in load(proxy)
    new = world.client(PROXY, headers={"X-Remote-User": "Jörg@STADT".encode()})
    assert "<strong>Jörg@STADT</strong> (Lesen)" in load(new)
    oauth = {"X-Remote-User": "otto", "Authorization": "Bearer eines-anderen-dienstes"}
    assert "<strong>otto</strong>" in load(world.client(PROXY, headers=oauth))
    assert world.client(PROXY).get("/").status_code == 401
    nobody = {"X-Remote-User": "", "Authorization": f"Bearer {world.accounts.make_key('otto')}"}
    assert "<strong>otto</strong>" in load(world.client(PROXY, headers=nobody))
    world.accounts.add("gesperrt", "admin", None)
    world.accounts.lock("gesperrt", True)
    assert world.client(PROXY, headers={"X-Remote-User": "gesperrt"}).get("/").status_code == 403


def test_nobody_else_is_believed_to_name_one(world: World) -> None:
    claims = {"X-Remote-User": "petra", "X-Forwarded-For": PROXY, "X-Real-IP": PROXY, "Forwarded": f"for={PROXY}"}
    for address in (SOMEBODY, "127.0.0.1", "10.9.9.10", "::ffff:10.0.0.7"):
        assert world.client(address, headers=claims).get("/").status_code == 401
    two = [("X-Remote-User", "petra"), ("X-Remote-User", "otto")]
    assert world.client(PROXY).get("/", headers=two).status_code == 400
    assert world.client(PROXY, headers={"X_Remote_User": "petra"}).get("/").status_code == 401


def test_guessing_through_a_proxy_counts_for_the_address_behind_it(world: World) -> None:
    world.accounts.add("fern", "reader", GOOD)
    for n in range(FREE["pair"] + 1):  # what a client writes into the header itself comes first, and does not count
        sign_in(world.client(PROXY), "fern", "falsch falsch", **{"X-Forwarded-For": f"1.2.3.{n}, 10.5.0.1"})
    assert sign_in(world.client(PROXY), "fern", **{"X-Forwarded-For": "9.9.9.9, 10.5.0.1"}).status_code == 429
    assert sign_in(world.client(PROXY), "fern", **{"X-Forwarded-For": "10.5.0.2"}).status_code == 303


def test_a_single_desk_does_not_serve_a_department_through_a_proxy(single: FastAPI) -> None:
    desk = TestClient(single, base_url="http://127.0.0.1", client=("127.0.0.1", 5000))
    assert desk.get("/").status_code == 200 and load(desk) == ""
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host"):
        refused = desk.get("/", headers={header: "10.0.0.1"})
        assert refused.status_code == 403 and "«trusted_proxies»" in refused.json()["error"]


def test_where_a_sign_in_is_required_no_application_is_built_without_accounts(matcher: Matcher, tmp_path: Path) -> None:
    desk = Desk(matcher, Settings(database=f"sqlite:///{tmp_path / 'a.sqlite3'}"))
    with pytest.raises(UserError, match="geht es nicht ohne Anmeldung"):
        build_app(desk, "0.0.0.0")


def test_a_database_that_fails_is_reported_and_lets_nobody_in(
    matcher: Matcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = made_world(matcher, tmp_path)
    petra = world.signed_in("petra")

    def failing(*_: object) -> Any:
        raise UserError("Die Datenbank sqlite:///geheim ist gerade belegt.")

    monkeypatch.setattr(world.accounts, "person_of_session", failing)
    monkeypatch.setattr(world.accounts, "checked", failing)
    answer = petra.get("/")
    assert answer.status_code == 503 and "nicht zu erreichen" in answer.json()["error"] and "geheim" not in answer.text
    monkeypatch.setattr(world.accounts, "person_of_session", lambda _: None)
    page = sign_in(world.client(), "petra")
    assert page.status_code == 503 and "nicht zu erreichen" in page.text and "geheim" not in page.text
    assert "geheim" not in capsys.readouterr().err


@pytest.fixture(scope="module")
def below(matcher: Matcher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield made_world(
        matcher, tmp_path_factory.mktemp("unterpfad"), root_path="/ziel/finder", trusted_proxies=PROXY, log_json=True
    )


@pytest.mark.parametrize("before", ["", "/ziel/finder"])
def test_below_a_path_everything_stays_below_it(below: World, before: str) -> None:
    """`before` is what reaches the server: a proxy may strip the path or leave it."""
    client = below.client(PROXY, headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "intranet.stadt.de"})
    sent = client.get(f"{before}/stapel", headers=PAGE)
    assert sent.headers["location"] == "/ziel/finder/anmelden?weiter=/stapel"
    answer = client.post(f"{before}/anmelden", data={"name": "petra", "kennwort": GOOD, "weiter": "/stapel"})
    assert answer.headers["location"] == "/ziel/finder/stapel"
    cookie = answer.headers["set-cookie"]
    assert "Path=/ziel/finder" in cookie and "Secure" in cookie
    client.headers["Cookie"] = cookie.split(";")[0]
    page = client.get(f"{before}/stapel")
    assert '"root":"https://intranet.stadt.de/ziel/finder"' in page.text and "Origin" not in page.headers
    assert client.get(f"{before}/config").json()["root"] == "https://intranet.stadt.de/ziel/finder"
    assert client.get(f"{before}/stapel/").headers["location"] == "/ziel/finder/stapel"
    assert client.get(f"{before}/zielfinder.js").status_code == 200
    call = client.post(f"{before}/gradio_api/run/match", json={"data": [CYCLING]})
    assert call.json()["data"][0]["goals"][0]["id"] == "PB5.4"
    path = client.post(f"{before}/gradio_api/upload", files={"files": ("a.txt", b"x")}).json()[0]
    assert client.get(f"{before}/gradio_api/file={path}").status_code == 200
    left = client.post(f"{before}/abmelden")
    assert left.headers["location"] == "/ziel/finder/anmelden" and "Path=/ziel/finder" in left.headers["set-cookie"]


@pytest.mark.parametrize(
    "path", ["file={path}", "file/{path}", "app_id", "queue/data?session_hash=x", "heartbeat/x", "run-history"]
)
@pytest.mark.parametrize(
    "before",
    [
        *("/ziel/finder", "/ziel/finder/ziel/finder", "/ziel/finder/", "//ziel/finder"),
        *("/%7Aiel/finder", "/ziel%2Ffinder", "/%257Aiel/finder", "/Ziel/Finder", "/./ziel/finder"),
    ],
)
def test_the_path_given_more_than_once_leads_nowhere(below: World, before: str, path: str) -> None:
    """What routes a request strips the path as well: without care it would be stripped behind the gate's back."""
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "intranet.stadt.de"}
    petra, otto = (below.client(PROXY, headers=proxied) for _ in range(2))
    for client, name in ((petra, "petra"), (otto, "otto")):
        signed = client.post("/anmelden", data={"name": name, "kennwort": GOOD, "weiter": "/"})
        client.headers["Cookie"] = signed.headers["set-cookie"].split(";")[0]
    stored = petra.post("/gradio_api/upload", files={"files": ("a.txt", b"Petras Antrag")}).json()[0]
    answer = otto.get(f"/ziel/finder{before}/gradio_api/{path.format(path=stored)}")
    assert answer.status_code == 404 and "Petras" not in answer.text


def test_what_leads_nowhere_is_answered_with_all_headers_and_logged(
    below: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "isek"):
        answer = below.client(PROXY).get("/ziel/finder/ziel/finder/stapel")
    assert (answer.status_code, answer.text) == (404, "Diese Seite gibt es nicht.")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"
    told = [record.fields for record in caplog.records if record.name == "isek"]  # type: ignore[attr-defined]
    assert [(one["path"], one["status"]) for one in told] == [("/ziel/finder/stapel", 404)]


def test_the_path_is_a_whole_one(below: World) -> None:
    assert below.client().get("/ziel/finderei", headers=PAGE).headers["location"].endswith("weiter=/ziel/finderei")
    assert below.client().get("/ziel/finder", headers=PAGE).headers["location"] == "/ziel/finder/anmelden?weiter=/"
