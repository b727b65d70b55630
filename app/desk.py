"""What the pages work with: one matcher, its catalogue, the settings and the decisions, for any number of people at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from app.decisions.store import DecisionStore, open_store
from app.measurements import Measurements
from app.service import open_matcher
from app.settings import Settings
from app.shelf import Shelf
from app.waiting import Turns
from data.catalogue import AreaId, Catalogue, parse_catalogue
from data.catalogue_edit import Profile, with_profile
from data.documents import read_document
from data.errors import LimitError, UserError, grouped
from data.tables import read_columns
from index.matcher import Matcher
from index.result import Match

TOP = 5
MEGA = 1_000_000
LONG = 100_000  # characters; such a text takes seconds
MOST_AREAS = 1_000


class Desk:
    """Answers texts, at most as many at a time as there are processor cores: more would only slow each other down.

    Two at least, so that a long text does not keep everybody waiting.
    """

    def __init__(self, matcher: Matcher, settings: Settings, store: DecisionStore | None = None) -> None:
        """Without a store the one of the settings is opened, which raises UserError where that fails."""
        self.matcher, self.settings = matcher, settings
        self.store = store or open_store(settings)
        self.shelf = Shelf()
        self.turns = Turns(max(2, os.cpu_count() or 1), settings.max_waiting)
        self.measurements = Measurements()

    @property
    def catalogue(self) -> Catalogue:
        return self.matcher.catalogue

    def match(self, text: object, areas: object = (), top: int = TOP) -> Match:
        """Match one text; the arguments come from outside and are checked here.

        Raises:
            UserError: not a text, blank or too long, or an area that does not exist; BusyError: too many are waiting.
        """
        if not isinstance(text, str):
            raise UserError(f"«text» muss ein Text sein, gekommen ist {type(text).__name__}.")
        wanted = area_ids(areas)
        with self.turns.turn(long=len(text) > LONG):
            return self.matcher.match(text, wanted, top, max_characters=self.settings.max_text_characters)

    def with_profile(self, goal: str, profile: Profile) -> Matcher:
        """A matcher as it would be with another profile of one goal; nothing is saved.

        Raises:
            UserError: no such goal, or a faulty profile.
        """
        raw, where = self.shelf.read(self.settings.catalogue)
        return self._matcher_of(with_profile(raw, where, goal, profile)[1], keep=False)

    def save_profile(self, goal: str, profile: Profile, seen: str) -> None:
        """Save a goal's profile, and answer by it from now on; `seen` is the digest of the catalogue that was edited.

        The new index is computed first: where that fails, nothing is saved.

        Raises:
            UserError: see `Shelf.save_profile`; or the file is no longer the one that this process answers by.
        """
        name = self.settings.catalogue
        self._check_unchanged()
        raw, where = self.shelf.read(name)
        matcher = self._matcher_of(with_profile(raw, where, goal, profile)[1])
        self.shelf.save_profile(name, goal, profile, seen)
        self.matcher = matcher

    def undo_catalogue(self, seen: str) -> None:
        """Take the last change of the catalogue back, and answer without it from now on.

        Raises:
            UserError: see `Shelf.undo`; or the version before has other goals.
        """
        name = self.settings.catalogue
        self._check_unchanged()
        before = self.shelf.before(name)
        self._check_same_goals(before)
        matcher = self._matcher_of(before)
        self.shelf.undo(name, seen)
        self.matcher = matcher

    def take_in(self, raw: bytes, where: str) -> Catalogue:
        """Put another catalogue on the shelf; where it is the one in use, answer by it from now on.

        Raises:
            UserError: see `Shelf.add`; or it is the one in use and has other goals or areas.
        """
        catalogue = parse_catalogue(raw, where)
        if catalogue.id != self.settings.catalogue:
            return self.shelf.add(raw, where)
        self._check_same_goals(catalogue)
        matcher = self._matcher_of(catalogue)
        self.shelf.add(raw, where)
        self.matcher = matcher
        return catalogue

    def _check_unchanged(self) -> None:
        if self.shelf.load(self.settings.catalogue).digest != self.catalogue.digest:
            raise UserError(
                "Die Datei des Zielkatalogs ist außerhalb dieses Dienstes geändert worden; bitte den Dienst neu starten."
            )

    def _check_same_goals(self, other: Catalogue) -> None:
        """The pages are built for the goals and areas there were at the start."""
        here = self.catalogue
        if [goal.id for goal in other.goals] != [goal.id for goal in here.goals] or other.areas != here.areas:
            raise UserError(
                f"Der Katalog «{here.id}» ist in Gebrauch, und «{other.name}» hat andere Ziele oder Produktbereiche; bitte "
                "die Datei in den Ordner catalogues legen und den Dienst neu starten, oder ihr eine andere Kennung geben."
            )

    def _matcher_of(self, catalogue: Catalogue, keep: bool = True) -> Matcher:
        return open_matcher(self.settings, catalogue=catalogue, encoder=self.matcher.encoder, keep=keep)

    def read_document(self, path: Path) -> str:
        """The text of an uploaded document; the file is deleted as soon as it is read.

        Raises:
            UserError: unreadable, without text, or beyond a limit of the settings.
        """
        given = self.settings
        try:
            return read_document(path, given.max_upload_mb * MEGA, given.max_pages, given.max_unpacked_mb * MEGA)
        finally:
            path.unlink(missing_ok=True)

    def read_columns(self, path: Path) -> tuple[str, ...]:
        """The columns of an uploaded table.

        Raises:
            UserError: unreadable or beyond a limit of the settings.
        """
        return read_columns(path, self.settings.max_rows, self.settings.max_unpacked_mb * MEGA)


def area_ids(areas: object) -> Sequence[AreaId]:
    """A list of ids of product areas that came from outside.

    Raises:
        UserError: anything else, or too many; whether the areas exist is not looked at.
    """
    listed = areas if isinstance(areas, list | tuple) else None
    if listed is None or not all(isinstance(area, int | str) for area in listed):
        raise UserError(f"«areas» muss eine Liste von Produktbereichen sein, gekommen ist {str(areas)[:40]!r}.")
    if len(listed) > MOST_AREAS:
        raise LimitError(f"«areas» hat {grouped(len(listed))} Einträge, erlaubt sind {grouped(MOST_AREAS)}.")
    return listed
