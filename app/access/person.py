"""The person behind a request: a name, and what it may do."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import Any

from data.errors import UserError

READER, EDITOR, ADMIN = "reader", "editor", "admin"
ROLES = (READER, EDITOR, ADMIN)
ROLE_NAMES = {READER: "Lesen", EDITOR: "Bearbeiten", ADMIN: "Verwalten"}


@dataclass(frozen=True)
class Person:
    """`role` is one of ROLES; each may do what those before it may. `signed_in` is false at a single desk."""

    name: str
    role: str
    signed_in: bool

    def may(self, role: str) -> bool:
        """Whether this person's role is at least `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


def desk_person() -> Person:
    """Whoever sits at the single desk: the system's user name, and everything is allowed."""
    try:
        name = getpass.getuser()
    except OSError:  # no entry in the system's user list, as in some containers
        name = "Arbeitsplatz"
    return Person(name, ADMIN, signed_in=False)


def person_of(request: Any) -> Person:
    """The person behind a Gradio or Starlette request, as `app.access.gate` found it; without a request, who sits at the desk.

    Raises:
        UserError: a request that no gate has let in.
    """
    if request is None:
        return desk_person()
    person = getattr(getattr(request, "state", None), "person", None)
    if not isinstance(person, Person):
        raise UserError("Zu dieser Anfrage gehört niemand, der angemeldet ist; bitte neu anmelden.")
    return person
