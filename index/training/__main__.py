"""`isek-train`: makes the bundled German encoder. Every stage goes on where it was interrupted."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from data.errors import UserError

if TYPE_CHECKING:
    from index.training.stages import Folders

ROOT = Path(__file__).parents[2]
STAGES = ("verify", "tokenizer", "embeddings", "distil", "tune", "export")
FURTHER_STAGES = ("verify", "extend", "export")
"""With `--from`: a released model is trained further instead of starting from the teacher."""
DISTIL_STEPS = 900
TUNE_STEPS = 1500
EXTEND_STEPS = 2500


def main(arguments: list[str] | None = None) -> int:
    """Run the stages asked for; the exit status: 0 done, 2 the user's files or arguments are at fault."""
    try:
        run(read_options(arguments))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Abgebrochen. Derselbe Aufruf macht beim letzten Zwischenstand weiter.", file=sys.stderr)
        return 130
    return 0


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    """The options, checked.

    Raises:
        UserError: an unknown stage or option, or a value that does not fit.
    """
    options, unknown = parser().parse_known_args(arguments)
    known = FURTHER_STAGES if options.start else STAGES
    wrong = unknown or [stage for stage in options.stages if stage not in known]
    if wrong:
        raise UserError(f"Unbekannte Angabe {wrong[0]!r}; Stufen sind {', '.join(known)}, Optionen zeigt --help.")
    return options


class GermanParser(argparse.ArgumentParser):
    """Errors of the arguments go the way of all user errors."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing English and exiting."""
        raise UserError(f"Der Aufruf ist nicht zu lesen ({message}); «isek-train --help» zeigt, was geht.")


def steps(text: str) -> int:
    """A positive number of steps."""
    if not text.isdecimal() or int(text) == 0:
        raise UserError(f"Erwartet eine Schrittzahl ab 1, gefunden {text!r}.")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line, in German."""
    made = GermanParser(
        prog="isek-train",
        add_help=False,
        usage="isek-train [Optionen] [Stufe …]",
        description="Trainiert den deutschen Encoder isek-de. Zwischenstände liegen im Arbeitsordner; "
        "ein abgebrochener Lauf geht mit demselben Aufruf weiter.",
    )
    made._positionals.title, made._optionals.title = "Stufen", "Optionen"
    named = f"eine oder mehrere von {', '.join(STAGES)}, mit --from von {', '.join(FURTHER_STAGES)} (ohne Angabe: alle)"
    made.add_argument("stages", nargs="*", metavar="Stufe", help=named)
    made.add_argument("-h", "--help", action="help", help="zeigt diese Hilfe")
    shared = ROOT.parent / "shared"
    for flag, default, text in (
        ("corpora", shared / "corpora", "Ordner der Trainingsdaten"),
        ("benchmarks", shared / "benchmarks", "Ordner der Vergleichsdaten (werden nur gemessen)"),
        ("work", ROOT / ".training", "Arbeitsordner für Zwischenstände"),
        ("output", ROOT / "data" / "models" / "isek-de", "Zielordner des Modells"),
    ):
        made.add_argument(f"--{flag}", type=Path, default=default, metavar="DIR", help=f"{text} ({default})")
    made.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="DIR",
        help="trainiert das fertige Modell in DIR weiter (Stufe extend)",
    )
    for flag, usual in (("distil", DISTIL_STEPS), ("tune", TUNE_STEPS), ("extend", EXTEND_STEPS)):
        made.add_argument(
            f"--{flag}-steps", type=steps, default=usual, metavar="N", help=f"Schritte der Stufe ({usual})"
        )
    return made


def run(options: argparse.Namespace) -> None:
    """The chosen stages in their order; torch is imported here, not for `--help`."""
    from index.training import release, sources, stages

    folders = stages.Folders(options.corpora, options.benchmarks, options.work, options.output)
    sources.verify(folders.corpora)
    if options.start:
        _train_further(options, folders)
        return
    chosen = options.stages or list(STAGES)
    if "tokenizer" in chosen:
        stages.tokenizer_stage(folders)
    if "embeddings" in chosen:
        stages.embeddings_stage(folders)
    if "distil" in chosen:
        stages.distil_stage(folders, options.distil_steps)
    if "tune" in chosen:
        stages.tune_stage(folders, options.distil_steps, options.tune_steps)
    if "export" in chosen:
        body = stages.averaged_stage(folders, options.distil_steps, options.tune_steps)
        taken = {"distil_steps": options.distil_steps, "tune_steps": options.tune_steps}
        release.release(body, stages.tokenizer_stage(folders), folders, taken)


def _train_further(options: argparse.Namespace, folders: "Folders") -> None:
    """The stages of `--from`; the model's earlier steps go into the new manifest."""
    from index.training import release, stages

    chosen = options.stages or list(FURTHER_STAGES)
    earlier = stages.adopt(folders, options.start)
    if "extend" in chosen:
        stages.extended_stage(folders, options.extend_steps)
    if "export" in chosen:
        body, kept = stages.settled_stage(folders, options.extend_steps)
        taken = {**earlier, **stages.extended_how(options.extend_steps), "start_share": kept}
        release.release(body, stages.tokenizer_stage(folders), folders, taken)


if __name__ == "__main__":
    sys.exit(main())
