"""Made-up decisions for tests: small, complete, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.decisions.proposal import Proposal, proposal_of
from app.decisions.records import ACCEPTED, REJECTED, Decision, Draft, GoalVerdict
from data.catalogue import Catalogue
from index.result import AreaHit, Evidence, Hit, Match

TEXT = "Projekt: Radweg am Wald\nAktenzeichen: 66.1-7\nMit Bügeln."
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def proposal(catalogue: Catalogue, text: str = TEXT) -> Proposal:
    """Suggests the area goals «rad» and «schule» and the city-wide goal «S» of the small catalogue."""
    hits = (
        Hit("rad", "Radverkehr ausbauen", "umwelt", 0.9, True, (Evidence(9, 15, "Radweg", "Radweg"),)),
        Hit("schule", "Schulen modernisieren", "jugend", 0.4, True),
    )
    city = (Hit("S", "Stadt für alle sein", None, 0.3, True),)
    match = Match(None, False, None, AreaHit("umwelt", "Umwelt", 0.9), hits, city, (), catalogue.name, "modell")
    return proposal_of(text, match, catalogue, "m" * 16)


def draft(**changes: Any) -> Draft:
    """A draft with an accepted goal and a rejected one; `changes` replace what it says."""
    goals = (
        GoalVerdict("rad", "Radverkehr ausbauen", "umwelt", ACCEPTED, 1, 0.9, ("Radweg",), "liegt am Schulweg"),
        GoalVerdict("S", "Stadt für alle sein", None, REJECTED, 1, 0.3),
    )
    made = Draft(
        "Radweg am Wald",
        TEXT,
        goals,
        "kleinstadt@1",
        "c" * 64,
        "modell",
        "m" * 16,
        "66.1-7",
        "Tiefbau",
        "Lücke im Netz",
    )
    return replace(made, **changes)


def decision(revision: int = 1, project: int = 7, by: str = "Kim Beispiel", **changes: Any) -> Decision:
    """A revision made at noon, an hour later for each revision."""
    return Decision(project, revision, draft(**changes), by, NOON + timedelta(hours=revision - 1))
