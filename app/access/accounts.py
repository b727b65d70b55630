"""Accounts, their sessions and their access keys, in the database of the decisions."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.access.passwords import checked_password, hashed, outdated, verified
from app.access.person import Person
from app.access.tables import access_keys, accounts, sessions
from app.database import Database, open_database
from app.settings import Settings
from data.errors import UserError

LONGEST_NAME = 100
KEY_DAYS = 365
KEY_SIGN = "isek_"
_DAY, _SEEN_EVERY = 86_400, 60  # seconds


@dataclass(frozen=True)
class Account:
    """`role` is one of ROLES; without a password a person comes in through a proxy or with a key alone."""

    id: int
    name: str
    role: str
    has_password: bool
    locked: bool


class Accounts:
    """All accounts of one database. Secrets are never kept: of passwords an argon2 hash, of tokens their SHA-256."""

    def __init__(
        self, database: Database, hours: int = 12, idle_minutes: int = 60, clock: Callable[[], float] = time.time
    ) -> None:
        self._database, self._clock = database, clock
        self._longest, self._idle = hours * 3_600, idle_minutes * 60

    @staticmethod
    def folded(name: str) -> str:
        """The name as it is compared: without regard to case or the way an umlaut is composed."""
        return unicodedata.normalize("NFKC", name.strip()).casefold()

    def add(self, name: str, role: str, password: str | None) -> Account:
        """A new account.

        Raises:
            UserError: the name is taken or not one to use, or the password is too weak.
        """
        wanted = unicodedata.normalize("NFC", name.strip())
        if not 0 < len(wanted) <= LONGEST_NAME or not wanted.isprintable():
            raise UserError(
                f"Ein Kontoname hat 1 bis {LONGEST_NAME} druckbare Zeichen; angegeben war {name[:LONGEST_NAME]!r}."
            )
        kept = hashed(checked_password(password, wanted)) if password is not None else None
        row = {"name": wanted, "folded": self.folded(wanted), "role": role, "password": kept, "locked": False}
        with self._database.writing() as connection:
            try:
                connection.execute(insert(accounts).values(**row, created=self._now()))
            except IntegrityError as error:
                raise UserError(f"Das Konto «{wanted}» gibt es schon; «isek user list» zeigt alle.") from error
        return self.get(wanted)

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.folded))]

    def let_anybody_in(self) -> bool:
        """Whether there is an account to sign in with."""
        return any(found.has_password and not found.locked for found in self.all())

    def find(self, name: str) -> Account | None:
        row = self._row(name)
        return _account(row) if row else None

    def get(self, name: str) -> Account:
        """The account of this name.

        Raises:
            UserError: there is none.
        """
        found = self.find(name)
        if found is None:
            raise UserError(f"Ein Konto «{name}» gibt es nicht; «isek user list» zeigt alle.")
        return found

    def set_role(self, name: str, role: str) -> None:
        self._change(self.get(name), [], role=role)

    def set_password(self, name: str, password: str) -> None:
        """A new password; whoever is signed in with the old one is signed out."""
        found = self.get(name)
        self._change(found, [sessions], password=hashed(checked_password(password, found.name)))

    def lock(self, name: str, locked: bool) -> None:
        """Keep somebody out, or let them in again; locking ends their sessions and keys."""
        found = self.get(name)
        self._change(found, [sessions, access_keys] if locked else [], locked=locked)

    def remove(self, name: str) -> None:
        """Delete the account; decisions keep the name of who made them."""
        found = self.get(name)
        with self._database.writing() as connection:
            for table in (sessions, access_keys):
                connection.execute(delete(table).where(table.c.account == found.id))
            connection.execute(delete(accounts).where(accounts.c.id == found.id))

    def checked(self, name: str, password: str) -> Account | None:
        """The account whose password this is; None, after as much work, where name or password is wrong or it is locked."""
        row = self._row(name)
        kept = row.password if row else None
        if not verified(password, kept) or row is None or row.locked:
            return None
        if outdated(row.password):
            self._change(_account(row), [], password=hashed(password))
        return _account(row)

    def open_session(self, owner: Account) -> str:
        """A session for a cookie: 256 random bits. Sessions that have ended are deleted on the way."""
        token, now = secrets.token_urlsafe(32), self._now()
        with self._database.writing() as connection:
            connection.execute(
                delete(sessions).where((sessions.c.opened < now - self._longest) | (sessions.c.seen < now - self._idle))
            )
            connection.execute(insert(sessions).values(token=_digest(token), account=owner.id, opened=now, seen=now))
        return token

    def close_session(self, token: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.token == _digest(token)))

    def person_of_session(self, token: str) -> Person | None:
        """Who is signed in by this cookie; None where there is no such session, or it has ended."""
        if not token:
            return None
        now = self._now()
        query = (
            select(accounts.c.name, accounts.c.role, sessions.c.seen)
            .join_from(sessions, accounts)
            .where(
                sessions.c.token == _digest(token),
                sessions.c.opened >= now - self._longest,
                sessions.c.seen >= now - self._idle,
                accounts.c.locked.is_(False),
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        if row.seen < now - _SEEN_EVERY:
            with contextlib.suppress(UserError), self._database.writing() as connection:  # a full disk locks nobody out
                connection.execute(update(sessions).where(sessions.c.token == _digest(token)).values(seen=now))
        return Person(row.name, row.role, signed_in=True)

    def make_key(self, name: str, days: int = KEY_DAYS) -> str:
        """An access key for programs; it can be read this once.

        Raises:
            UserError: there is no such account.
        """
        found, now, key = self.get(name), self._now(), KEY_SIGN + secrets.token_urlsafe(32)
        row = {"token": _digest(key), "account": found.id, "created": now, "expires": now + days * _DAY}
        with self._database.writing() as connection:
            connection.execute(insert(access_keys).values(**row))
        return key

    def end_keys(self, name: str) -> int:
        """Make all access keys of an account void; returns how many there were."""
        found = self.get(name)
        with self._database.writing() as connection:
            return connection.execute(delete(access_keys).where(access_keys.c.account == found.id)).rowcount

    def person_of_key(self, key: str) -> Person | None:
        query = (
            select(accounts.c.name, accounts.c.role)
            .join_from(access_keys, accounts)
            .where(
                access_keys.c.token == _digest(key), access_keys.c.expires > self._now(), accounts.c.locked.is_(False)
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return Person(row.name, row.role, signed_in=True) if row else None

    def person_of_proxy(self, name: str, role: str) -> Person | None:
        """Whom a trusted proxy has signed in: with the role of the account of that name, else with `role`; None where locked."""
        found = self.find(name)
        if found is None:
            return Person(name, role, signed_in=True)
        return None if found.locked else Person(found.name, found.role, signed_in=True)

    def _row(self, name: str) -> Any:
        if not name.isprintable():  # no account is called like that, and PostgreSQL refuses such a text
            return None
        with self._database.reading() as connection:
            return connection.execute(select(accounts).where(accounts.c.folded == self.folded(name))).first()

    def _change(self, owner: Account, ended: Sequence[Table], **values: Any) -> None:
        """Change an account, and end what it had in the tables `ended`, in one transaction."""
        with self._database.writing() as connection:
            connection.execute(update(accounts).where(accounts.c.id == owner.id).values(**values))
            for table in ended:
                connection.execute(delete(table).where(table.c.account == owner.id))

    def _now(self) -> int:
        return int(self._clock())


def open_accounts(settings: Settings) -> Accounts:
    """The accounts in the database of the settings."""
    return Accounts(open_database(settings), settings.session_hours, settings.session_idle_minutes)


def _account(row: Any) -> Account:
    return Account(row.id, row.name, row.role, row.password is not None, bool(row.locked))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
