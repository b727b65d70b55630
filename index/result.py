"""What the matcher answers: plain frozen records, and their JSON form (the contract of `match --json`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from data.catalogue import AreaId

NO_CONTENT = "kein_inhalt"
NO_GOAL_FITS = "kein_ziel"
TOO_UNCERTAIN = "zu_unsicher"


@dataclass(frozen=True)
class Evidence:
    """Why a goal was found: ``given_text[start:end] == text`` resembles the goal's text `matched`.

    `channel` says what the resemblance rests on: ``wort`` (shared words and word parts), ``sinn`` (meaning, by
    the encoder) or ``beide``.
    """

    start: int
    end: int
    text: str
    matched: str
    channel: str = "beide"


@dataclass(frozen=True)
class Hit:
    """One goal with the probability in [0, 1] that it is acceptable; `suggested` goals are recommended."""

    id: str
    title: str
    area: AreaId | None
    confidence: float
    suggested: bool
    evidence: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        record = asdict(self)
        record["confidence"] = round(self.confidence, 4)
        record["evidence"] = [asdict(item) for item in self.evidence]
        if self.area is None:
            del record["area"]
        return record


@dataclass(frozen=True)
class AreaHit:
    id: AreaId
    title: str
    confidence: float


@dataclass(frozen=True)
class IgnoredPart:
    start: int
    end: int
    text: str
    reason: str


@dataclass(frozen=True)
class Question:
    """The question that decides between two goals whose confidences are close."""

    between: tuple[str, str]
    text: str


@dataclass(frozen=True)
class Match:
    """The answer to one text. `goals` are the best product-area goals, best first; `citywide` all city-wide ones."""

    id: str | None
    no_goal: bool
    no_goal_reason: str | None
    area: AreaHit
    goals: tuple[Hit, ...]
    citywide: tuple[Hit, ...]
    ignored: tuple[IgnoredPart, ...]
    catalogue: str
    model: str
    warnings: tuple[str, ...] = ()
    question: Question | None = None
    area_goal_fits: bool = True  # whether some product-area goal fits, whatever areas were asked for

    def to_json(self) -> dict[str, Any]:
        """The fixed JSON object; confidences are rounded to four digits."""
        return {
            "id": self.id,
            "no_goal": self.no_goal,
            "no_goal_reason": self.no_goal_reason,
            "area": {**asdict(self.area), "confidence": round(self.area.confidence, 4)},
            "goals": [hit.to_json() for hit in self.goals],
            "citywide": [hit.to_json() for hit in self.citywide],
            "ignored": [asdict(part) for part in self.ignored],
            "question": asdict(self.question) if self.question else None,
            "catalogue": self.catalogue,
            "model": self.model,
            "warnings": list(self.warnings),
        }


def match_from_record(record: dict[str, Any]) -> Match:
    """The match whose fields, and those of the records in it, are given by name, as JSON reads them."""
    question = record["question"]
    return Match(
        **{
            **record,
            "area": AreaHit(**record["area"]),
            "goals": tuple(_hit_from_record(hit) for hit in record["goals"]),
            "citywide": tuple(_hit_from_record(hit) for hit in record["citywide"]),
            "ignored": tuple(IgnoredPart(**part) for part in record["ignored"]),
            "warnings": tuple(record["warnings"]),
            "question": question and Question(tuple(question["between"]), question["text"]),
        }
    )


def _hit_from_record(record: dict[str, Any]) -> Hit:
    return Hit(**{**record, "evidence": tuple(Evidence(**item) for item in record["evidence"])})
