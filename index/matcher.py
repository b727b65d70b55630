"""A text → the goals it serves: the main job.

The text is read into passages, scored in two channels (words and meaning) by the weights of the index, and the scores
are turned into probabilities. Every goal that is shown comes with the passage that speaks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.catalogue import Area, AreaId, Catalogue, Goal
from data.errors import LimitError, UserError, grouped
from index.calibration import Calibration, default_calibration
from index.decision import Decision, Thresholds, decide
from index.encoder import Encoder
from index.evidence import Explainer, Explanation
from index.features import FeatureMaker, Features
from index.learning import (
    any_area_goal_features,
    any_goal_features,
    area_features,
    citywide_features,
    goal_features,
    members_of,
)
from index.overlap import Sketch
from index.passages import Reading, has_content, read, warnings_for
from index.result import AreaHit, Hit, IgnoredPart, Match, Question
from index.ridge import Floats
from index.store import GoalIndex

MAX_CHARACTERS = 2_000_000
FRAME_SHARPNESS = 0.1  # score difference at which one area is e times as likely as another


@dataclass(frozen=True)
class Scores:
    """One text: `goals` (c,), `areas`, `citywide` as probabilities, `any_*` single ones; `frame` the areas' raw scores."""

    goals: Floats
    areas: Floats
    frame: Floats
    citywide: Floats
    any_area_goal: float
    any_goal: float


