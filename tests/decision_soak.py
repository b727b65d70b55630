"""Kills writers of the database at random moments and looks whether anything acknowledged is lost or anything is half done.

    python tests/decision_soak.py --kills 500 --writers 8 --transactions 250 [--postgresql [URL]]

Each round forks a process that works on the database and says through a pipe what it was told is done; it is killed
with SIGKILL after a random time. Then the database is opened as at the next start and checked. Prints one JSON object;
the exit status is 1 when anything was lost or inconsistent. POSIX only.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import sqlalchemy as sa

from app.backup import check_backup, restore_backup, write_backup
from app.database import database_file, migrate, open_database, version, versions
from app.decisions.records import ACCEPTED, ADDED, REJECTED, Draft, GoalVerdict
from app.decisions.store import DecisionStore, open_store
from app.decisions.tables import projects, revisions, verdicts
from app.settings import Settings
from data.errors import UserError

Ack = dict[str, object]
Say = Callable[[Ack], None]

GOALS = (
    GoalVerdict("PB5.4", "Radverkehr", 5, ACCEPTED, 1, 0.9, ("Radweg",), "liegt nahe"),
    GoalVerdict("G.8", "Klimaschutz", None, ADDED),
    GoalVerdict("PB4.2", "Sport", 4, REJECTED, 2, 0.1),
)
DRAFT = Draft("", "Ein Radweg. " * 200, GOALS, "neumuenster@2022", "c" * 64, "isek-de", "m" * 16)
BACKED_UP = 100  # decisions in the backups that are killed
_tokens = itertools.count(1)


def token() -> str:
    return f"{os.getpid()}-{next(_tokens)}-{time.time_ns()}"


class Inconsistent(AssertionError):
    pass


def demand(holds: bool, what: str) -> None:
    if not holds:
        raise Inconsistent(what)


# --- one round -------------------------------------------------------------------------------------------------------


def killed(work: Callable[[Say], None], after: float, done: int = 0) -> list[Ack]:
    """Runs `work` in a process of its own and kills it so many seconds after it said for the `done`-th time what is done.

    Returns all that it said.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 3
        try:
            os.close(reading)
            work(lambda ack: os.write(writing, json.dumps(ack).encode() + b"\n") and None)
            status = 0
        except BaseException as error:
            os.write(writing, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
        finally:
            os._exit(status)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as told:
            lines = [told.readline() for _ in range(done)]
            time.sleep(after)
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            acks = [json.loads(line) for line in [*lines, *told.read().splitlines()] if line]
    except BaseException:  # interrupted: the worker would go on for ever
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        raise
    demand(os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL), f"the worker failed: {acks[-1:]}")
    return acks


def writes(url: str, seed: int) -> Callable[[Say], None]:
    """Saves, revises, withdraws and forgets without end."""

    def work(say: Say) -> None:
        chance = random.Random(seed)
        store = open_store(Settings(database=url))
        mine: list[int] = []
        while True:
            name = token()
            kind = chance.choice(("new", "new", "revise", "revise", "withdraw", "forget")) if mine else "new"
            draft = replace(DRAFT, title=name, text=DRAFT.text * chance.randint(1, 8))
            if kind == "new":
                saved = store.save(draft, "Soak")
                mine.append(saved.project)
            elif kind == "revise":
                saved = store.save(draft, "Soak", chance.choice(mine))
            elif kind == "withdraw":
                saved = store.withdraw(mine.pop(), "Soak", name)
            else:
                number = mine.pop()
                store.forget(number, "Soak")
                say({"kind": "forget", "project": number})
                continue
            say({"kind": kind, "project": saved.project, "revision": saved.revision, "token": name})

    return work


def migrates(url: str) -> Callable[[Say], None]:
    def work(say: Say) -> None:
        store = open_store(Settings(database=url))
        say({"kind": "migrated"})
        saved = store.save(replace(DRAFT, title="erste"), "Soak")
        say({"kind": "new", "project": saved.project, "revision": saved.revision, "token": "erste"})
        store.close()

    return work


