"""Accounts, passwords, the throttle and the rules: who may come in, without a server."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.__main__ import main
from app.access.accounts import Accounts
from app.access.passwords import checked_password, hashed, outdated, verified
from app.access.person import ADMIN, EDITOR, READER, Person, person_of
from app.access.rules import is_loopback, role_of, rules_of
from app.access.throttle import FREE, LONGEST_WAIT, Throttle
from app.database import open_database
from app.settings import Settings
from data.errors import UserError

GOOD = "viele Räder am Markt"


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(database_url: Callable[[], str], clock: Clock) -> Iterator[Accounts]:
    database = open_database(Settings(database=database_url()))
    yield Accounts(database, hours=12, idle_minutes=60, clock=clock)
    database.close()


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("elf Zeichen", "12 bis 256 Zeichen haben, angegeben waren 11"),
        ("x" * 257, "angegeben waren 257"),
        ("abababababab", "zu leicht zu erraten"),
        ("Passwort1234", "zu leicht zu erraten"),
        ("petra.muster1", "zu leicht zu erraten"),
    ],
)
def test_a_weak_password_is_refused(password: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        checked_password(password, "Petra.Muster")


def test_a_password_needs_length_and_no_special_signs() -> None:
    assert checked_password("zwölfzeichen") == "zwölfzeichen"


def test_only_the_password_itself_is_verified_whichever_way_an_umlaut_is_typed() -> None:
    kept = hashed(GOOD)
    assert kept.startswith("$argon2id$") and GOOD not in kept and hashed(GOOD) != kept
    assert verified(GOOD, kept) and verified("viele Ra\u0308der am Markt", kept)
    assert not verified(GOOD + " ", kept) and not verified("", kept) and not verified("x" * 10_000, kept)
    assert not verified(GOOD, None) and not verified(GOOD, "kein Hash")


def test_a_hash_of_other_costs_is_made_anew_at_the_next_sign_in(accounts: Accounts) -> None:
    accounts.add("petra", READER, GOOD)
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    row = accounts._row("petra")
    accounts._change(accounts.get("petra"), [], password=old)
    assert outdated(old) and not outdated(row.password)
    assert accounts.checked("petra", GOOD) is not None
    assert not outdated(accounts._row("petra").password)
    assert accounts.checked("petra", GOOD) is not None


def test_names_are_compared_without_case_and_given_once(accounts: Accounts) -> None:
    made = accounts.add(" Petra Müller ", EDITOR, GOOD)
    assert (made.name, made.role, made.has_password, made.locked) == ("Petra Müller", EDITOR, True, False)
    with pytest.raises(UserError, match="Das Konto «PETRA MÜLLER» gibt es schon"):
        accounts.add("PETRA MU\u0308LLER", READER, None)
    for name in ("", "x" * 101, "a\nb", "a\x00b"):
        with pytest.raises(UserError, match="1 bis 100 druckbare Zeichen"):
            accounts.add(name, READER, None)
        assert accounts.find(name) is None and accounts.checked(name, GOOD) is None


def test_only_the_right_password_of_an_unlocked_account_signs_in(accounts: Accounts) -> None:
    accounts.add("petra", READER, GOOD)
    accounts.add("otto", READER, None)
    assert accounts.checked("PETRA", GOOD) == accounts.get("petra")
    assert accounts.checked("petra", "falsch falsch falsch") is None
    assert accounts.checked("otto", "") is None and accounts.checked("niemand", GOOD) is None
    accounts.lock("petra", True)
    assert accounts.checked("petra", GOOD) is None and not accounts.let_anybody_in()
    accounts.lock("petra", False)
    assert accounts.checked("petra", GOOD) is not None and accounts.let_anybody_in()


def test_an_unknown_name_costs_as_much_work_as_a_wrong_password(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add("petra", READER, GOOD)
    accounts.add("otto", READER, None)
    checked: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, given: bytes) -> bool:
        checked.append(kept.split("$")[3])
        return verify(self, kept, given)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in ("petra", "niemand", "otto"):
        assert accounts.checked(name, "falsch falsch falsch") is None
    assert len(checked) == 3 and len(set(checked)) == 1  # the same costs each time


def test_a_session_ends_by_itself_and_by_use_goes_on(accounts: Accounts, clock: Clock) -> None:
    petra = accounts.add("petra", EDITOR, GOOD)
    token = accounts.open_session(petra)
    assert accounts.person_of_session(token) == Person("petra", EDITOR, signed_in=True)
    assert accounts.person_of_session(token + "x") is None and accounts.person_of_session("") is None
    clock.now += 59 * 60
    assert accounts.person_of_session(token) is not None
    clock.now += 59 * 60
    assert accounts.person_of_session(token) is not None  # the last use counts
    clock.now += 61 * 60
    assert accounts.person_of_session(token) is None
    busy = accounts.open_session(petra)
    for _ in range(24):
        assert accounts.person_of_session(busy) is not None
        clock.now += 30 * 60
    clock.now += 1
    assert accounts.person_of_session(busy) is None  # twelve hours are over, however busy


@pytest.mark.parametrize("act", ["password", "lock", "remove", "sign out"])
def test_what_ends_a_session(accounts: Accounts, act: str) -> None:
    accounts.add("otto", READER, GOOD)
    other = accounts.open_session(accounts.get("otto"))
    token = accounts.open_session(accounts.add("petra", READER, GOOD))
    {
        "password": lambda: accounts.set_password("petra", "ein anderes, längeres"),
        "lock": lambda: accounts.lock("petra", True),
        "remove": lambda: accounts.remove("petra"),
        "sign out": lambda: accounts.close_session(token),
    }[act]()
    assert accounts.person_of_session(token) is None and accounts.person_of_session(other) is not None


def test_a_role_holds_at_once_and_a_new_account_inherits_nothing(accounts: Accounts) -> None:
    token = accounts.open_session(accounts.add("petra", READER, GOOD))
    accounts.set_role("petra", ADMIN)
    person = accounts.person_of_session(token)
    assert person is not None and person.role == ADMIN
    accounts.remove("petra")
    accounts.add("petra", ADMIN, GOOD)
    assert accounts.person_of_session(token) is None


def test_keys_for_programs_expire_and_are_revoked(accounts: Accounts, clock: Clock) -> None:
    accounts.add("skript", EDITOR, None)
    key, other = accounts.make_key("skript", days=1), accounts.make_key("skript", days=3)
    assert key.startswith("isek_") and accounts.person_of_key(key) == Person("skript", EDITOR, signed_in=True)
    clock.now += 86_400
    assert accounts.person_of_key(key) is None and accounts.person_of_key(other) is not None
    assert accounts.end_keys("skript") == 2 and accounts.person_of_key(other) is None
    assert accounts.person_of_session(other) is None


def test_no_secret_is_in_the_database(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite3"
    database = open_database(Settings(database=f"sqlite:///{file}"))
    accounts = Accounts(database)
    secrets = [GOOD, accounts.open_session(accounts.add("petra", READER, GOOD)), accounts.make_key("petra")]
    database.checkpoint()
    database.close()
    with sqlite3.connect(file) as raw:
        dump = "\n".join(raw.iterdump())
    raw.close()
    assert "petra" in dump and not any(secret in dump for secret in secrets)


def test_the_migration_makes_the_tables_the_code_uses(database_url: Callable[[], str]) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from app.access.tables import metadata

    database = open_database(Settings(database=database_url()))
    with database.reading() as connection:
        names = set(metadata.tables)
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda _, name, kind, *__: kind != "table" or name in names},
        )
        assert compare_metadata(context, metadata) == []
    database.close()


def test_guessing_gets_slower_for_one_name_and_not_for_others(clock: Clock) -> None:
    throttle = Throttle(clock)
    assert [throttle.attempt("petra", "10.0.0.1") for _ in range(FREE["pair"])] == [0.0] * FREE["pair"]
    waits = []
    for _ in range(14):
        wait = throttle.attempt("petra", "10.0.0.1")
        waits.append(wait)
        assert wait > 0 and throttle.attempt("petra", "10.0.0.1") == wait  # refused tries do not count
        clock.now += wait
        assert throttle.attempt("petra", "10.0.0.1") == 0.0
    assert waits[:5] == [1.0, 2.0, 4.0, 8.0, 16.0] and waits[-1] == LONGEST_WAIT
    assert throttle.attempt("otto", "10.0.0.2") == 0.0 and throttle.attempt("petra", "10.0.0.2") == 0.0


def test_many_names_from_one_address_and_one_name_from_many_addresses_are_slowed_too(clock: Clock) -> None:
    one_address = Throttle(clock)
    waits = [one_address.attempt(f"n{n}", f"2001:db8::{n:x}") for n in range(FREE["address"] + 1)]
    assert waits[-2:] == [0.0, 1.0]
    assert one_address.attempt("x", "2001:db8:0:1::1") == 0.0
    one_name = Throttle(clock)
    waits = [one_name.attempt("petra", f"10.0.{n}.1") for n in range(FREE["name"] + 1)]
    assert waits[-2:] == [0.0, 1.0]


def test_success_and_an_hour_of_peace_are_a_new_start_but_not_for_the_address(clock: Clock) -> None:
    throttle = Throttle(clock)
    for _ in range(4):
        for _ in range(4):
            assert throttle.attempt("petra", "10.0.0.1") == 0.0
        throttle.succeeded("petra", "10.0.0.1")
    for n in range(FREE["address"] - 12):  # of the 16 tries above 12 had failed
        assert throttle.attempt(f"n{n}", "10.0.0.1") == 0.0
    assert throttle.attempt("petra", "10.0.0.1") == 1.0
    clock.now += 3_601
    assert throttle.attempt("petra", "10.0.0.1") == 0.0


@pytest.mark.parametrize(
    ("settings", "host", "required"),
    [
        (Settings(), "127.0.0.1", False),
        (Settings(), "::1", False),
        (Settings(), "localhost", False),
        (Settings(), "0.0.0.0", True),
        (Settings(), "::", True),
        (Settings(), "192.168.1.5", True),
        (Settings(), "rechner.stadt.de", True),
        (Settings(sign_in=True), "127.0.0.1", True),
        (Settings(host_names="ziele.stadt.de"), "127.0.0.1", True),
        (Settings(root_path="/zielfinder"), "127.0.0.1", True),
        (Settings(trusted_proxies="127.0.0.1"), "127.0.0.1", True),
    ],
)
def test_a_sign_in_is_required_wherever_others_can_come(settings: Settings, host: str, required: bool) -> None:
    assert rules_of(settings, host).required is required


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (Settings(proxy_user_header="X-Remote-User"), "braucht «trusted_proxies»"),
        (Settings(proxy_user_header="X Remote", trusted_proxies="::1"), "«proxy_user_header» erwartet den Namen"),
        (Settings(trusted_proxies="10.0.0.1, proxy"), "«trusted_proxies» erwartet Adressen .* gefunden wurde 'proxy'"),
        (Settings(trusted_proxies="0.0.0.0/0"), "gefunden wurde '0.0.0.0/0'"),
        (Settings(root_path="zielfinder"), "«root_path» erwartet einen Pfad wie /zielfinder"),
        (Settings(root_path="https://a.de/x"), "«root_path» erwartet"),
        (Settings(proxy_role="chef"), "Die Rolle 'chef' .*proxy_role.* gibt es nicht"),
    ],
)
def test_senseless_settings_are_named(settings: Settings, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        rules_of(settings, "127.0.0.1")


def test_proxies_are_trusted_by_address_and_network() -> None:
    rules = rules_of(Settings(trusted_proxies="127.0.0.1, 10.1.0.0/16, fd00::/8"), "127.0.0.1")
    assert [rules.trusts(a) for a in ("127.0.0.1", "::ffff:10.1.2.3", "fd00::7", "10.2.0.1", "", "testclient")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_roles_have_two_names_and_each_may_what_those_before_it_may() -> None:
    assert [role_of(name, "") for name in ("lesen", "Bearbeiten", "ADMIN")] == [READER, EDITOR, ADMIN]
    assert [Person("x", EDITOR, True).may(role) for role in (READER, EDITOR, ADMIN)] == [True, True, False]
    assert is_loopback("127.1.2.3") and not is_loopback("10.0.0.1")


def test_a_request_that_passed_no_gate_is_nobodys() -> None:
    assert person_of(None).role == ADMIN and not person_of(None).signed_in
    with pytest.raises(UserError, match="niemand, der angemeldet ist"):
        person_of(object())


@pytest.fixture
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"database: 'sqlite:///{tmp_path / 'konten.sqlite3'}'\n", "utf-8")
    monkeypatch.setenv("ISEK_SETTINGS", str(settings))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(["user", *arguments])


@pytest.mark.usefixtures("own_database")
def test_accounts_are_managed_on_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*arguments: str, typed: str = "", status: int = 0) -> str:
        assert run(monkeypatch, *arguments, typed=typed) == status
        caught = capsys.readouterr()
        return caught.err if status else caught.out

    assert told("list") == ""
    assert "12 bis 256 Zeichen" in told("add", "petra", "--password-stdin", typed="kurz\n", status=2)
    assert (
        told("add", "petra", "--password-stdin", typed=GOOD + "\n") == "Das Konto «petra» ist angelegt; Rolle: Lesen.\n"
    )
    assert "gibt es schon" in told("add", "Petra", "--password-stdin", typed=GOOD, status=2)
    assert "mit --password-stdin" in told("add", "otto", status=2)
    told("add", "otto", "--no-password", "--role", "editor")
    assert "Verwalten" in told("role", "petra", "verwalten")
    told("lock", "otto")
    assert told("list") == "otto   Bearbeiten, ohne Kennwort, gesperrt\npetra  Verwalten\n"
    assert [one["role"] for one in json.loads(told("list", "--json"))] == ["editor", "admin"]
    told("unlock", "otto")
    assert "geändert" in told("password", "petra", "--password-stdin", typed="noch längeres Kennwort\n")
    key = told("token", "otto").strip()
    assert key.startswith("isek_") and len(key) > 40
    assert told("token", "otto", "--revoke") == "Ungültig gemacht: 1 Schlüssel von «otto».\n"
    told("remove", "otto")
    assert "gibt es nicht" in told("lock", "otto", status=2)
    assert "Die Rolle 'chef'" in told("role", "petra", "chef", status=2)


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["--host", "0.0.0.0"], "Unter der Adresse 0.0.0.0"),
        (["--root-path", "/zielfinder"], "über einen Proxy"),
    ],
)
def test_without_an_account_the_server_opens_itself_to_nobody(
    given: list[str], reason: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, "add", "otto", "--no-password")  # nobody could sign in as otto
    assert main(["serve", "--port", "1", *given]) == 2
    told = capsys.readouterr().err
    assert reason in told and "isek user add NAME --role verwalten" in told
    run(monkeypatch, "add", "petra", "--password-stdin", typed=GOOD)
    assert main(["serve", "--port", "70000", *given]) == 2
    assert "Der Port muss zwischen" in capsys.readouterr().err  # the next thing that is wrong
