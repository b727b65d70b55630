"""Figures of an evaluation as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from eval.comparison import Difference, verdict
from eval.evaluation import FEW, Comparison, Evaluation, Run, sliced
from eval.figures import HEADLINE, METRICS, Figure, figures
from eval.intervals import Interval

STYLES = {
    "short": "kurz",
    "medium": "mittel",
    "long": "lang",
    "citywide": "nur gesamtstädtisch",
    "none": "ohne Ziel",
}
SPLITS = {"dev": "Entwicklung (dev)", "test": "Prüfung (test)", "all": "alle Fälle"}
_SHORT = {"hit@1": "Platz 1", "acceptable@1": "richtig", "hit@3": "Top 3", "mrr": "MRR", "area_accuracy": "Bereich"}


def number(value: float | None) -> str:
    """Three digits with a decimal comma; a dash where there is no value."""
    return "–" if value is None else f"{value:.3f}".replace(".", ",")


def interval(ci: Interval | None) -> str:
    return "–" if ci is None else f"{number(ci[0])} bis {number(ci[1])}"


def p_value(p: float) -> str:
    return "p < 0,001" if p < 0.001 else f"p = {number(p)}"


def labels_sentence(run: Run) -> str:
    """Whether the figures of a run rest on labelled texts, and how they were kept apart."""
    if not run.labels:
        return "Ohne beurteilte Texte: Zuordnung und Sicherheiten allein aus dem Zielkatalog."
    sentence = f"Gelernt aus {run.labels} beurteilten Texten (dev)"
    if not run.crossfitted:
        return f"{sentence}; keiner davon ist unter den geprüften."
    return f"{sentence}; {run.crossfitted} geprüfte Fälle wurden über Kreuz beurteilt, ohne ihre eigene Beurteilung zu kennen."


def evaluation_table(evaluation: Evaluation, only: Sequence[str] | None = None) -> str:
    """All figures with intervals and counts, the slices, and the comparisons."""
    run = evaluation.run
    lines = [
        f"Prüfsatz {evaluation.set}, {SPLITS[evaluation.split]}: {len(run.records)} Fälle",
        f"Zielkatalog {run.catalogue}, Sprachmodell {run.model}",
        labels_sentence(run),
        "",
        f"{'Kennzahl':<20} {'Wert':>5}  {'95-%-Intervall':<15} {'Fälle':>5}  Bedeutung (↓ kleiner ist besser)",
    ]
    lines += [_figure_line(name, run.metrics[name]) for name in only or METRICS]
    for slice_name, heading in (("style", "Textart"), ("area", "Produktbereich"), ("goal", "Ziel")):
        lines += ["", *_slice_lines(evaluation, slice_name, heading)]
    for comparison in evaluation.comparisons:
        lines += ["", *_comparison_lines(comparison, run)]
    return "\n".join(lines)


def _figure_line(name: str, figure: Figure) -> str:
    metric = METRICS[name]
    title = metric.title + (" ↓" if metric.lower else "")
    return f"{name:<20} {number(figure.value):>5}  {interval(figure.ci):<15} {figure.n:>5}  {title}"


def _slice_lines(evaluation: Evaluation, name: str, heading: str) -> list[str]:
    lines = [f"{heading:<22} {'Fälle':>5}  " + "  ".join(f"{_SHORT[key]:>8}" for key in HEADLINE)]
    for value, group in sliced(evaluation.run.records, name).items():
        label = STYLES.get(value, value) if name == "style" else value
        cells = figures(group, HEADLINE, quick=True)
        few = "  (wenige)" if len(group) < FEW else ""
        lines.append(
            f"{label:<22} {len(group):>5}  " + "  ".join(f"{number(cells[key].value):>8}" for key in HEADLINE) + few
        )
    return lines


def _comparison_lines(comparison: Comparison, base: Run) -> list[str]:
    run = comparison.run
    lines = [f"Vergleich «{run.name}» mit der Grundeinstellung ({run.catalogue}, {run.model})", labels_sentence(run)]
    lines.append(f"{'Kennzahl':<16} {'hier':>6} {'Grund':>6} {'Unterschied':>11}  {'95-%-Intervall':<18} Urteil")
    for name, difference in comparison.differences.items():
        lines.append(_difference_line(name, difference, run.metrics[name], base.metrics[name]))
    gained = [flip.case for flip in comparison.flips if flip.gained]
    lost = [flip.case for flip in comparison.flips if not flip.gained]
    lines.append(f"Fälle, die kippen (erstes Ziel richtig): {len(gained)} gewonnen, {len(lost)} verloren")
    lines += [f"  gewonnen: {', '.join(gained)}"] if gained else []
    lines += [f"  verloren: {', '.join(lost)}"] if lost else []
    return lines


def _difference_line(name: str, difference: Difference, here: Figure, there: Figure) -> str:
    sign = "+" if difference.value > 0 else ""
    return (
        f"{name:<16} {number(here.value):>6} {number(there.value):>6} {sign + number(difference.value):>11}  "
        f"{interval(difference.ci):<18} {verdict(difference)} ({p_value(difference.p_holm)} nach Holm)"
    )