def backs_up(url: str, path: Path) -> Callable[[Say], None]:
    def work(say: Say) -> None:
        database = open_database(Settings(database=url))
        while True:
            write_backup(database, path, replace=True)
            say({"kind": "backup"})

    return work


def restores(url: str, backups: tuple[Path, Path]) -> Callable[[Say], None]:
    def work(say: Say) -> None:
        for path in itertools.cycle(backups):
            restore_backup(path, Settings(database=url), replace=True)
            say({"kind": "restored", "path": str(path)})

    return work


# --- what must hold --------------------------------------------------------------------------------------------------


def check_whole(store: DecisionStore) -> int:
    """No revision without its project, its predecessors and its goals; returns the number of revisions."""
    with store.database.reading() as connection:
        if store.database.sqlite:
            demand(connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok", "integrity")
            demand(connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None, "foreign keys")
        per_project = sa.select(
            projects.c.id,
            projects.c.revision,
            sa.func.count(revisions.c.number).label("count"),
            sa.func.max(revisions.c.number).label("last"),
        )
        joined = projects.outerjoin(revisions, revisions.c.project == projects.c.id)
        grouped = per_project.select_from(joined).group_by(projects.c.id, projects.c.revision)
        for row in connection.execute(grouped):
            demand(row.revision == row.count == row.last, f"project {row.id}: {row}")
        total = int(connection.execute(sa.select(sa.func.count()).select_from(revisions)).scalar_one())
        goals = int(connection.execute(sa.select(sa.func.count()).select_from(verdicts)).scalar_one())
        demand(goals == len(GOALS) * total, f"{goals} goals of {total} revisions")
    return total


def check_acks(store: DecisionStore, acks: list[Ack]) -> None:
    """What was acknowledged is there as it was; texts are missing only where somebody deleted them."""
    for ack in acks:
        history = store.history(int(str(ack["project"])))
        if ack["kind"] == "forget":
            demand(all(one.texts_deleted_at and not one.draft.text for one in history), f"not forgotten: {ack}")
            continue
        found = history[int(str(ack["revision"])) - 1]
        kept = found.draft.reason if ack["kind"] == "withdraw" else found.draft.title
        demand(found.texts_deleted_at is not None or kept == ack["token"], f"lost: {ack}")
        demand(found.withdrawn == (ack["kind"] == "withdraw"), f"not withdrawn: {ack}")


@contextlib.contextmanager
def opened(url: str) -> Iterator[DecisionStore]:
    """The store as the next start opens it; a server first finishes what the killed process had sent it."""
    if not url.startswith("sqlite"):
        _settle(url)
    store = open_store(Settings(database=url))
    try:
        yield store
    finally:
        store.close()


def _settle(url: str) -> None:
    import psycopg

    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as connection:
        until = time.monotonic() + 30
        while connection.execute(others).fetchone() != (0,):
            demand(time.monotonic() < until, "the server still works for a killed process")
            time.sleep(0.01)


# --- the scenarios ---------------------------------------------------------------------------------------------------


class Soak:
    """`new_url` makes the URL of an empty database. `figures` counts what happened."""

    def __init__(self, new_url: Callable[[], str], folder: Path, seed: int) -> None:
        self.new_url, self.folder, self.seed = new_url, folder, seed
        self.chance = random.Random(seed)
        self.figures: Counter[str] = Counter()
        self.faults: list[str] = []

    def rounds(self, name: str, count: int, one_round: Callable[[], None]) -> None:
        for _ in range(count):
            self.figures["kills"] += 1
            self.figures[f"kills during {name}"] += 1
            try:
                one_round()
            except (Inconsistent, UserError, sa.exc.SQLAlchemyError) as error:
                self.faults.append(f"{name}: {type(error).__name__}: {error}")

    def shares(self, kills: int, only: str | None) -> list[tuple[Callable[[int], None], int]]:
        """The scenarios, each with its part of the kills."""
        scenarios = {
            "migration": self.migration_rounds,
            "backup": self.backup_rounds,
            "restore": self.restore_rounds,
            "saving": self.save_rounds,
        }
        chosen = [only] if only else list(scenarios)
        shares = [kills // len(chosen) + (place < kills % len(chosen)) for place in range(len(chosen))]
        return [(scenarios[name], share) for name, share in zip(chosen, shares, strict=True)]

    def save_rounds(self, count: int) -> None:
        url, every = self.new_url(), list[Ack]()
        with opened(url) as store:
            before = check_whole(store)

        def one_round() -> None:
            nonlocal before
            done = self.chance.randrange(12)
            acks = killed(writes(url, self.chance.randrange(2**31)), self.chance.uniform(0.0, 0.05), done)
            journal = Path(f"{database_file(Settings(database=url))}-wal")
            self.figures["journals left behind"] += journal.exists() and journal.stat().st_size > 0
            with opened(url) as store:
                total = check_whole(store)
                saved = sum(ack["kind"] != "forget" for ack in acks)
                demand(before + saved <= total <= before + saved + 1, f"{before} + {saved} acknowledged, {total} there")
                self.figures["saved but killed before it was said"] += total - before - saved
                check_acks(store, acks)
                store.save(replace(DRAFT, title="danach"), "Soak")
                before = total + 1
            every.extend(acks)

        self.rounds("saving", count, one_round)
        self.figures["acknowledged"] += len(every)
        with opened(url) as store:
            check_acks(store, every)

    def migration_rounds(self, count: int) -> None:
        olds: list[str | None] = [None, *versions()[1:]]
        taken = sorted(_seconds(lambda: open_store(Settings(database=self.new_url())).close()) for _ in range(5))
        duration = taken[1]  # the slowest of them waited for something else

        def one_round() -> None:
            url, old = self.new_url(), self.chance.choice(olds)
            if old is not None:
                with contextlib.closing(open_database(Settings(database=url), upgrade=False)) as database:
                    migrate(database, old)
            acks = killed(migrates(url), self.chance.uniform(0.0, 1.2 * duration))
            if not url.startswith("sqlite"):
                _settle(url)
            with contextlib.closing(open_database(Settings(database=url), upgrade=False)) as database:
                found = version(database)
            demand(found in (old, versions()[0]), f"half migrated: {old} -> {found}")
            demand(found == versions()[0] or not acks, f"migrated, it was said, but {found}")
            self.figures["killed before the migration was done"] += found != versions()[0]
            with opened(url) as store:
                demand(check_whole(store) <= 1, "too many")
                check_acks(store, [ack for ack in acks if ack["kind"] == "new"])
                store.save(DRAFT, "Soak")

        self.rounds("migration", count, one_round)

    def backup_rounds(self, count: int) -> None:
        url, path = self.new_url(), self.folder / "sicherung.gz"
        with opened(url) as store:
            for _ in range(BACKED_UP):
                store.save(replace(DRAFT, title=token()), "Soak")
            duration = _seconds(lambda: write_backup(store.database, path, replace=True))

        def one_round() -> None:
            killed(backs_up(url, path), self.chance.uniform(0.0, 0.1 + 2 * duration))
            demand(check_backup(path).rows["revisions"] == BACKED_UP, "the backup is incomplete")
            left = [one for one in self.folder.iterdir() if one.name.startswith(".sicherung.gz-")]
            self.figures["killed while a backup was half written"] += bool(left)
            for one in left:
                one.unlink()

        self.rounds("backup", count, one_round)

    def restore_rounds(self, count: int) -> None:
        sizes, backups = (20, 30), list[Path]()
        for size in sizes:
            url = self.new_url()
            with opened(url) as store:
                for _ in range(size):
                    store.save(replace(DRAFT, title=str(size)), "Soak")
                backups.append(self.folder / f"{size}.gz")
                write_backup(store.database, backups[-1], replace=True)
        target = self.new_url()
        duration = _seconds(lambda: restore_backup(backups[0], Settings(database=target), replace=True))

        def one_round() -> None:
            acks = killed(restores(target, (backups[1], backups[0])), self.chance.uniform(0.0, 0.1 + 2.2 * duration))
            with opened(target) as store:
                total = check_whole(store)
                titles = {decision.draft.title for decision in store.every()}
            demand(total in sizes and titles == {str(total)}, f"half restored: {total} rows, {titles}")
            self.figures["restored before the kill"] += len(acks)

        self.rounds("restore", count, one_round)

    def writers(self, writers: int, transactions: int) -> None:
        """So many processes at once; half of the transactions revise projects that all of them revise."""
        url = self.new_url()
        with opened(url) as store:
            shared = [store.save(replace(DRAFT, title="gemeinsam"), "Soak").project for _ in range(5)]
        pipes, began = [], time.monotonic()
        for _ in range(writers):
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(reading)
                os._exit(_write_and_exit(url, shared, transactions, writing))
            os.close(writing)
            pipes.append((pid, reading))
        acks: list[Ack] = []
        for pid, reading in pipes:
            with os.fdopen(reading, "rb") as told:
                acks += [json.loads(line) for line in told.read().splitlines()]
            _, status = os.waitpid(pid, 0)
            if status:
                self.faults.append(f"a writer failed: {acks[-1:]}")
        self.figures["writers"], self.figures["transactions"] = writers, len(acks)
        self.figures["conflicts told"] += sum(int(str(ack.get("conflicts", 0))) for ack in acks)
        self.figures["seconds of writing"] = round(time.monotonic() - began)
        with opened(url) as store:
            try:
                total = check_whole(store)
                check_acks(store, acks)
                lost = writers * transactions + len(shared) - total
            except Inconsistent as error:
                self.faults.append(f"writers: {error}")
                lost = writers * transactions
        self.figures["lost"] += lost


def _write_and_exit(url: str, shared: list[int], transactions: int, writing: int) -> int:
    ack: Ack = {}
    try:
        chance, store = random.Random(os.getpid()), open_store(Settings(database=url))
        for number in range(transactions):
            draft, conflicts = replace(DRAFT, title=token()), 0
            while True:
                project = chance.choice(shared) if number % 2 else None
                seen = None if project is None else store.current(project).revision
                try:
                    saved = store.save(draft, "Soak", project, expected=seen)
                    break
                except UserError as error:
                    if "inzwischen" not in str(error):
                        raise
                    conflicts += 1
            ack = {"kind": "new", "project": saved.project, "revision": saved.revision, "token": draft.title}
            os.write(writing, json.dumps({**ack, "conflicts": conflicts}).encode() + b"\n")
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _seconds(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


@contextlib.contextmanager
def databases(folder: Path, postgresql: str | None) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty databases: files in `folder`, or databases of a PostgreSQL server."""
    numbers = itertools.count(1)
    if postgresql is None:
        yield lambda: f"sqlite:///{folder / f'{next(numbers)}.sqlite3'}"
        return
    import psycopg
    from database_fixtures import running_postgresql

    with contextlib.nullcontext(postgresql) if postgresql else running_postgresql() as server:

        def created() -> str:
            name = f"soak_{os.getpid()}_{next(numbers)}"
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return f"{server}/{name}"

        yield created


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--transactions", type=int, default=250)
    parser.add_argument("--only", choices=("migration", "backup", "restore", "saving"), help="all kills during this")
    own = "on PostgreSQL: the server of this URL, else one that is started for it"
    parser.add_argument("--postgresql", nargs="?", const="", metavar="URL", help=own)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="isek-soak-"))
    os.environ["ISEK_HOME"] = str(folder)  # forgetting also looks there for copies of texts
    try:
        with databases(folder, options.postgresql) as new_url:
            soak = Soak(new_url, folder, options.seed)
            for rounds, share in soak.shares(options.kills, options.only):
                rounds(share)
            soak.writers(options.writers, options.transactions)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = {"seed": options.seed, **soak.figures, "inconsistent": len(soak.faults), "faults": soak.faults[:10]}
    print(json.dumps(result, ensure_ascii=False))
    return int(bool(soak.faults) or soak.figures["lost"] != 0)


if __name__ == "__main__":
    sys.exit(main())
