"""Tables of the report: a caption, headers with a scope, and a frame that scrolls by keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Cell = str | int | float | None


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], words: int) -> str:
    """A table whose first column names the row; columns from `words` on are numbers unless they are long."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f"<tr>{_cells(row, words)}</tr>" for row in rows)
    return scrolled(
        caption,
        f"<table><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>",
    )


def _cells(row: Sequence[Cell], words: int) -> str:
    cells = f'<th scope="row">{escape(str(row[0]))}</th>'
    for place, value in enumerate(row[1:], 1):
        text = "" if value is None else str(value)
        style = ' class="n"' if place >= words and len(text) < 18 else ""
        cells += f"<td{style}>{escape(text)}</td>"
    return cells


def scrolled(label: str, table: str) -> str:
    """Wide tables scroll by keyboard too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">{table}</div>'
