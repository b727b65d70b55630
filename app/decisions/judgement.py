"""What staff made of a proposal: verdicts and reasons as they come from the page, checked, and the draft they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.application_form import title_of
from app.decisions.proposal import Proposal
from app.decisions.records import ACCEPTED, ADDED, REJECTED, VERDICTS, Draft, GoalVerdict
from app.decisions.store import MOST
from data.catalogue import Catalogue
from data.errors import UserError, grouped

UNREADABLE = "Die Angaben zu den Zielen sind unlesbar angekommen; bitte die Seite neu laden."


@dataclass(frozen=True)
class Judgement:
    """Verdict (one of VERDICTS) and reason by goal id; `primary` is the goal that comes first, "" for the first one."""

    verdicts: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    primary: str = ""
    no_goal: bool = False

    @property
    def kept(self) -> tuple[str, ...]:
        """The goals that were accepted or added."""
        return tuple(goal for goal, verdict in self.verdicts.items() if verdict != REJECTED)


@dataclass(frozen=True)
class Details:
    """What staff wrote about the project; stripped, and a single line but for the reason."""

    title: str = ""
    reference: str = ""
    department: str = ""
    reason: str = ""

    def tidied(self) -> Details:
        """The same without surplus white space."""
        texts = {name: str(value or "") for name, value in vars(self).items()}
        return Details(
            **{name: text.strip() if name == "reason" else " ".join(text.split()) for name, text in texts.items()}
        )


def judgement_from(sent: object) -> Judgement:
    """Read what the page sends: ``{"goals": {id: [verdict, reason]}, "primary": id, "none": false}``; "" is no judgement.

    Raises:
        UserError: anything else.
    """
    if not sent:
        return Judgement()
    try:
        given: dict[str, Any] = json.loads(str(sent))
        goals = {str(goal): (str(verdict), str(reason).strip()) for goal, (verdict, reason) in given["goals"].items()}
        primary, none = str(given.get("primary") or ""), given.get("none") is True
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(UNREADABLE) from error
    if any(verdict not in VERDICTS for verdict, _ in goals.values()):
        raise UserError(UNREADABLE)
    verdicts = {goal: verdict for goal, (verdict, _) in goals.items()}
    return Judgement(verdicts, {goal: reason for goal, (_, reason) in goals.items() if reason}, primary, none)


def judgement_of(draft: Draft) -> Judgement:
    """The judgement that a saved draft holds."""
    verdicts = {item.goal: item.verdict for item in draft.goals}
    reasons = {item.goal: item.reason for item in draft.goals if item.reason}
    primary = next((item.goal for item in draft.goals if item.area is not None and item.verdict != REJECTED), "")
    return Judgement(verdicts, reasons, primary, draft.no_goal)


def unjudged(proposal: Proposal, judgement: Judgement) -> tuple[str, ...]:
    """Suggested goals about which nothing was said; none when no goal fits."""
    if judgement.no_goal:
        return ()
    return tuple(hit.id for hit, _ in proposal.suggested if hit.id not in judgement.verdicts)


def drafted(
    text: str, proposal: Proposal, judgement: Judgement, details: Details, catalogue: Catalogue, source: str
) -> Draft:
    """What is to be saved.

    Raises:
        UserError: stale proposal, contradiction, unknown goal, or a reason that is too long.
    """
    proposal.check(text, catalogue)
    written = details.tidied()
    if judgement.no_goal and judgement.kept:
        raise UserError(
            f"«Kein Ziel passt» ist angekreuzt, zugleich ist {', '.join(judgement.kept)} angenommen; bitte eines von beiden ändern."
        )
    return Draft(
        title=written.title or title_of(text),
        text=text,
        goals=_goal_verdicts(proposal, judgement, catalogue),
        catalogue=proposal.match.catalogue,
        catalogue_fingerprint=proposal.catalogue_fingerprint,
        model=proposal.match.model,
        model_fingerprint=proposal.model_fingerprint,
        reference=written.reference,
        department=written.department,
        reason=written.reason,
        no_goal=judgement.no_goal,
        source=source,
    )


def _goal_verdicts(proposal: Proposal, judgement: Judgement, catalogue: Catalogue) -> tuple[GoalVerdict, ...]:
    """Verdicts in the order of the proposal, then what was added, then what else was rejected; the primary goal is the first one kept."""
    made = [*_of_suggested(proposal, judgement), *_of_others(proposal, judgement, catalogue)]
    for item in made:
        if len(item.reason) > MOST["reason"]:
            raise UserError(
                f"Der Grund zu {item.goal} hat {grouped(len(item.reason))} Zeichen, erlaubt sind "
                f"{grouped(MOST['reason'])}; bitte kürzen."
            )
    return tuple(sorted(made, key=lambda item: (item.area is None, item.goal != judgement.primary)))


def _of_suggested(proposal: Proposal, judgement: Judgement) -> list[GoalVerdict]:
    made = []
    for hit, rank in proposal.suggested:
        verdict = REJECTED if judgement.no_goal else judgement.verdicts.get(hit.id)
        if verdict is None:
            continue
        made.append(
            GoalVerdict(
                goal=hit.id,
                title=hit.title,
                area=hit.area,
                verdict=ACCEPTED if verdict == ADDED else verdict,
                rank=rank,
                confidence=hit.confidence,
                evidence=tuple(item.text for item in hit.evidence),
                reason=judgement.reasons.get(hit.id, ""),
            )
        )
    return made


def _of_others(proposal: Proposal, judgement: Judgement, catalogue: Catalogue) -> list[GoalVerdict]:
    suggested = {hit.id for hit, _ in proposal.suggested}
    made = []
    for identity, verdict in sorted(judgement.verdicts.items(), key=lambda item: item[1] == REJECTED):
        if identity in suggested:
            continue
        goal = catalogue.by_id.get(identity)
        if goal is None:
            raise UserError(f"Das Ziel {identity[:40]!r} gibt es im Zielkatalog «{catalogue.name}» nicht.")
        reason = judgement.reasons.get(identity, "")
        said = REJECTED if verdict == REJECTED else ADDED
        made.append(GoalVerdict(goal.id, goal.title, goal.area, said, reason=reason))
    return made


def carried_over(judgement: Judgement, proposal: Proposal, catalogue: Catalogue) -> Judgement:
    """An earlier judgement as it stands before a new proposal.

    A goal that was kept and is no longer suggested counts as added; what the catalogue no longer has is dropped, and so is
    the rejection of a goal that is not suggested.
    """
    suggested = {hit.id for hit, _ in proposal.suggested}
    verdicts = {
        goal: (REJECTED if verdict == REJECTED else ACCEPTED) if goal in suggested else ADDED
        for goal, verdict in judgement.verdicts.items()
        if goal in suggested or (goal in catalogue.by_id and verdict != REJECTED)
    }
    reasons = {goal: reason for goal, reason in judgement.reasons.items() if goal in verdicts}
    return replace(judgement, verdicts=verdicts, reasons=reasons)
