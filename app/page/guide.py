"""The help page: what the figures mean, what the software cannot do, accessibility, privacy."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from app.desk import Desk
from app.page.confidence import LEAST_FOR, UNSURE, WORDS
from app.page.frame import page_header, page_title, place

PLACE = place("hilfe")
TEXT = Path(__file__).parent / "hilfe.md"
CALIBRATED = "Die Schätzung ist an beurteilten Projekten ausgerichtet."
NOT_CALIBRATED = "Für diesen Katalog gibt es noch keine beurteilten Projekte; die Zahlen sind Erfahrungswerte."


def guide_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Hilfe", "Was die Angaben bedeuten, was die Software nicht kann, und was mit Ihren Texten geschieht.")
    gr.Markdown(guide_text(desk), elem_classes="hilfe", latex_delimiters=[])


def guide_text(desk: Desk) -> str:
    """The help text with the values of this desk, as Markdown."""
    index, thresholds = desk.matcher.index, desk.matcher.thresholds
    labels = index.manifest.get("labels", 0)
    return TEXT.read_text("utf-8").format(
        catalogue=_plain(desk.catalogue.name),
        model=_plain(desk.matcher.encoder.name),
        goals=len(desk.catalogue.goals),
        labels=f"{labels} beurteilte Projekte" if labels else "keine beurteilten Projekte",
        words=_word_table(),
        suggest=round(100 * thresholds.suggest),
        suggest_citywide=round(100 * thresholds.suggest_citywide),
        calibration=CALIBRATED if index.calibration else NOT_CALIBRATED,
    )


def _word_table() -> str:
    rows, above = [], "99"
    for least, words in WORDS:
        rows.append(f"| {words} | {100 * least:.0f} bis {above} % |")
        above = f"unter {100 * least:.0f}"
    rows.append(f"| unwahrscheinlich | {above} % |")
    return "\n".join([*rows, f"| {UNSURE} (nur bei vorgeschlagenen Zielen) | unter {100 * LEAST_FOR:.0f} % |"])


def _plain(name: str) -> str:
    """A name without the signs that Markdown or HTML would read."""
    return "".join(char if char.isalnum() or char in "-@. /" else " " for char in name)
