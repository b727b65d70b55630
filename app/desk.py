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
from data.catalogue import AreaId, Catalogue
from data.catalogue_edit import Profile, with_profile
from data.documents import read_document
from data.errors import UserError
from data.tables import read_columns
from index.matcher import Matcher
from index.result import Match

TOP = 5
MEGA = 1_000_000


class Desk:
    """Answers texts, at most as many at a time as there are processor cores: more would only slow each other down."""

    def __init__(self, matcher: Matcher, settings: Settings, store: DecisionStore | None = None) -> None:
        """Without a store the one of the settings is opened, which raises UserError where that fails."""
        self.matcher, self.settings = matcher, settings
        self.store = store or open_store(settings)
        self.shelf = Shelf()
        self.turns = Turns(os.cpu_count() or 1, settings.max_waiting)
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
        with self.turns.turn():
            return self.matcher.match(text, wanted, top, max_characters=self.settings.max_text_characters)

    def with_profile(self, goal: str, profile: Profile) -> Matcher:
        """A matcher as it would be with another profile of one goal; nothing is saved.

        Raises:
            UserError: no such goal, or a faulty profile.
        """
        raw, where = self.shelf.read(self.settings.catalogue)
        return self._matcher_of(with_profile(raw, where, goal, profile)[1])

    def save_profile(self, goal: str, profile: Profile, seen: str) -> None:
        """Save a goal's profile, and answer by it from now on; `seen` is the digest of the catalogue that was edited.

        Raises:
            UserError: see `Shelf.save_profile`.
        """
        self.matcher = self._matcher_of(self.shelf.save_profile(self.settings.catalogue, goal, profile, seen))

    def undo_catalogue(self, seen: str) -> None:
        """Take the last change of the catalogue back, and answer without it from now on.

        Raises:
            UserError: see `Shelf.undo`.
        """
        self.matcher = self._matcher_of(self.shelf.undo(self.settings.catalogue, seen))

    def _matcher_of(self, catalogue: Catalogue) -> Matcher:
        return open_matcher(self.settings, catalogue=catalogue, encoder=self.matcher.encoder)

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
        UserError: anything else; whether the areas exist is not looked at.
    """
    listed = areas if isinstance(areas, list | tuple) else None
    if listed is None or not all(isinstance(area, int | str) for area in listed):
        raise UserError(f"«areas» muss eine Liste von Produktbereichen sein, gekommen ist {str(areas)[:40]!r}.")
    return listed
