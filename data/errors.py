"""The one family of errors that are the user's to mend; the layers raise them, the command line prints them."""

import errno
import os
from pathlib import Path

_REASONS = {
    errno.ENOENT: "gibt es nicht",
    errno.EACCES: "keine Berechtigung",
    errno.EPERM: "nicht erlaubt",
    errno.EISDIR: "ist ein Ordner",
    errno.ENOTDIR: "ein Teil des Pfads ist kein Ordner",
    errno.EEXIST: "gibt es schon",
    errno.ENOSPC: "kein Platz mehr auf dem Datenträger",
    errno.EDQUOT: "der zugeteilte Speicherplatz ist voll",
    errno.EROFS: "der Datenträger ist schreibgeschützt",
    errno.ENAMETOOLONG: "der Name ist zu lang",
    errno.EIO: "der Datenträger meldet einen Lesefehler",
    errno.EFBIG: "die Datei wird zu groß",
    errno.ELOOP: "die Verknüpfung führt im Kreis",
    errno.EMFILE: "zu viele offene Dateien",
}
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


class UserError(Exception):
    """A fault in the user's input, files or settings.

    The message is one German sentence that says what was expected, what came, where, and what to do.
    """


class LimitError(UserError):
    """Input beyond a size limit (characters, bytes, pages, rows)."""


def grouped(number: int) -> str:
    """A number as German text has it: 2000000 → ``2.000.000``."""
    return f"{number:,}".replace(",", ".")


def reason(error: OSError) -> str:
    """What the operating system objects to, in German; its number where the table has no words for it."""
    return _REASONS.get(error.errno or 0) or f"Systemfehler {error.errno or type(error).__name__}"


def whose(path: Path, error: OSError | None = None) -> str:
    """A German sentence, with a space before it, where `path` belongs to another account of this machine; "" elsewhere.

    Of a path that is missing its folder is looked at. An `error` that is no question of rights has another cause.
    """
    if not hasattr(os, "geteuid") or (error is not None and error.errno not in _DENIED):
        return ""  # on Windows, files have no such number
    for place in (path, path.parent):
        try:
            owner = place.stat().st_uid
        except FileNotFoundError:
            continue
        except OSError:
            break
        if owner == os.geteuid():
            break
        return (
            f" «{place}» gehört dem Konto «{_account(owner)}», dieses Programm läuft als «{_account(os.geteuid())}»; "
            "bitte beides unter demselben Konto betreiben oder einen eigenen Ordner angeben."
        )
    return ""


def _account(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
