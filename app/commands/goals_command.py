"""`isek goals`: the catalogue."""

from __future__ import annotations

import argparse
import json
from typing import Any

from app.commands.options import add_areas, command, settings_from


def add_to(commands: Any) -> None:
    parser = command(commands, "goals", "Zeigt den Zielkatalog.", run)
    parser.add_argument("--json", action="store_true", help="eine flache JSON-Liste")
    add_areas(parser)


def run(options: argparse.Namespace) -> None:
    from app.service import the_catalogue
    from app.tables_text import goals_table

    catalogue = the_catalogue(settings_from(options))
    wanted = {str(catalogue.area(area).id) for area in options.area}
    goals = [goal for goal in catalogue.goals if not wanted or str(goal.area) in wanted]
    if options.json:
        print(json.dumps([goal.to_json() for goal in goals], ensure_ascii=False))
    else:
        print(goals_table(catalogue, goals))
