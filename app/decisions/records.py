"""A decision about one project as plain frozen records: what was proposed, what staff made of it, who and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.catalogue import AreaId

ACCEPTED, REJECTED, ADDED = "accepted", "rejected", "added"
VERDICTS = (ACCEPTED, REJECTED, ADDED)
VERDICT_NAMES = {ACCEPTED: "angenommen", REJECTED: "abgelehnt", ADDED: "ergänzt"}


@dataclass(frozen=True)
class GoalVerdict:
    """What staff said of one goal.

    `area` is None for a city-wide goal. `rank` (from 1, by level) and `confidence` (probability in [0, 1]) are those of
    the proposal and None where staff added a goal that was not proposed. `evidence` are passages of the project's text.
    """

    goal: str
    title: str
    area: AreaId | None
    verdict: str
    rank: int | None = None
    confidence: float | None = None
    evidence: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Draft:
    """What is to be saved about a project. `no_goal` says that staff found that no goal fits; then no goal is accepted.

    `catalogue` and `model` are names as in `match --json`; the fingerprints are SHA-256 digests of their content.
    The first accepted or added product-area goal is the primary one.
    """

    title: str
    text: str
    goals: tuple[GoalVerdict, ...]
    catalogue: str
    catalogue_fingerprint: str
    model: str
    model_fingerprint: str
    reference: str = ""
    department: str = ""
    reason: str = ""
    no_goal: bool = False
    source: str = "Zuordnen"


@dataclass(frozen=True)
class Decision:
    """One revision of what was decided about a project; the highest revision is in force.

    `project` is the project's number, `revision` counts from 1. `decided_at` is in UTC. `withdrawn` revisions take the
    decision back. Once the personal texts are deleted, `draft.text`, title, reference, reasons and evidence are empty and
    `texts_deleted_at` says when.
    """

    project: int
    revision: int
    draft: Draft
    decided_by: str
    decided_at: datetime
    withdrawn: bool = False
    texts_deleted_at: datetime | None = None
