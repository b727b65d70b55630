"""Tables that the pages hand out: written to where the web server may read them, and swept away after a while."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from data.tables import TableWriter

FORMATS = ("xlsx", "csv")


def writable_folder() -> Path:
    """The folder whose files Gradio hands out."""
    from gradio.utils import get_upload_folder

    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def download_files(stem: str) -> tuple[Path, ...]:
    """A path for each of FORMATS in a new folder whose files Gradio hands out; nothing is written yet."""
    folder = Path(tempfile.mkdtemp(prefix="tabelle-", dir=writable_folder()))
    return tuple(folder / f"{stem}.{kind}" for kind in FORMATS)


def write_downloads(stem: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> tuple[Path, ...]:
    """The rows as one file of each of FORMATS."""
    listed, files = list(rows), download_files(stem)
    for file in files:
        with TableWriter(file, columns) as writer:
            for row in listed:
                writer.write(row)
            writer.commit()
    return files