class Matcher:
    """Matches texts against one catalogue; cheap to keep, safe to share between threads."""

    def __init__(
        self, catalogue: Catalogue, index: GoalIndex, encoder: Encoder, thresholds: Thresholds | None = None
    ) -> None:
        self.catalogue, self.index, self.encoder = catalogue, index, encoder
        self.thresholds = thresholds or Thresholds()
        self.calibration: Calibration = index.calibration or default_calibration(index.manifest["texts_per_goal"])
        self._maker = FeatureMaker(index.lexicon, index.weights, index.columns, encoder.encode)
        self._explainer = Explainer(index, self._maker)
        self._members = members_of(catalogue, index.columns)

    def match(
        self,
        text: str,
        areas: Sequence[AreaId] = (),
        top: int = 5,
        *,
        identity: str | None = None,
        max_characters: int = MAX_CHARACTERS,
    ) -> Match:
        """Match one text; `areas` filters the product-area goals, `top` says how many of them are listed.

        Raises:
            UserError: blank text, unknown area or `top` below 1; LimitError: text over `max_characters`.
        """
        self.check(text, top, max_characters)
        return replace(self.match_many([text], areas, top)[0], id=identity)

    def match_many(self, texts: Sequence[str], areas: Sequence[AreaId] = (), top: int = 5) -> list[Match]:
        """The matches of texts that `check` lets pass, in order; equal texts are matched once.

        All go through the encoder in one call. Its vector of a text differs by up to 1e-7 with the texts beside it.

        Raises:
            UserError: an unknown area.
        """
        wanted = {str(self.catalogue.area(area).id) for area in areas}
        readings = {text: self._maker.reconsidered(read(text)) for text in texts}
        features = self._maker.features(list(readings.values()))
        found = {
            text: self._answer(text, reading, made, wanted, top)
            for (text, reading), made in zip(readings.items(), features, strict=True)
        }
        return [found[text] for text in texts]

    def sketches(self, texts: Sequence[str]) -> list[Sketch]:
        """What `index.overlap` compares of each text, in order; the texts are not blank."""
        readings = [self._maker.reconsidered(read(text)) for text in texts]
        return [Sketch(*pair) for pair in zip(readings, self._maker.features(readings), strict=True)]

    def scores(self, raw: Floats) -> Scores:
        """Probabilities of one row (1, columns) of raw scores."""
        parts = self.index.columns.split(raw)
        curves = self.calibration
        return Scores(
            goals=curves.goal(goal_features(parts)[0]),
            areas=curves.area(area_features(parts, self._members)[0]) if self._members else np.zeros(0),
            frame=parts.areas[0],
            citywide=curves.citywide(citywide_features(parts)[0]),
            any_area_goal=float(curves.any_area_goal(any_area_goal_features(parts))[0]),
            any_goal=float(curves.any_goal(any_goal_features(parts))[0]),
        )

    def check(self, text: str, top: int, max_characters: int) -> None:
        """Raises UserError for a blank text or `top` below 1, LimitError for a text over `max_characters`."""
        if not text.strip():
            raise UserError("Der Text ist leer; bitte eine Projektbeschreibung eingeben.")
        if len(text) > max_characters:
            raise LimitError(
                f"Der Text hat {grouped(len(text))} Zeichen, erlaubt sind {grouped(max_characters)}; bitte kürzen."
            )
        if top < 1:
            raise UserError(f"Die Zahl der Ziele muss mindestens 1 sein, angegeben war {top}.")

    def _answer(self, text: str, reading: Reading, features: Features, wanted: set[str], top: int) -> Match:
        scores = self.scores(self._maker.raw_scores(features))
        decision = decide(
            scores.goals.tolist(),
            scores.citywide.tolist(),
            scores.any_area_goal,
            scores.any_goal,
            self.thresholds,
            speaks=has_content(text),
        )
        why = self._explainer.about(reading, features)
        order = np.argsort(-scores.goals, kind="stable").tolist()
        goals = tuple(
            self._hit(self.catalogue.area_goals[n], n, float(scores.goals[n]), n in decision.suggested, why)
            for n in [n for n in order if self._in_areas(n, wanted)][:top]
        )
        return Match(
            id=None,
            no_goal=decision.reason is not None,
            no_goal_reason=decision.reason,
            area=self._area(scores, decision.area_goal_fits),
            goals=goals,
            citywide=self._citywide(scores, decision, why),
            ignored=tuple(IgnoredPart(part.start, part.end, part.text, part.reason) for part in reading.ignored),
            catalogue=self.catalogue.name,
            model=self.encoder.name,
            warnings=tuple(self._warnings(text)),
            question=self._question(scores) if decision.area_goal_fits else None,
            area_goal_fits=decision.area_goal_fits,
        )

    def _warnings(self, text: str) -> list[str]:
        found = warnings_for(text)
        if self.index.calibration is None:
            found.append(
                "Für diesen Zielkatalog gibt es keine beurteilten Texte; die Sicherheiten sind Erfahrungswerte."
            )
        return found

    def _in_areas(self, position: int, wanted: set[str]) -> bool:
        return not wanted or str(self.catalogue.area_goals[position].area) in wanted

    def _hit(self, goal: Goal, column: int, confidence: float, suggested: bool, why: Explanation) -> Hit:
        evidence = why.evidence(goal.id, column)
        return Hit(goal.id, goal.title, goal.area, confidence, bool(suggested), evidence)

    def _citywide(self, scores: Scores, decision: Decision, why: Explanation) -> tuple[Hit, ...]:
        start = self.index.columns.citywide_start
        return tuple(
            self._hit(
                self.catalogue.citywide_goals[n], start + n, float(scores.citywide[n]), n in decision.citywide, why
            )
            for n in np.argsort(-scores.citywide, kind="stable").tolist()
        )

    def _area(self, scores: Scores, area_goal_fits: bool) -> AreaHit:
        """The most likely area; where no goal of an area fits, the one in whose product groups the text belongs.

        No labelled case says which area a text without a goal belongs to, so its confidence is kept at 0.5 at most.
        """
        if not self.catalogue.areas:
            return AreaHit("", "gesamtstädtisch", 0.0)
        if area_goal_fits:
            best = int(np.argmax(scores.areas))
            confidence = float(scores.areas[best])
        else:
            best = int(np.argmax(scores.frame))
            shares = np.exp((scores.frame - scores.frame.max()) / FRAME_SHARPNESS)
            confidence = 0.5 * float(shares[best] / shares.sum())
        area: Area = self.catalogue.areas[best]
        return AreaHit(area.id, area.title, confidence)

    def _question(self, scores: Scores) -> Question | None:
        """Of the two best goals overall, if both are worth suggesting and close to each other."""
        if len(scores.goals) < 2:
            return None
        one, two = np.argsort(-scores.goals, kind="stable")[:2].tolist()
        if scores.goals[two] < self.thresholds.suggest or scores.goals[one] - scores.goals[two] > self.thresholds.close:
            return None
        first, second = self.catalogue.area_goals[one], self.catalogue.area_goals[two]
        for goal, other in ((first, second), (second, first)):
            for border in goal.borders:
                if border.goal == other.id and border.question:
                    return Question((first.id, second.id), border.question)
        return Question((first.id, second.id), f"Geht es eher um «{first.title}» oder um «{second.title}»?")
