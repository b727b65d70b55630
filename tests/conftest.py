"""Fixtures for all tests: the shipped catalogue, a small one, and one matcher on the bundled model for the session."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from app.service import open_matcher
from app.settings import Settings
from data.catalogue import Catalogue, load_catalogue, parse_catalogue
from index.matcher import Matcher

pytest_plugins = ("page_fixtures", "database_fixtures", "proxy_fixtures")

CHECKOUT = Path(__file__).parents[1]

SMALL = """
catalogue: {id: kleinstadt, title: Ziele von Kleinstadt, version: "1"}
areas:
  - {id: umwelt, title: Umwelt und Verkehr}
  - {id: jugend, title: Jugend und Schule}
goals:
  - {id: S, title: Stadt für alle sein}
  - id: rad
    title: Radverkehr ausbauen
    area: umwelt
    terms: [Radweg, Fahrradbügel, Fahrradstraße]
    examples: [Neuer Radweg an der Hauptstraße, Abstellplätze für Räder am Bahnhof]
    borders:
      - {goal: schule, note: Schulwege gehören hierher., question: Geht es um den Weg oder um den Unterricht?}
  - id: schule
    title: Schulen modernisieren
    area: jugend
    terms: [Schulhof, Klassenzimmer, Lehrküche]
    examples: [Neues Dach für die Grundschule, Whiteboards für den Unterricht]
"""


@pytest.fixture(scope="session")
def neumuenster() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def small() -> Catalogue:
    return parse_catalogue(SMALL.encode(), "klein.yaml")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder of the test session's own, so that no test reads or writes the user's.

    Of several processes (pytest-xdist) each has its own, with a copy of one index. ISEK_TEST_INDEX names a folder that keeps
    this index between runs, which saves building it again.
    """
    chosen = tmp_path_factory.mktemp("isek-home")
    kept, together = os.environ.get("ISEK_TEST_INDEX"), os.environ.get("PYTEST_XDIST_WORKER")
    if kept or together:
        _copy_index(Path(kept) / _sources() if kept else tmp_path_factory.getbasetemp().parent / "isek-home", chosen)
    before = os.environ.get("ISEK_HOME")
    os.environ["ISEK_HOME"] = str(chosen)
    os.environ.pop("ISEK_SETTINGS", None)
    yield chosen
    os.environ.pop("ISEK_HOME")
    if before is not None:
        os.environ["ISEK_HOME"] = before


def _sources() -> str:
    """A digest of what makes an index: one that older code made is not tested."""
    files = sorted(path for layer in ("data", "index") for path in (CHECKOUT / layer).glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _copy_index(shared: Path, home: Path) -> None:
    """Build the shipped index in `shared` unless another process has, and copy it."""
    shared.mkdir(parents=True, exist_ok=True)
    with FileLock(shared / "tests.lock"):
        for other in shared.parent.glob("*"):
            if other != shared and re.fullmatch("[0-9a-f]{16}", other.name):
                shutil.rmtree(other, ignore_errors=True)
        open_matcher(Settings(), home=shared)
    for part in ("index", "vectors"):
        shutil.copytree(shared / part, home / part, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def matcher(home: Path) -> Matcher:
    """The shipped default: bundled model, profiles and dev labels."""
    return open_matcher(Settings(), home=home)
