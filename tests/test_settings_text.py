"""The reference of the settings is complete and true."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from app.__main__ import main
from app.settings import Settings
from app.settings_text import MEANINGS, setting_lines


def test_every_setting_has_a_meaning_and_every_meaning_a_setting() -> None:
    assert set(MEANINGS) == {field.name for field in fields(Settings)}


def test_the_command_tells_values_in_force_and_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.yaml").write_text("max_rows: 7\nlabels: false\n", "utf-8")
    monkeypatch.setenv("ISEK_HOME", str(tmp_path))
    assert main(["settings"]) == 0
    shown = capsys.readouterr().out
    assert "7 (Standard: 100000)" in shown and "false (Standard: true)" in shown
    assert main(["settings", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["max_rows"] == {"name": "max_rows", "value": "7", "default": "100000", "meaning": MEANINGS["max_rows"]}


def test_the_password_of_the_database_is_not_shown() -> None:
    line = next(
        line for line in setting_lines(Settings(database="postgresql://isek:geheim@db/isek")) if line.name == "database"
    )
    assert line.value == "postgresql://isek:***@db/isek"
