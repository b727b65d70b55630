"""Files that people name: only plain files of a bounded size are opened, so that none can hang or fill the memory."""

from __future__ import annotations

import stat
from pathlib import Path

from data.errors import LimitError, UserError, grouped, reason


def check_file(path: Path, max_bytes: int | None = None) -> None:
    """Refuse a path at which no plain file lies, or one of more than `max_bytes` bytes.

    A pipe or a device would be waited for, or read without end.

    Raises:
        UserError: missing, a folder, a pipe, a device, or out of reach; LimitError: too large.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # a NUL in the name is a ValueError
        raise UserError(f"Die Datei «{path}» gibt es nicht; bitte den Pfad prüfen.") from error
    except OSError as error:
        raise UserError(f"Die Datei «{path}» lässt sich nicht lesen ({reason(error)}).") from error
    if stat.S_ISDIR(found.st_mode):
        raise UserError(f"«{path}» ist ein Ordner; erwartet wird eine Datei.")
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"«{path}» ist keine Datei; bitte den Pfad prüfen.")
    if max_bytes is not None and found.st_size > max_bytes:
        raise LimitError(f"«{path.name}» hat {_size(found.st_size)}, erlaubt sind {_size(max_bytes)}.")


def is_plain_file(path: Path) -> bool:
    """True where a plain file lies at the path and can be reached."""
    try:
        check_file(path)
    except UserError:
        return False
    return True


def is_folder(path: Path) -> bool:
    """True where a folder lies at the path and can be reached."""
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long
        return False


def named_path(name: str) -> Path:
    """The path that was typed, ``~`` being the home folder; a ``~`` that names nobody stays as it is."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a plain file.

    Raises:
        UserError: see `check_file`, or unreadable; LimitError: more than `max_bytes`.
    """
    check_file(path, max_bytes)
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"Die Datei «{path}» lässt sich nicht lesen ({reason(error)}); bitte Pfad und Rechte prüfen."
        ) from error


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB".replace(".", ",") if size >= 100_000 else f"{grouped(size)} Bytes"
