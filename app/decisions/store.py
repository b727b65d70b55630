"""Saves decisions and finds them again. Nothing is overwritten: each save is a new revision."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from app.database import Database, in_utc, open_database
from app.decisions.records import ACCEPTED, ADDED, VERDICTS, Decision, Draft, GoalVerdict
from app.decisions.tables import projects, revisions, verdicts
from app.settings import Settings
from data.catalogue import AreaId
from data.errors import UserError, grouped

SEARCHED_CHARACTERS = 20_000  # of a project's text; words further back are not found
PAGE = 500  # decisions that `every` reads at a time
MOST = {"title": 500, "reference": 200, "department": 200, "reason": 10_000}
_NAMES = {
    "title": "Der Titel",
    "reference": "Das Aktenzeichen",
    "department": "Der Fachdienst",
    "reason": "Die Begründung",
}
_PERSONAL = {"title": "", "reference": "", "text": "", "reason": ""}


class Wanted(TypedDict, total=False):
    """Which decisions in force are meant; what is left out means all. Times are in UTC, `until` is not included.

    All `words` must occur in title, reference, department, reason, person, goal ids or the beginning of the text; `area`
    and `goal` ask for an accepted or added goal, `by` for a part of the person's name.
    """

    words: str
    area: AreaId | None
    goal: str | None
    by: str
    since: datetime | None
    until: datetime | None
    withdrawn: bool | None


class DecisionStore:
    """Decisions in a database that several processes may use at once."""

    def __init__(self, database: Database, forgotten: Callable[[int], None] = lambda _project: None) -> None:
        """`forgotten` is told each project whose texts were deleted, so that copies made of them go too."""
        self.database, self._forgotten = database, forgotten

    def save(self, draft: Draft, by: str, project: int | None = None, expected: int | None = None) -> Decision:
        """Save a new project, or a new revision of `project`.

        `expected` is the revision that the person saw; it must still be the one in force.

        Raises:
            UserError: a draft that contradicts itself, an unknown project, somebody else was quicker, or the database fails.
        """
        checked(draft, by)
        with self.database.writing() as connection:
            if project is None:
                return _first(connection, draft, by)
            return _next(connection, project, expected, draft, by)

    def withdraw(self, project: int, by: str, reason: str = "", expected: int | None = None) -> Decision:
        """Take the decision on a project back, by a new revision; its goals stay in the history.

        Raises:
            UserError: see `save`; or it is withdrawn already.
        """
        with self.database.writing() as connection:
            _lock(connection, project)
            before = _current(connection, project)
            if before.withdrawn:
                raise UserError(f"Die Entscheidung zum Projekt {project} ist bereits zurückgenommen.")
            draft = replace(before.draft, reason=reason)
            checked(draft, by)
            return _next(connection, project, expected, draft, by, withdrawn=True)

    def current(self, project: int) -> Decision:
        """The revision in force.

        Raises:
            UserError: no such project.
        """
        with self.database.reading() as connection:
            return _current(connection, project)

    def history(self, project: int) -> list[Decision]:
        """All revisions of a project, oldest first.

        Raises:
            UserError: no such project.
        """
        with self.database.reading() as connection:
            found = _decisions(connection, [revisions.c.project == project], revisions.c.number)
        return found or _unknown(project)

    def search(self, *, limit: int | None = 50, offset: int = 0, **wanted: Unpack[Wanted]) -> list[Decision]:
        """Decisions in force, newest first; withdrawn ones among them unless `withdrawn` says otherwise."""
        order = (revisions.c.decided_at.desc(), revisions.c.project.desc())
        with self.database.reading() as connection:
            return _decisions(connection, _conditions(wanted), *order, limit=limit, offset=offset)

    def count(self, **wanted: Unpack[Wanted]) -> int:
        """How many decisions in force the same filter finds."""
        query = sa.select(sa.func.count()).select_from(_joined()).where(*_conditions(wanted))
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def every(self) -> Iterator[Decision]:
        """Every decision in force that is not withdrawn, by project number; read page by page, so no writer waits."""
        after = 0
        while True:
            wanted = [projects.c.revision == revisions.c.number, revisions.c.project > after]
            with self.database.reading() as connection:
                found = _decisions(connection, wanted, revisions.c.project, limit=PAGE)
            yield from (decision for decision in found if not decision.withdrawn)
            if len(found) < PAGE:
                return
            after = found[-1].project

    def forget(self, project: int, by: str) -> None:
        """Delete the personal texts of a project in all revisions; goals, figures, persons and times stay.

        It may be repeated, and must be where it fails after the texts have left the database.

        Raises:
            UserError: no such project; or a copy of the texts cannot be deleted yet.
        """
        now = datetime.now(UTC)
        with self.database.writing() as connection:
            _lock(connection, project)
            blank_texts(connection, project, now, by)
        try:
            self._forgotten(project)
        finally:  # a copy that stays must not keep the texts in the journal as well
            folded = self.database.checkpoint()
        if not folded:
            raise UserError(
                f"Die Texte zum Projekt {project} sind gelöscht, stehen aber noch im Protokoll der Datenbank, weil gerade "
                "jemand daraus liest; bitte gleich noch einmal löschen."
            )

    def departments(self, limit: int = 20) -> list[str]:
        """The departments of the decisions so far, most frequent first."""
        often = sa.func.count().desc()
        query = sa.select(revisions.c.department).where(revisions.c.department != "")
        query = query.group_by(revisions.c.department).order_by(often, revisions.c.department).limit(limit)
        with self.database.reading() as connection:
            return list(connection.execute(query).scalars())

    def close(self) -> None:
        self.database.close()


def open_store(settings: Settings, home: Path | None = None) -> DecisionStore:
    """The store of the settings; its database is created and migrated on the way.

    Raises:
        UserError: see `open_database`.
    """
    from app.decisions.labels import forget
    from app.stack_runs import forget_runs

    def forgotten(project: int) -> None:
        try:
            forget_runs(project, home)
        finally:
            forget(project, home)

    return DecisionStore(open_database(settings, home), forgotten)


def blank_texts(connection: sa.Connection, project: int, at: datetime, by: str) -> None:
    """Take the personal texts out of all revisions of a project, and note who did so and when, the first time."""
    connection.execute(sa.update(revisions).where(revisions.c.project == project).values(**_PERSONAL))
    connection.execute(sa.update(verdicts).where(verdicts.c.project == project).values(evidence="[]", reason=""))
    gone = sa.update(projects).where(projects.c.id == project, projects.c.texts_deleted_at.is_(None))
    connection.execute(gone.values(texts_deleted_at=at, texts_deleted_by=by))
    for left in _decisions(connection, [revisions.c.project == project]):
        one = sa.update(revisions).where(revisions.c.project == project, revisions.c.number == left.revision)
        connection.execute(one.values(words=_words(left.draft, left.decided_by)))


def checked(draft: Draft, by: str) -> None:
    """Raises UserError where a draft cannot be saved as it is."""
    if not by.strip():
        raise UserError("Es fehlt, wer entscheidet; bitte einen Namen angeben.")
    for field, most in MOST.items():
        length = len(getattr(draft, field))
        if length > most:
            raise UserError(
                f"{_NAMES[field]} hat {grouped(length)} Zeichen, erlaubt sind {grouped(most)}; bitte kürzen."
            )
    taken = [goal for goal in draft.goals if goal.verdict in (ACCEPTED, ADDED)]
    if wrong := [goal.verdict for goal in draft.goals if goal.verdict not in VERDICTS]:
        raise UserError(f"Ein Ziel ist «accepted», «rejected» oder «added», angegeben war {wrong[0]!r}.")
    if len({goal.goal for goal in draft.goals}) < len(draft.goals):
        raise UserError("Ein Ziel kommt doppelt vor; bitte jedes nur einmal beurteilen.")
    if draft.no_goal and taken:
        raise UserError(
            f"«Kein Ziel passt» und das Ziel {taken[0].goal} schließen sich aus; bitte eines von beiden wählen."
        )
    if not draft.no_goal and not taken:
        raise UserError("Es ist kein Ziel angenommen; bitte eines annehmen oder «Kein Ziel passt» wählen.")


def _first(connection: sa.Connection, draft: Draft, by: str) -> Decision:
    now = datetime.now(UTC)
    added = connection.execute(sa.insert(projects).values(revision=1, created_at=now).returning(projects.c.id))
    return _insert(connection, Decision(added.scalar_one(), 1, draft, by, now))


def _lock(connection: sa.Connection, project: int) -> sa.Row[Any]:
    """The project's row, kept from other writers until the transaction ends: PostgreSQL has more than one at a time."""
    found = connection.execute(sa.select(projects).where(projects.c.id == project).with_for_update()).one_or_none()
    return found or _unknown(project)


