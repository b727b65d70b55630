"""A home folder that another account of the machine filled: told with both names, and how to mend it."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes import WordEncoder
from test_store import folders, opened

from app.database import open_database
from app.settings import Settings
from data.catalogue import Catalogue
from data.errors import UserError, whose
from index.store import load_index

NOBODY = 65_534
TOLD = r"gehört dem Konto «root», dieses Programm läuft als «nobody»; bitte beides unter demselben Konto betreiben"
only_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="nur root kann ein anderes Konto annehmen"
)


@contextmanager
def nobody() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may read; pytest's own are closed to other accounts."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@only_root
def test_an_index_that_may_not_be_read(shared: Path, small: Catalogue, encoder: WordEncoder) -> None:
    opened(shared, small, encoder, [])
    (folder,) = folders(shared)
    said: list[str] = []
    with nobody():
        with pytest.raises(UserError, match=rf"lässt sich nicht lesen \(keine Berechtigung\)\. .* {TOLD}"):
            load_index(folder)
        opened(shared, small, encoder, said)  # answers all the same
    assert [sentence for sentence in said if "beschädigt" in sentence or "Errno" in sentence] == []
    assert [
        sentence for sentence in said if "nicht speichern (keine Berechtigung)" in sentence and "«root»" in sentence
    ]


@only_root
def test_a_database_that_may_not_be_written(shared: Path) -> None:
    open_database(Settings(), shared).close()
    with nobody(), pytest.raises(UserError, match=TOLD):
        open_database(Settings(), shared)


def test_nothing_is_said_of_what_belongs_to_oneself(shared: Path) -> None:
    assert whose(shared) == whose(shared / "fehlt") == ""


def test_a_full_disk_is_no_question_of_accounts(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY + 1, raising=False)
    full, denied = OSError(errno.ENOSPC, "full"), OSError(errno.EACCES, "denied")
    assert whose(shared, full) == ""
    assert f"läuft als «{NOBODY + 1}»" in whose(shared / "fehlt", denied)
