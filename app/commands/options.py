"""Options that several commands share, and the settings they amount to."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.settings import Settings


def command(
    commands: Any, name: str, summary: str, run: Callable[[argparse.Namespace], None], epilog: str | None = None
) -> argparse.ArgumentParser:
    """Declare a command with the options that every command has."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary, epilog=epilog)
    parser.set_defaults(run=run)
    parser.add_argument("--catalogue", metavar="NAME|DATEI", help="Zielkatalog: Name oder YAML-Datei")
    return parser


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="Sprachmodell: isek-de, lokaler Ordner oder Hub-Name")
    parser.add_argument(
        "--no-labels", dest="labels", action="store_false", default=None, help="ohne beurteilte Texte, nur aus Profilen"
    )


def add_areas(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--area", metavar="N", action="append", default=[], help="nur diesen Produktbereich (mehrfach möglich)"
    )


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"erwartet wird eine ganze Zahl ab 1, angegeben war {text!r}")
    return value


def settings_from(options: argparse.Namespace) -> Settings:
    """The settings file, overridden by the options that were given."""
    from app.settings import load_settings

    return load_settings().changed(
        catalogue=options.catalogue,
        model=getattr(options, "model", None),
        labels=getattr(options, "labels", None),
    )
