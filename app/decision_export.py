"""Decisions as a table to take away: one row a project in force, without the text of the application."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.decisions.records import ADDED, REJECTED, Decision
from app.paper_text import area_text, kept_goals
from data.catalogue import Catalogue
from data.tables import TableWriter

COLUMNS = (
    "nr",
    "fassung",
    "stand",
    "titel",
    "aktenzeichen",
    "fachdienst",
    "produktbereich",
    "hauptziel",
    "weitere_ziele",
    "gesamtstaedtische_ziele",
    "davon_ergaenzt",
    "abgelehnt",
    "kein_ziel",
    "begruendung",
    "entschieden_von",
    "entschieden_am",
    "texte_geloescht_am",
    "katalog",
    "katalog_pruefsumme",
    "modell",
    "modell_pruefsumme",
)


def write_decisions(decisions: Iterable[Decision], path: Path, catalogue: Catalogue) -> int:
    """Write the table and return its number of rows; nothing is left behind when it fails.

    Raises:
        UserError: the file cannot be written.
    """
    rows = 0
    with TableWriter(path, COLUMNS) as writer:
        for decision in decisions:
            writer.write(decision_row(decision, catalogue))
            rows += 1
        writer.commit()
    return rows


def decision_row(decision: Decision, catalogue: Catalogue) -> dict[str, Any]:
    """The cells of one decision by column."""
    draft = decision.draft
    area = [item.goal for item in kept_goals(draft) if item.area is not None]
    deleted = decision.texts_deleted_at
    return {
        "nr": decision.project,
        "fassung": decision.revision,
        "stand": "zurückgenommen" if decision.withdrawn else "in Kraft",
        "titel": draft.title,
        "aktenzeichen": draft.reference,
        "fachdienst": draft.department,
        "produktbereich": area_text(draft, catalogue),
        "hauptziel": area[0] if area else "",
        "weitere_ziele": ", ".join(area[1:]),
        "gesamtstaedtische_ziele": ", ".join(item.goal for item in kept_goals(draft) if item.area is None),
        "davon_ergaenzt": ", ".join(item.goal for item in draft.goals if item.verdict == ADDED),
        "abgelehnt": ", ".join(item.goal for item in draft.goals if item.verdict == REJECTED),
        "kein_ziel": "ja" if draft.no_goal else "nein",
        "begruendung": draft.reason,
        "entschieden_von": decision.decided_by,
        "entschieden_am": decision.decided_at.astimezone().isoformat(timespec="seconds"),
        "texte_geloescht_am": deleted.astimezone().isoformat(timespec="seconds") if deleted else "",
        "katalog": draft.catalogue,
        "katalog_pruefsumme": draft.catalogue_fingerprint,
        "modell": draft.model,
        "modell_pruefsumme": draft.model_fingerprint,
    }
