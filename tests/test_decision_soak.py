"""A short run of what ``make soak`` does: processes are killed while they work on the database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parent / "decision_soak.py"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the processes to kill are forked")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kills_and_writers_at_once_lose_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    more = []
    if kind == "postgresql":
        more = ["--postgresql", request.getfixturevalue("postgresql")]
    amounts = ["--kills", "12", "--writers", "4", "--transactions", "10", "--seed", "1"]
    done = subprocess.run([sys.executable, SOAK, *amounts, *more], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["faults"], figures["lost"], figures["inconsistent"], done.returncode) == ([], 0, 0, 0), figures
    assert figures["kills"] == 12 and figures["transactions"] == 40


def test_the_soak_finds_a_store_that_saves_in_parts() -> None:
    """The same run on a store whose transactions commit after every statement: it must not pass."""
    broken = (
        "import contextlib, sys; sys.argv = ['soak', '--only', 'saving', '--kills', '15', '--writers', '1', '--transactions', '1', '--seed', '1'];"
        "import decision_soak; from app.database import Database;\n"
        "@contextlib.contextmanager\n"
        "def writing(self):\n"
        "    with self.engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection: yield connection\n"
        "Database.writing = writing\n"
        "sys.exit(decision_soak.main())"
    )
    done = subprocess.run([sys.executable, "-c", broken], cwd=SOAK.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and json.loads(done.stdout)["inconsistent"] > 0, done
