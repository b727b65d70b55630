"""Thresholds: chosen on the dev split, measured on the test split, written to the settings on request."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.evaluation import Variant, load_cases, open_answerer
from app.service import Say, thresholds_of, to_stderr
from app.settings import Settings, settings_path
from data.errors import UserError
from eval.run import CrossFitted
from eval.thresholds import Quality, chance, judge, quality, tune
from index.decision import Thresholds
from index.encoder import Encoder

KEYS = {
    "any_goal": "no_goal_below",
    "any_area_goal": "no_area_goal_below",
    "suggest": "suggest_from",
    "suggest_citywide": "suggest_citywide_from",
}


@dataclass(frozen=True)
class Reached:
    """What old and new thresholds reach on a split of `n` cases, with the p-values of the two F1 differences."""

    n: int
    old: Quality
    new: Quality
    p_suggested: float
    p_citywide: float


@dataclass(frozen=True)
class Tuned:
    """Thresholds before and after, and what both reach on `dev` (where they were chosen) and `test` (None without)."""

    old: Thresholds
    new: Thresholds
    dev: Reached
    test: Reached | None

    def to_json(self) -> dict[str, Any]:
        return {
            "settings": {setting: getattr(self.new, name) for name, setting in KEYS.items()},
            "before": {setting: getattr(self.old, name) for name, setting in KEYS.items()},
            "dev": asdict(self.dev),
            "test": asdict(self.test) if self.test else None,
        }


def tune_thresholds(
    settings: Settings,
    file: Path | None = None,
    say: Say = to_stderr,
    *,
    encoder: Encoder | None = None,
    home: Path | None = None,
) -> Tuned:
    """Choose the thresholds on the dev split of the labelled set.

    Raises:
        UserError: no labelled set, or none of its cases is in dev.
    """
    answerer = open_answerer(Variant("Grundeinstellung", settings), say, encoder=encoder, home=home)
    if not isinstance(answerer, CrossFitted):
        raise TypeError(f"expected a matcher, got {type(answerer).__name__}")
    _, _, cases = load_cases(answerer.catalogue, file, "all")
    dev = judge(answerer, [case for case in cases if case.split == "dev"])
    test = judge(answerer, [case for case in cases if case.split == "test"])
    if not dev:
        raise UserError("Schwellen werden auf dem Teil dev gewählt; der Prüfsatz hat dort keinen Fall.")
    old = thresholds_of(settings)
    new = tune(dev, old)

    def reached(judged: list[Any]) -> Reached:
        return Reached(len(judged), quality(judged, old), quality(judged, new), *chance(judged, old, new))

    return Tuned(old, new, reached(dev), reached(test) if test else None)


def write_thresholds(thresholds: Thresholds, path: Path | None = None) -> Path:
    """Put the thresholds into the settings file; all other lines stay as they are.

    Raises:
        UserError: the file cannot be read or written.
    """
    chosen = path or settings_path()
    lines = [f"{setting}: {getattr(thresholds, name):g}" for name, setting in KEYS.items()]
    try:
        old = chosen.read_text("utf-8-sig").splitlines() if chosen.exists() else []
        kept = [line for line in old if line.split(":")[0].strip() not in KEYS.values()]
        chosen.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=chosen.parent, encoding="utf-8", delete=False) as stream:
            stream.write("\n".join([*kept, *lines]) + "\n")
        Path(stream.name).replace(chosen)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"Die Einstellungen lassen sich in «{chosen}» nicht schreiben ({error}).") from error
    return chosen
