"""The catalogues of the home folder: edited and imported ones, each earlier version kept."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from app.settings import isek_home
from data.catalogue import FOLDER, Catalogue, find_catalogue, parse_catalogue
from data.catalogue_edit import Profile, with_profile
from data.errors import UserError, reason
from data.strict_yaml import MAX_BYTES

KEPT = 200  # earlier versions of one catalogue
SHOWN = 10  # earlier versions offered for a comparison
EARLIER = "frueher"  # the folder they lie in
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Shelf:
    """Catalogue files by name. Those of the home folder come before the shipped ones, which are never written.

    A file is replaced in one step, by nobody who has not seen the version that is replaced.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._folder = (home or isek_home()) / "catalogues"

    def names(self) -> list[str]:
        """All catalogues that go by a name, sorted."""
        return sorted({path.stem for folder in (FOLDER, self._folder) for path in folder.glob("*.yaml")})

    def choices(self) -> list[tuple[str, str]]:
        """What can be opened, for a person to choose from: label and key, earlier versions below their catalogue."""
        found = []
        for name in self.names():
            found.append((name, name))
            found += [
                (f"{name}, bis {_moment(path)}", f"{EARLIER}/{path.name}") for path in self.versions(name)[:SHOWN]
            ]
        return found

    def open(self, key: str) -> Catalogue:
        """The catalogue of one of the keys of `choices`.

        Raises:
            UserError: no such key, or the file is not valid.
        """
        if key not in [known for _, known in self.choices()]:
            raise UserError(f"Die Fassung {key!r} gibt es nicht; bitte die Seite neu laden.")
        if key.startswith(f"{EARLIER}/"):
            return parse_catalogue((self._folder / key).read_bytes(), key)
        return self.load(key)

    def load(self, name: str) -> Catalogue:
        """Raises UserError where there is none of this name, or it is not valid."""
        return parse_catalogue(*self.read(name))

    def save_profile(self, name: str, goal: str, profile: Profile, seen: str) -> Catalogue:
        """Replace the profile of one goal; `seen` is the digest of the catalogue that was edited.

        Raises:
            UserError: the profile is not valid, the catalogue has changed meanwhile or goes by no name, or the disk refuses.
        """
        with self._alone():
            raw, where = self.read(name)
            if parse_catalogue(raw, where).digest != seen:
                raise UserError(
                    f"Der Zielkatalog «{name}» ist inzwischen geändert worden; bitte die Seite neu laden, Ihre Änderung prüfen "
                    "und noch einmal speichern."
                )
            edited, catalogue = with_profile(raw, where, goal, profile)
            self._replace(name, edited)
        return catalogue

    def add(self, raw: bytes, where: str) -> Catalogue:
        """Take in another catalogue under its own id; one of the same name is replaced, its last version kept.

        Raises:
            UserError: not a valid catalogue, its id is no file name, or it is the id of a shipped catalogue.
        """
        if len(raw) > MAX_BYTES:
            raise UserError(f"«{where}» ist zu groß; erlaubt sind {MAX_BYTES // 1_000_000} MB.")
        catalogue = parse_catalogue(raw, where)
        if not _NAME.fullmatch(catalogue.id):
            raise UserError(
                f"{where}: die Kennung {catalogue.id!r} des Katalogs darf nur aus Kleinbuchstaben, Ziffern, - und _ bestehen."
            )
        if (FOLDER / f"{catalogue.id}.yaml").exists():
            raise UserError(
                f"{where}: den Katalog «{catalogue.id}» liefert das Programm mit; bitte dem eigenen eine andere Kennung geben."
            )
        with self._alone():
            self._replace(catalogue.id, raw)
        return catalogue

    def versions(self, name: str) -> list[Path]:
        """Earlier versions of a catalogue of the home folder, newest first."""
        return sorted((self._folder / EARLIER).glob(f"{name}@*.yaml"), reverse=True)

    def undo(self, name: str, seen: str) -> Catalogue:
        """Take the last change back: the version before it comes back, the present one is kept as an earlier one.

        Raises:
            UserError: there is no earlier version, or the catalogue has changed meanwhile.
        """
        with self._alone():
            before = self._earlier(name)
            if self.load(name).digest != seen:
                raise UserError(f"Der Zielkatalog «{name}» ist inzwischen geändert worden; bitte die Seite neu laden.")
            raw = before.read_bytes()
            catalogue = parse_catalogue(raw, before.name)
            self._replace(name, raw)
            before.unlink()
        return catalogue

    def before(self, name: str) -> Catalogue:
        """The catalogue that `undo` would bring back.

        Raises:
            UserError: there is none.
        """
        path = self._earlier(name)
        return parse_catalogue(path.read_bytes(), path.name)

    def _earlier(self, name: str) -> Path:
        versions = self.versions(name)
        if not versions:
            raise UserError(f"Zum Zielkatalog «{name}» gibt es keine frühere Fassung.")
        return versions[0]

    def read(self, name: str) -> tuple[bytes, str]:
        """The bytes of a catalogue's file and the file's name.

        Raises:
            UserError: there is none of this name, it is a file elsewhere, or it cannot be read.
        """
        path = find_catalogue(name, (self._folder,))
        if path.parent not in (FOLDER, self._folder):
            raise UserError(
                f"Der Zielkatalog ist als Datei angegeben («{path}») und wird hier nicht verändert; bitte die Datei bearbeiten "
                f"oder sie unter «{self._folder}» ablegen und beim Namen nennen."
            )
        try:
            return path.read_bytes(), path.name
        except OSError as error:
            raise UserError(f"Der Zielkatalog «{path}» lässt sich nicht lesen ({reason(error)}).") from error

    def _replace(self, name: str, raw: bytes) -> None:
        target, earlier = self._folder / f"{name}.yaml", self._folder / EARLIER
        before = target if target.exists() else FOLDER / f"{name}.yaml"
        try:
            earlier.mkdir(parents=True, exist_ok=True)
            if before.exists():
                moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
                _write(earlier / f"{name}@{moment}.yaml", before.read_bytes())
            _write(target, raw)
            for old in self.versions(name)[KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                f"Der Zielkatalog «{target}» lässt sich nicht speichern ({reason(error)}). Es wurde nichts geändert."
            ) from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, whichever process it belongs to."""
        from filelock import FileLock, Timeout

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / ".lock", timeout=10):
                yield
        except Timeout as error:
            raise UserError(
                "Der Zielkatalog wird gerade an anderer Stelle gespeichert; bitte noch einmal versuchen."
            ) from error
        except OSError as error:
            raise UserError(
                f"Der Ordner «{self._folder}» lässt sich nicht beschreiben ({reason(error)}); bitte die Rechte prüfen."
            ) from error


def _moment(path: Path) -> str:
    """The time in the name of an earlier version, as people write it, in the time of the machine."""
    moment = datetime.strptime(path.stem.rsplit("@", 1)[1], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    return moment.astimezone().strftime("%d.%m.%Y, %H:%M:%S Uhr")


def _write(path: Path, raw: bytes) -> None:
    """Write beside, flush to the disk, rename."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".neu-", delete=False) as part:
        try:
            part.write(raw)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
