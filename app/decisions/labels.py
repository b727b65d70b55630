"""Decisions as labelled cases: a set of this installation's own, beside the shipped one, in the home folder.

A case keeps the split it once got, even while its decision is withdrawn: the splits are remembered apart from the texts.
Where the personal texts of a project are deleted, its case goes, and so does every index and measurement that holds it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.decisions.records import ACCEPTED, ADDED, Decision
from app.evaluation_files import write_cases, write_text
from app.settings import isek_home
from data.catalogue import Catalogue
from data.errors import UserError, reason
from data.labelled import DECIDED, LabelledCase, labelled_path, load_labelled
from eval.growth import spread, style_of

FOLDER = "labelled"
MEASUREMENTS = "measurements"
_SUFFIX = "-entscheidungen.jsonl"
OTHER_CATALOGUE = "zu einem anderen Zielkatalog entschieden"
UNKNOWN_GOALS = "nennt Ziele, die es in dieser Fassung des Katalogs nicht gibt"
NO_TEXT = "ohne Text"
WAIT_SECONDS = 60  # how long a writer waits for another one: taking thousands of decisions over takes a while


@dataclass(frozen=True)
class Import:
    """What taking the decisions over did to the set: counts of cases, and why decisions were left aside, by project."""

    cases: tuple[LabelledCase, ...]
    added: int
    changed: int
    removed: int
    aside: dict[int, str]

    def sentence(self) -> str:
        """One German sentence on the whole."""
        n_test = sum(case.split == "test" for case in self.cases)
        done = f"{self.added} neu, {self.changed} geändert, {self.removed} entfernt"
        aside = f"; {len(self.aside)} Entscheidungen bleiben außen vor" if self.aside else ""
        return f"{len(self.cases)} beurteilte Texte aus Entscheidungen ({len(self.cases) - n_test} dev, {n_test} test): {done}{aside}."


def decided_path(catalogue: Catalogue, home: Path | None = None) -> Path:
    """Where the set made of decisions lies; the file need not exist."""
    return (home or isek_home()) / FOLDER / f"{catalogue.id}{_SUFFIX}"


def decided_cases(catalogue: Catalogue, home: Path | None = None) -> list[LabelledCase]:
    """The cases taken over so far.

    Raises:
        UserError: the file is damaged.
    """
    path = decided_path(catalogue, home)
    return load_labelled(path) if path.is_file() else []


def take_over(decisions: Iterable[Decision], catalogue: Catalogue, home: Path | None = None) -> Import:
    """Bring the set up to date with the decisions in force: new and changed ones come in, the others go.

    `decisions` should be read lazily, as `DecisionStore.every` does: they are read while nobody else writes to the sets, so
    that what is forgotten meanwhile is removed afterwards.

    Raises:
        UserError: the set or its splits cannot be read or written, or somebody else is changing them.
    """
    with _alone(home):
        return _taken_over(decisions, catalogue, home)


def _taken_over(decisions: Iterable[Decision], catalogue: Catalogue, home: Path | None) -> Import:
    path = decided_path(catalogue, home)
    before = {case.id: case for case in decided_cases(catalogue, home)}
    splits = _splits(path) | {case.id: case.split for case in before.values()}
    wanted, aside = _cases(decisions, catalogue)
    shipped = load_labelled(labelled_path(catalogue)) if labelled_path(catalogue).is_file() else []
    cases, refused = spread([], wanted, shipped, splits)
    aside |= {_project(identity): reason for identity, reason in refused.items()}
    _write(path, cases, splits | {case.id: case.split for case in cases})
    now = {case.id: case for case in cases}
    gone = [case for case in before.values() if case.id not in now or now[case.id].text != case.text]
    purge(gone, home)
    return Import(
        cases=tuple(cases),
        added=sum(case.id not in before for case in cases),
        changed=sum(case.id in before and before[case.id] != case for case in cases),
        removed=sum(identity not in now for identity in before),
        aside=dict(sorted(aside.items())),
    )


def taken_over_at(catalogue: Catalogue, home: Path | None = None) -> datetime | None:
    """When decisions were last taken over, in UTC; None if never."""
    path = _splits_path(decided_path(catalogue, home))
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else None


def forget(project: int, home: Path | None = None) -> None:
    """Remove the case of a project from every set, and what was made from its text.

    Raises:
        UserError: a set cannot be read or written, or somebody else is changing it.
    """
    identity = f"{DECIDED}{project}"
    if not ((home or isek_home()) / FOLDER).is_dir():  # who takes over makes the folder before reading any decision
        return
    with _alone(home):
        for path in sorted(((home or isek_home()) / FOLDER).glob(f"*{_SUFFIX}")):
            cases = load_labelled(path)
            gone = [case for case in cases if case.id == identity]
            if gone:
                splits = _splits(path) | {case.id: case.split for case in cases}
                _write(path, [case for case in cases if case.id != identity], splits)
                purge(gone, home)


def purge(cases: Sequence[LabelledCase], home: Path | None = None) -> None:
    """Delete the indexes and stored measurements that hold the texts of these cases; both can be made again."""
    if not cases:
        return
    folder = home or isek_home()
    texts, ids = {case.text for case in cases}, {case.id for case in cases}
    indexes = [path for name in ("index", "folds") for path in (folder / name).glob("*/texts.json")]
    learned = [path.parent for path in indexes if _holds(path, texts)]
    for old in learned:
        shutil.rmtree(old, ignore_errors=True)
    if learned:  # vectors of the text's passages
        shutil.rmtree(folder / "vectors", ignore_errors=True)
    for report in (folder / MEASUREMENTS).glob("*/bericht.json"):
        if ids & _measured(report):
            shutil.rmtree(report.parent, ignore_errors=True)


@contextlib.contextmanager
def _alone(home: Path | None) -> Iterator[None]:
    """One writer to the sets at a time, whichever process it belongs to."""
    from filelock import FileLock, Timeout

    folder = (home or isek_home()) / FOLDER
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(folder / ".lock", timeout=WAIT_SECONDS))
        except Timeout as error:
            raise UserError(
                "Die beurteilten Texte aus Entscheidungen werden gerade an anderer Stelle geändert; bitte gleich noch einmal "
                "versuchen."
            ) from error
        except OSError as error:
            raise UserError(
                f"In «{folder}» lässt sich nicht schreiben ({reason(error)}); bitte die Rechte prüfen."
            ) from error
        yield


def _holds(path: Path, texts: set[str]) -> bool:
    """An index that cannot be read counts as one that holds the texts."""
    try:
        return any(entry[2] in texts for entry in json.loads(path.read_text("utf-8"))["texts"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return True


def _measured(report: Path) -> set[str]:
    try:
        found = json.loads(report.read_text("utf-8"))
        changes = [change["id"] for comparison in found["comparisons"] for change in comparison["changes"]]
        return {*found["cases"], *changes}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _cases(decisions: Iterable[Decision], catalogue: Catalogue) -> tuple[list[LabelledCase], dict[int, str]]:
    cases, aside = [], {}
    for decision in decisions:
        made = case_of(decision, catalogue)
        if isinstance(made, LabelledCase):
            cases.append(made)
        else:
            aside[decision.project] = made
    return cases, aside


def case_of(decision: Decision, catalogue: Catalogue) -> LabelledCase | str:
    """The labelled case that a decision amounts to, in ``dev`` for the time being, or why there is none.

    The first accepted or added product-area goal is the primary one, the others are secondary.
    """
    draft = decision.draft
    if not draft.text.strip() or decision.texts_deleted_at is not None:
        return NO_TEXT
    if catalogue.id not in (draft.catalogue, draft.catalogue.rpartition("@")[0]):
        return OTHER_CATALOGUE
    taken = [goal.goal for goal in draft.goals if goal.verdict in (ACCEPTED, ADDED)]
    if not catalogue.by_id.keys() >= set(taken):
        return UNKNOWN_GOALS
    goals = [goal for goal in taken if catalogue.by_id[goal].area is not None]
    citywide = tuple(goal for goal in taken if catalogue.by_id[goal].area is None)
    return LabelledCase(
        id=f"{DECIDED}{decision.project}",
        text=draft.text,
        style=style_of(draft.text, bool(goals), bool(citywide)),
        area=catalogue.by_id[goals[0]].area if goals else None,
        primary=goals[0] if goals else None,
        secondary=tuple(goals[1:]),
        citywide=citywide,
        source=f"Entscheidung zum Projekt {decision.project}, Stand {decision.revision}",
        split="dev",
    )


def _project(identity: str) -> int:
    return int(identity.removeprefix(DECIDED))


def _splits_path(path: Path) -> Path:
    return path.with_suffix(".splits.json")


def _splits(path: Path) -> dict[str, str]:
    """The splits ever given, by case id."""
    chosen = _splits_path(path)
    if not chosen.exists():
        return {}
    try:
        found = json.loads(chosen.read_text("utf-8"))
        if isinstance(found, dict) and all(split in ("dev", "test") for split in found.values()):
            return found
    except (OSError, ValueError):
        pass
    raise UserError(
        f"«{chosen}» lässt sich nicht lesen; dort steht, in welchem Teil des Prüfsatzes jede Entscheidung bleibt. Bitte aus "
        "einer Sicherung zurückholen oder die Datei löschen, wenn die Teile neu vergeben werden dürfen."
    )


def _write(path: Path, cases: Sequence[LabelledCase], splits: dict[str, str]) -> None:
    """The splits first: they may know cases that the set does not have, but not the other way round."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(_splits_path(path), json.dumps(splits, indent=0, sort_keys=True) + "\n", private=True)
        if not cases:
            path.unlink(missing_ok=True)
            return
    except OSError as error:
        raise UserError(f"In «{path.parent}» lässt sich nicht schreiben ({error.strerror}).") from error
    write_cases(cases, path, private=True)
