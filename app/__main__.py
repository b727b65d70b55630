"""The command line `isek`: parse, dispatch, and turn errors into one German sentence and an exit status."""

from __future__ import annotations

import argparse
import gettext
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from app.commands.termination import unwind_when_terminated
from data.errors import UserError, reason

COMMANDS = ("match", "batch", "eval", "goals", "index", "decisions", "serve", "user", "bench", "settings", "doctor")


class _Parser(argparse.ArgumentParser):
    """Reports a wrong call as a UserError instead of exiting by itself."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(f"{message[:1].upper()}{message[1:]}. «{self.prog} --help» zeigt die Möglichkeiten.")


def parser(wanted: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of the wanted one alone if there is such a one; it costs no heavy library."""
    top = _Parser(
        prog="isek",
        description="Findet zu einer Projektbeschreibung die Ziele der Stadt, denen das Projekt dient.",
    )
    commands = top.add_subparsers(dest="command", metavar="BEFEHL", required=True, parser_class=_Parser)
    for name in (wanted,) if wanted in COMMANDS else COMMANDS:
        import_module(f"app.commands.{name}_command").add_to(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 2 the user's input or files, 1 our own fault."""
    _speak_german()
    unwind_when_terminated()
    try:
        if sys.stdout is None:
            raise UserError("Die Standardausgabe ist geschlossen; bitte eine Ausgabe angeben.")
        given = sys.argv[1:] if arguments is None else arguments
        options = parser(given[0] if given else None).parse_args(given)
        options.run(options)
        sys.stdout.flush()
    except UserError as error:
        print(f"isek: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader (head, less) has closed: nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered must not fail again at exit
        what = (
            f"«{error.filename}» lässt sich nicht öffnen"
            if error.filename
            else "die Ausgabe lässt sich nicht schreiben"
        )
        print(f"isek: {what} ({reason(error)}).", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("isek: abgebrochen.", file=sys.stderr)
        return 130
    except Exception as error:  # anything else is a fault of the program; the user gets a sentence, not a traceback
        if os.environ.get("ISEK_DEBUG"):
            raise
        print(
            f"isek: ein Fehler im Programm ({type(error).__name__}: {error}); bitte melden. "
            "Mit ISEK_DEBUG=1 wird der genaue Ort gezeigt.",
            file=sys.stderr,
        )
        return 1
    return 0


def _speak_german() -> None:
    """The parser's own texts come from gettext, argparse's documented way to other languages."""
    os.environ["LANGUAGE"] = "de"
    gettext.bindtextdomain("isek", str(Path(__file__).parent / "locale"))
    gettext.textdomain("isek")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
