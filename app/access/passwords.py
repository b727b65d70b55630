"""Passwords: what a new one must be like, how one is kept, and how one is checked."""

from __future__ import annotations

import functools
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from data.errors import UserError

SHORTEST = 12  # BSI ORP.4 and NIST SP 800-63B: length counts, rules of composition do not
LONGEST = 256
FEWEST_SIGNS = 5
COMMON = ("passwort", "password", "kennwort", "12345678", "qwertz", "qwerty", "asdfgh", "willkommen", "hallo", "isek")

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)  # 64 MiB for each check
_TURN = threading.BoundedSemaphore(2)  # more checks at a time would only take memory


def checked_password(password: str, name: str = "") -> str:
    """The password, if it may be chosen.

    Raises:
        UserError: too short, too long, of too few different signs, or little more than a common word or the name.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(
            f"Das Kennwort muss {SHORTEST} bis {LONGEST} Zeichen haben, angegeben waren {len(password)}; "
            "ein Satz aus mehreren Wörtern ist gut zu merken."
        )
    rest = _reduced(password, name)
    if len(set(password)) < FEWEST_SIGNS or len(rest) < SHORTEST // 2:
        raise UserError(
            "Das Kennwort ist zu leicht zu erraten: es besteht fast nur aus wenigen Zeichen, einem üblichen Wort oder dem Namen."
        )
    return password


def _reduced(password: str, name: str) -> str:
    """What is left without common words and the name: that is what would have to be guessed."""
    rest = password.casefold()
    for word in (name.casefold(), *COMMON):
        rest = rest.replace(word, "") if word else rest
    return rest


def hashed(password: str) -> str:
    """The argon2id hash to keep, with its salt and costs."""
    with _TURN:
        return _HASHER.hash(_canonical(password))


def verified(password: str, kept: str | None) -> bool:
    """Whether the password is the one that was hashed; without a hash it is refused after as much work."""
    if len(password) > LONGEST:
        return False
    with _TURN:
        try:
            _HASHER.verify(kept or _nobodys(), _canonical(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether the hash was made with other costs than those of today."""
    return _HASHER.check_needs_rehash(kept)


def _canonical(password: str) -> bytes:
    """The same bytes whichever way a keyboard composes an umlaut."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash("nobody signs in with this")
