"""How well the software recognises each goal: measured once on the labelled set and kept in the home folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from app.evaluation import Variant, load_cases, open_answerer
from app.service import Say, to_stderr
from app.settings import Settings, isek_home
from data.errors import UserError
from data.labelled import labelled_path
from eval.coverage import Recognition, recognition
from eval.run import Progress, evaluate
from index.matcher import Matcher

SPLIT = "dev"  # answered without each case's own label; looking at the test split again and again would wear it out


def measurable(matcher: Matcher) -> bool:
    """Whether there is a labelled set for the catalogue."""
    return labelled_path(matcher.catalogue).is_file()


def known_recognition(matcher: Matcher, home: Path | None = None) -> dict[str, Recognition] | None:
    """What was measured of exactly this index, these thresholds and this labelled set, by goal id; None: nothing yet."""
    if not measurable(matcher):
        return None
    try:
        stored = json.loads(_path(matcher, home).read_text("utf-8"))
        return {str(goal): Recognition(int(line["cases"]), int(line["suggested"])) for goal, line in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # missing or damaged: it is measured again
        return None


def measure_recognition(
    matcher: Matcher,
    settings: Settings,
    progress: Progress = lambda _done, _total: None,
    say: Say = to_stderr,
    home: Path | None = None,
) -> dict[str, Recognition]:
    """Answer the cases of the dev split, each by a matcher that has not seen it, and keep what comes out.

    Raises:
        UserError: there is no labelled set for the catalogue.
    """
    catalogue = matcher.catalogue
    if not measurable(matcher):
        raise UserError(f"Zum Zielkatalog «{catalogue.name}» gibt es keinen Prüfsatz, an dem sich messen ließe.")
    _, _, cases = load_cases(catalogue, None, SPLIT)
    answerer = open_answerer(Variant("Erkennung", settings), say, encoder=matcher.encoder, home=home)
    found = recognition(evaluate(answerer, cases, progress), catalogue)
    _keep(_path(matcher, home), found)
    return found


def _path(matcher: Matcher, home: Path | None) -> Path:
    labelled = hashlib.sha256(labelled_path(matcher.catalogue).read_bytes()).hexdigest()
    parts = [matcher.index.manifest["key"], asdict(matcher.thresholds), labelled, SPLIT]
    name = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
    return (home or isek_home()) / "recognition" / f"{name}.json"


def _keep(path: Path, found: dict[str, Recognition]) -> None:
    """Best effort: where the home folder cannot be written, it is measured again next time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as stream:
            json.dump({goal: asdict(line) for goal, line in found.items()}, stream)
        Path(stream.name).replace(path)
