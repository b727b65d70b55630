"""What an evaluation leaves behind as files: the table of errors, the report, a benchmark."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from data.errors import UserError
from data.labelled import LabelledCase
from data.tables import TableWriter
from eval.errors import COLUMNS, wrong_cases
from eval.evaluation import Evaluation
from eval.growth import to_record


def write_errors(evaluation: Evaluation, path: Path) -> int:
    """One row for each wrong case, as .csv, .xlsx or .jsonl; returns their number.

    Raises:
        UserError: unknown format, or a place that cannot be written.
    """
    wrong = wrong_cases(evaluation.run.records)
    with TableWriter(path, COLUMNS) as writer:
        for case in wrong:
            writer.write(case.row(evaluation.run.catalogue))
        writer.commit()
    return len(wrong)


def write_report(evaluation: Evaluation, folder: Path, day: date) -> tuple[Path, Path]:
    """``bericht.html`` and ``bericht.json`` in `folder`, which is made if need be; returns both paths.

    Raises:
        UserError: the folder cannot be made or written.
    """
    from eval.report import report_html

    page, record = folder / "bericht.html", folder / "bericht.json"
    html = report_html(evaluation, day)
    data = json.dumps({**evaluation.to_json(), "date": day.isoformat()}, ensure_ascii=False, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(record, data)
        write_text(page, html)
    except OSError as error:
        raise UserError(
            f"Der Bericht lässt sich in «{folder}» nicht schreiben ({error.strerror}); bitte einen anderen Ordner nennen."
        ) from error
    return page, record


def write_benchmark(record: dict[str, Any], page: str, folder: Path, name: str = "bench") -> tuple[Path, Path]:
    """`name` with ``.json`` and with ``.md`` in `folder`, which is made if need be; returns both paths.

    Raises:
        UserError: the folder cannot be made or written.
    """
    paths = folder / f"{name}.json", folder / f"{name}.md"
    make_folder(folder)
    try:
        for path, text in zip(paths, (json.dumps(record, ensure_ascii=False, indent=1) + "\n", page), strict=True):
            write_text(path, text)
    except OSError as error:
        raise _not_writable(folder, error) from error
    return paths


def make_folder(folder: Path) -> None:
    """Make the folder of a measurement, best before it begins: it would be a pity to find out afterwards.

    Raises:
        UserError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error


def _not_writable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"Die Messung lässt sich in «{folder}» nicht schreiben ({error.strerror}); bitte einen anderen Ordner nennen."
    )


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file whole or not at all; a `private` one only its owner may read.

    Raises:
        OSError: the place cannot be written.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem}-", delete=False) as stream:
        # A lone surrogate (legal in JSON input) has no encoding; it is written as its escape.
        stream.write(text.encode("utf-8", "backslashreplace"))
    Path(stream.name).chmod(0o600 if private else 0o644)
    Path(stream.name).replace(path)


def write_cases(cases: Sequence[LabelledCase], path: Path, *, private: bool = False) -> None:
    """A labelled set, one JSON object a line; a `private` one only its owner may read.

    Raises:
        UserError: the place cannot be written.
    """
    lines = [json.dumps(to_record(case), ensure_ascii=False) for case in cases]
    try:
        write_text(path, "\n".join(lines) + "\n", private=private)
    except OSError as error:
        raise UserError(f"Der Prüfsatz lässt sich nach «{path}» nicht schreiben ({error.strerror}).") from error
