"""Figures of an evaluation as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from app.tables_text import one_line
from eval.answer_changes import goal_changes
from eval.comparison import Difference
from eval.errors import confusions, entries, goal_support, wrong_cases
from eval.evaluation import FEW, Comparison, Evaluation, Run, sliced
from eval.figures import HEADLINE, METRICS, Figure, figures
from eval.run import Record
from eval.wording import SPLITS, STYLES, changes_sentence, interval, labels_sentence, number, p_value, signed, verdict

MOST = 10  # lines of a list in the terminal

_SHORT = {"hit@1": "Platz 1", "acceptable@1": "richtig", "hit@3": "Top 3", "mrr": "MRR", "area_accuracy": "Bereich"}


def evaluation_table(evaluation: Evaluation, only: Sequence[str] | None = None) -> str:
    """All figures with intervals and counts, the slices, and the comparisons."""
    run = evaluation.run
    lines = [
        f"Prüfsatz {evaluation.set}, {SPLITS[evaluation.split]}: {len(run.records)} Fälle",
        f"Zielkatalog {run.catalogue.name}, Sprachmodell {run.model}",
        labels_sentence(run),
        "",
        f"{'Kennzahl':<20} {'Wert':>5}  {'95-%-Intervall':<15} {'Fälle':>5}  Bedeutung (↓ kleiner ist besser)",
    ]
    lines += [_figure_line(name, run.metrics[name]) for name in only or METRICS]
    lines += [*_human_lines(evaluation), *_since_lines(evaluation)]
    for slice_name, heading in (("style", "Textart"), ("area", "Produktbereich"), ("goal", "Ziel")):
        lines += ["", *_slice_lines(evaluation, slice_name, heading)]
    lines += ["", *_confusion_lines(run), *_support_lines(run)]
    for comparison in evaluation.comparisons:
        lines += ["", *_comparison_lines(comparison, run), changes_sentence(comparison)]
    return "\n".join(lines)


def _figure_line(name: str, figure: Figure) -> str:
    metric = METRICS[name]
    title = metric.title + (" ↓" if metric.lower else "")
    return f"{name:<20} {number(figure.value):>5}  {interval(figure.ci):<15} {figure.n:>5}  {title}"


def _human_lines(evaluation: Evaluation) -> list[str]:
    if evaluation.human is None:
        return []
    return ["", "Zum Vergleich eine zweite Person, am selben Maßstab:"] + [
        _figure_line(name, figure) for name, figure in evaluation.human.items()
    ]


def _since_lines(evaluation: Evaluation) -> list[str]:
    if evaluation.since is None:
        return []
    lines = ["", f"Seit dem gespeicherten Lauf {evaluation.since.file}:"]
    for name, difference in evaluation.since.differences.items():
        lines.append(
            f"{name:<20} {signed(difference.value):>6}  {verdict(difference)} ({p_value(difference.p_holm)} nach Holm)"
        )
    return lines


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


def _confusion_lines(run: Run) -> list[str]:
    pairs = confusions(run.records)
    wrong = wrong_cases(run.records)
    lines = [f"Fälle mit Fehlern: {len(wrong)} von {len(run.records)} (mit --errors DATEI als Tabelle)"]
    if pairs:
        lines.append("Verwechselt (richtig → genannt):")
    return lines + [f"  {p.right} → {p.named}: {len(p.cases)} ({', '.join(p.cases)})" for p in pairs[:MOST]]


def _support_lines(run: Run) -> list[str]:
    weak = [goal for goal in goal_support(run.records, run.catalogue) if goal.right < FEW]
    if not weak:
        return []
    named = ", ".join(f"{goal.goal} ({goal.right})" for goal in weak)
    return [f"Zu wenige Fälle (unter {FEW}) für ein Urteil über: {named}"]


def entries_table(records: Sequence[Record]) -> str:
    """The entries of the goal profiles that stood behind a first goal: all that misled, and the most useful ones."""
    found = entries(records)
    wrong, right = [e for e in found if e.errors], [e for e in found if not e.errors]
    lines = ["Einträge der Zielprofile hinter dem ersten Ziel", f"{'Fehler':>6} {'Treffer':>7}  Ziel    Eintrag"]
    for entry in wrong + right[:MOST]:
        where = f"  [{', '.join(entry.cases)}]" if entry.errors else ""
        lines.append(f"{entry.errors:>6} {entry.hits:>7}  {entry.goal:<6}  {one_line(entry.text, 60)}{where}")
    rest = len(right) - MOST
    return "\n".join(lines + ([f"… und {rest} weitere Einträge, die nur zu Treffern führten"] if rest > 0 else []))


def _comparison_lines(comparison: Comparison, base: Run) -> list[str]:
    run = comparison.run
    lines = [
        f"Vergleich «{run.name}» mit der Grundeinstellung ({run.catalogue.name}, {run.model})",
        labels_sentence(run),
    ]
    lines.append(f"{'Kennzahl':<16} {'hier':>6} {'Grund':>6} {'Unterschied':>11}  {'95-%-Intervall':<18} Urteil")
    for name, difference in comparison.differences.items():
        lines.append(_difference_line(name, difference, run.metrics[name], base.metrics[name]))
    gained = [flip.case for flip in comparison.flips if flip.gained]
    lost = [flip.case for flip in comparison.flips if not flip.gained]
    lines.append(f"Fälle, die kippen (erstes Ziel richtig): {len(gained)} gewonnen, {len(lost)} verloren")
    lines += [f"  gewonnen: {', '.join(gained)}"] if gained else []
    lines += [f"  verloren: {', '.join(lost)}"] if lost else []
    return lines


def _changes_lines(comparison: Comparison) -> list[str]:
    """Every text that is assigned otherwise, with what it was and what it would be assigned to."""
    lines = [changes_sentence(comparison)]
    lines += [f"  {goal}: {gained} dazu, {lost} weg" for goal, gained, lost in goal_changes(comparison.changes)]
    for change in comparison.changes:
        lines.append(f"{change.case}: {change.before} → {change.after}{'' if change.judged else '  (ohne Urteil)'}")
        lines.append(f"    {one_line(change.text, 90)}")
    return lines


def comparison_table(comparison: Comparison, base: Run) -> str:
    """One comparison with its figures and every changed assignment."""
    return "\n".join([*_comparison_lines(comparison, base), "", *_changes_lines(comparison)])


def _difference_line(name: str, difference: Difference, here: Figure, there: Figure) -> str:
    return (
        f"{name:<16} {number(here.value):>6} {number(there.value):>6} {signed(difference.value):>11}  "
        f"{interval(difference.ci):<18} {verdict(difference)} ({p_value(difference.p_holm)} nach Holm)"
    )