def _next(
    connection: sa.Connection, project: int, expected: int | None, draft: Draft, by: str, withdrawn: bool = False
) -> Decision:
    row = _lock(connection, project)
    if expected is not None and row.revision != expected:
        other = _current(connection, project)
        raise UserError(
            f"{other.decided_by} hat das Projekt {project} inzwischen neu entschieden (Stand {other.revision}); "
            "bitte neu laden, Ihre Eingaben prüfen und noch einmal speichern."
        )
    if row.texts_deleted_at is not None and not withdrawn:
        raise UserError(f"Die Texte zum Projekt {project} sind gelöscht; bitte ein neues Projekt anlegen.")
    connection.execute(sa.update(projects).where(projects.c.id == project).values(revision=row.revision + 1))
    return _insert(connection, Decision(project, row.revision + 1, draft, by, datetime.now(UTC), withdrawn))


def _insert(connection: sa.Connection, decision: Decision) -> Decision:
    draft = decision.draft
    fields = {name: _storable(value) for name, value in asdict(draft).items() if name != "goals"}
    connection.execute(
        sa.insert(revisions).values(
            project=decision.project,
            number=decision.revision,
            decided_by=_storable(decision.decided_by),
            decided_at=decision.decided_at,
            withdrawn=decision.withdrawn,
            words=_words(draft, decision.decided_by),
            **fields,
        )
    )
    for position, goal in enumerate(draft.goals, 1):
        cells = {name: _storable(value) for name, value in asdict(goal).items()}
        cells |= {
            "area": None if goal.area is None else json.dumps(goal.area, ensure_ascii=False),
            "evidence": _storable(json.dumps(goal.evidence, ensure_ascii=False)),
        }
        keys = {"project": decision.project, "revision": decision.revision, "position": position}
        connection.execute(sa.insert(verdicts).values(**keys, **cells))
    return decision


