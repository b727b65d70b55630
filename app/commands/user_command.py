"""`isek user`: who may sign in, and what they may do."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from app.commands.options import command, positive

if TYPE_CHECKING:
    from app.access.accounts import Account, Accounts


def add_to(commands: Any) -> None:
    parser = command(commands, "user", "Verwaltet die Konten für die Anmeldung.", run)
    actions = parser.add_subparsers(dest="action", metavar="WAS", required=True)
    add = _action(actions, "add", "legt ein Konto an und fragt nach dem Kennwort", _add)
    add.add_argument("--role", default="reader", metavar="ROLLE", help=f"{_ROLES} (Standard: lesen)")
    _password_options(add)
    add.add_argument(
        "--no-password",
        action="store_true",
        help="ohne Kennwort: anmelden kann nur ein Proxy, oder ein Zugangsschlüssel",
    )
    listed = actions.add_parser("list", help="zeigt alle Konten")
    listed.add_argument("--json", action="store_true", help="eine JSON-Liste")
    listed.set_defaults(act=_list)
    role = _action(actions, "role", "gibt einem Konto eine andere Rolle", _role)
    role.add_argument("role", metavar="ROLLE", help=_ROLES)
    _password_options(_action(actions, "password", "setzt ein neues Kennwort; offene Anmeldungen enden", _password))
    _action(actions, "lock", "sperrt ein Konto; offene Anmeldungen und Zugangsschlüssel enden", _lock)
    _action(actions, "unlock", "hebt eine Sperre auf", _unlock)
    _action(actions, "remove", "löscht ein Konto; Entscheidungen behalten den Namen", _remove)
    token = _action(
        actions, "token", "stellt einen Zugangsschlüssel für Programme aus (Authorization: Bearer …)", _token
    )
    token.add_argument("--days", type=positive, default=365, metavar="N", help="gilt so viele Tage (Standard: 365)")
    token.add_argument("--revoke", action="store_true", help="macht stattdessen alle Schlüssel des Kontos ungültig")


_ROLES = "lesen, bearbeiten oder verwalten (auch reader, editor, admin)"


def _action(actions: Any, name: str, summary: str, act: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary.capitalize() + ".")
    parser.add_argument("name", metavar="NAME", help="Name, mit dem sich die Person anmeldet")
    parser.set_defaults(act=act)
    return parser


def _password_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="liest das Kennwort als eine Zeile von der Standardeingabe"
    )


def run(options: argparse.Namespace) -> None:
    from app.access.accounts import open_accounts
    from app.commands.options import settings_from

    options.act(open_accounts(settings_from(options)), options)


def _add(accounts: Accounts, options: argparse.Namespace) -> None:
    from app.access.person import ADMIN, ROLE_NAMES
    from app.access.rules import role_of

    role = role_of(options.role, "--role")
    if accounts.find(options.name) is not None:  # before somebody types a password for nothing
        accounts.add(options.name, role, None)
    password = None if options.no_password else _asked(options)
    made = accounts.add(options.name, role, password)
    print(f"Das Konto «{made.name}» ist angelegt; Rolle: {ROLE_NAMES[made.role]}.")
    if not any(found.role == ADMIN and not found.locked for found in accounts.all()):
        print("Noch darf niemand verwalten; «isek user role NAME verwalten» gibt die Rolle.", file=sys.stderr)


def _list(accounts: Accounts, options: argparse.Namespace) -> None:
    from dataclasses import asdict

    found = accounts.all()
    if options.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    elif not found:
        print("Es gibt noch kein Konto; «isek user add NAME» legt eines an.", file=sys.stderr)
    else:
        width = max(len(one.name) for one in found)
        print("\n".join(f"{one.name:<{width}}  {_described(one)}" for one in found))


def _described(one: Account) -> str:
    from app.access.person import ROLE_NAMES

    remarks = [] if one.has_password else ["ohne Kennwort"]
    remarks += ["gesperrt"] if one.locked else []
    return ", ".join([ROLE_NAMES[one.role], *remarks])


def _role(accounts: Accounts, options: argparse.Namespace) -> None:
    from app.access.person import ROLE_NAMES
    from app.access.rules import role_of

    role = role_of(options.role, "ROLLE")
    accounts.set_role(options.name, role)
    print(f"«{options.name}» hat jetzt die Rolle {ROLE_NAMES[role]}.")


def _password(accounts: Accounts, options: argparse.Namespace) -> None:
    accounts.get(options.name)
    accounts.set_password(options.name, _asked(options))
    print(f"Das Kennwort von «{options.name}» ist geändert; offene Anmeldungen sind beendet.")


def _lock(accounts: Accounts, options: argparse.Namespace) -> None:
    accounts.lock(options.name, True)
    print(f"«{options.name}» ist gesperrt; Anmeldungen und Zugangsschlüssel sind beendet.")


def _unlock(accounts: Accounts, options: argparse.Namespace) -> None:
    accounts.lock(options.name, False)
    print(f"«{options.name}» kann sich wieder anmelden.")


def _remove(accounts: Accounts, options: argparse.Namespace) -> None:
    accounts.remove(options.name)
    print(f"Das Konto «{options.name}» ist gelöscht.")


def _token(accounts: Accounts, options: argparse.Namespace) -> None:
    if options.revoke:
        print(f"Ungültig gemacht: {accounts.end_keys(options.name)} Schlüssel von «{options.name}».")
        return
    print(accounts.make_key(options.name, options.days))
    print(f"Der Schlüssel gilt {options.days} Tage und ist nur jetzt zu sehen.", file=sys.stderr)


def _asked(options: argparse.Namespace) -> str:
    """The password: from standard input, or asked for twice without showing it.

    Raises:
        UserError: the two differ, or nobody is there to be asked.
    """
    from data.errors import UserError

    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UserError(
            "Das Kennwort wird am Bildschirm erfragt; ohne Bildschirm bitte mit --password-stdin übergeben."
        )
    import getpass

    first = getpass.getpass("Kennwort (mindestens 12 Zeichen): ")
    if getpass.getpass("Noch einmal: ") != first:
        raise UserError("Die beiden Eingaben stimmen nicht überein; bitte noch einmal beginnen.")
    return first
