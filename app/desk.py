"""What the pages work with: one matcher, its catalogue and the settings, for any number of people at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

from app.settings import Settings
from data.catalogue import AreaId, Catalogue
from data.errors import UserError
from index.matcher import Matcher
from index.result import Match

TOP = 5


class Desk:
    """Answers texts, at most as many at a time as there are processor cores: more would only slow each other down."""

    def __init__(self, matcher: Matcher, settings: Settings) -> None:
        self.matcher, self.settings = matcher, settings
        self._turn = threading.BoundedSemaphore(os.cpu_count() or 1)

    @property
    def catalogue(self) -> Catalogue:
        return self.matcher.catalogue

    def match(self, text: object, areas: object = ()) -> Match:
        """Match one text; the arguments come from outside and are checked here.

        Raises:
            UserError: not a text, blank or too long, or an area that does not exist.
        """
        if not isinstance(text, str):
            raise UserError(f"«text» muss ein Text sein, gekommen ist {type(text).__name__}.")
        wanted = _area_ids(areas)
        with self._turn:
            return self.matcher.match(text, wanted, TOP, max_characters=self.settings.max_text_characters)


def _area_ids(areas: object) -> Sequence[AreaId]:
    listed = areas if isinstance(areas, list | tuple) else None
    if listed is None or not all(isinstance(area, int | str) for area in listed):
        raise UserError(f"«areas» muss eine Liste von Produktbereichen sein, gekommen ist {str(areas)[:40]!r}.")
    return listed