def _words(draft: Draft, by: str) -> str:
    """What a search looks in."""
    ids = [goal.goal for goal in draft.goals if goal.verdict in (ACCEPTED, ADDED)]
    fields = (draft.title, draft.reference, draft.department, draft.reason, by, *ids, draft.text[:SEARCHED_CHARACTERS])
    return str(_storable("\n".join(fields).casefold()))


def _storable(value: Any) -> Any:
    """Text as every database can keep it: without NUL and lone surrogates."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _current(connection: sa.Connection, project: int) -> Decision:
    wanted = [projects.c.revision == revisions.c.number, revisions.c.project == project]
    found = _decisions(connection, wanted, revisions.c.number)
    return found[0] if found else _unknown(project)


def _unknown(project: int) -> Any:
    raise UserError(f"Ein Projekt mit der Nummer {project} gibt es nicht.")


def _joined() -> sa.Join:
    return revisions.join(projects, projects.c.id == revisions.c.project)


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    made: list[sa.ColumnElement[bool]] = [projects.c.revision == revisions.c.number]
    made += [revisions.c.words.contains(word, autoescape=True) for word in wanted.get("words", "").casefold().split()]
    if by := wanted.get("by"):
        made.append(revisions.c.decided_by.icontains(by, autoescape=True))
    if since := wanted.get("since"):
        made.append(revisions.c.decided_at >= since)
    if until := wanted.get("until"):
        made.append(revisions.c.decided_at < until)
    if (withdrawn := wanted.get("withdrawn")) is not None:
        made.append(revisions.c.withdrawn == withdrawn)
    if (goal := wanted.get("goal")) is not None:
        made.append(_has_goal(verdicts.c.goal == goal))
    if (area := wanted.get("area")) is not None:
        made.append(_has_goal(verdicts.c.area.in_(_area_forms(area))))
    return made


def _has_goal(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the revision accepts or adds a goal for which the condition holds."""
    same = (verdicts.c.project == revisions.c.project) & (verdicts.c.revision == revisions.c.number)
    return sa.exists().where(same, verdicts.c.verdict.in_((ACCEPTED, ADDED)), condition)


def _area_forms(area: AreaId) -> list[str]:
    """The id as it may stand in the database: pages hand over the number 5 as the text "5"."""
    forms: list[AreaId] = [area, str(area)]
    if isinstance(area, str) and area.isdecimal():
        forms.append(int(area))
    return [json.dumps(form, ensure_ascii=False) for form in forms]


def _decisions(
    connection: sa.Connection,
    wanted: Sequence[sa.ColumnElement[bool]],
    *order: sa.ColumnElement[Any],
    limit: int | None = None,
    offset: int = 0,
) -> list[Decision]:
    query = sa.select(revisions, projects.c.texts_deleted_at).select_from(_joined()).where(*wanted)
    rows = connection.execute(query.order_by(*order).limit(limit).offset(offset)).all()
    goals = _verdicts(connection, {(row.project, row.number) for row in rows})
    return [_decision(row, goals.get((row.project, row.number), ())) for row in rows]


def _verdicts(connection: sa.Connection, keys: set[tuple[int, int]]) -> dict[tuple[int, int], tuple[GoalVerdict, ...]]:
    found: dict[tuple[int, int], tuple[GoalVerdict, ...]] = {}
    query = sa.select(verdicts).where(verdicts.c.project.in_({project for project, _ in keys}))
    for row in connection.execute(query.order_by(verdicts.c.project, verdicts.c.revision, verdicts.c.position)):
        key = (row.project, row.revision)
        if key in keys:
            found[key] = (*found.get(key, ()), _verdict(row))
    return found


def _verdict(row: sa.Row[Any]) -> GoalVerdict:
    area = None if row.area is None else json.loads(row.area)
    evidence = tuple(json.loads(row.evidence))
    return GoalVerdict(row.goal, row.title, area, row.verdict, row.rank, row.confidence, evidence, row.reason)


def _decision(row: sa.Row[Any], goals: tuple[GoalVerdict, ...]) -> Decision:
    draft = Draft(
        title=row.title,
        text=row.text,
        goals=goals,
        catalogue=row.catalogue,
        catalogue_fingerprint=row.catalogue_fingerprint,
        model=row.model,
        model_fingerprint=row.model_fingerprint,
        reference=row.reference,
        department=row.department,
        reason=row.reason,
        no_goal=row.no_goal,
        source=row.source,
    )
    deleted = in_utc(row.texts_deleted_at) if row.texts_deleted_at else None
    return Decision(row.project, row.number, draft, row.decided_by, in_utc(row.decided_at), row.withdrawn, deleted)
