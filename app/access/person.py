"""The person behind a request: a name, and what it may do."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import Any

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


def person_of(request: Any) -> Person:  # noqa: ARG001 - the single desk has one person whatever the request
    """The person behind a Gradio request (None outside of one)."""
    return desk_person()
