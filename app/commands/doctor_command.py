"""`isek doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(commands: Any) -> None:
    summary = "Prüft die Installation und sagt, was fehlt und wie es sich beheben lässt."
    epilog = "Der Rückgabewert ist 0, wenn nichts fehlerhaft ist, sonst 2."
    parser = commands.add_parser("doctor", help=summary, description=summary, epilog=epilog)
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="eine Zeile JSON statt der Liste")


def run(options: argparse.Namespace) -> None:
    import json

    from app.doctor import FAULT, findings
    from data.errors import UserError

    found = findings()
    if options.json:
        print(json.dumps([finding.to_json() for finding in found], ensure_ascii=False))
    else:
        width = max(len(finding.subject) for finding in found)
        for finding in found:
            remedy = f" {finding.remedy}" if finding.remedy else ""
            print(f"{finding.level:8}{finding.subject:{width}}  {finding.sentence}{remedy}")
    faults = sum(finding.level == FAULT for finding in found)
    if faults:
        raise UserError(
            f"{'Ein Fehler' if faults == 1 else f'{faults} Fehler'} gefunden; die Liste sagt, was zu tun ist."
        )
