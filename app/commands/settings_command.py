"""`isek settings`: every setting, what it means, and what it is now."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(commands: Any) -> None:
    summary = "Zeigt alle Einstellungen, ihre Bedeutung und ihren Wert."
    epilog = "Geändert wird in der Einstellungsdatei (YAML, eine Zeile «name: wert» je Einstellung)."
    parser = commands.add_parser("settings", help=summary, description=summary, epilog=epilog)
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="eine Zeile JSON statt der Liste")


def run(options: argparse.Namespace) -> None:
    import json

    from app.settings import load_settings, settings_path
    from app.settings_text import setting_lines

    lines = setting_lines(load_settings())
    if options.json:
        print(json.dumps({line.name: vars(line) for line in lines}, ensure_ascii=False))
        return
    path = settings_path()
    print(f"Einstellungsdatei: {path}{'' if path.exists() else ' (gibt es nicht, es gelten die Standardwerte)'}\n")
    width = max(len(line.name) for line in lines)
    for line in lines:
        default = f" (Standard: {line.default or 'leer'})" if line.changed else ""
        print(f"{line.name:{width}}  {line.value or 'leer'}{default}\n{'':{width}}  {line.meaning}")
