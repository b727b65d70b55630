"""German words for figures, for the terminal and the report alike."""

from __future__ import annotations

from eval.comparison import Difference
from eval.evaluation import Comparison, Evaluation, Run
from eval.intervals import Interval
from eval.significance import FEWEST_DIFFERING

STYLES = {
    "short": "kurz",
    "medium": "mittel",
    "long": "lang",
    "citywide": "nur gesamtstädtisch",
    "none": "ohne Ziel",
}
SHORT = {
    "hit@1": "bestes Ziel zuerst",
    "acceptable@1": "richtiges Ziel zuerst",
    "hit@3": "unter den ersten drei",
    "mrr": "Kehrwert des Rangs",
    "area_accuracy": "Bereich richtig",
}
SPLITS = {"dev": "Entwicklung (dev)", "test": "Prüfung (test)", "all": "alle Fälle"}

VARIANTS = {
    "labels=off": "Ohne Beurteilungen, allein aus den Zielprofilen",
    "profiles=off": "Ohne Zielprofile, allein mit den Titeln der Ziele",
    "channel=wort": "Nur gleiche Wörter",
    "channel=sinn": "Nur ähnliche Bedeutung",
    "baseline=tfidf-titles": "Einfacher Buchstabenvergleich mit den Titeln (TF-IDF)",
    "baseline=english-titles": "Englisches Sprachmodell, allein mit den Titeln der Ziele",
    "decided_labels=on": "Auch aus den eigenen Entscheidungen gelernt",
}
_KEYS = {"model": "Mit dem Sprachmodell", "catalogue": "Mit dem Zielkatalog"}


def variant_name(assignment: str) -> str:
    """What is compared, in words where there are some: ``profiles=off`` → ``Ohne Zielprofile, …``."""
    key, _, value = assignment.partition("=")
    return VARIANTS.get(assignment) or (f"{_KEYS[key]} «{value}»" if key in _KEYS else assignment)


def number(value: float | None, digits: int = 3) -> str:
    """With a decimal comma; a dash where there is no value."""
    return "–" if value is None else f"{value:.{digits}f}".replace(".", ",").replace("-", "−")


def signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


def interval(ci: Interval | None, digits: int = 3) -> str:
    return "–" if ci is None else f"{number(ci[0], digits)} bis {number(ci[1], digits)}"


def with_interval(value: float | None, ci: Interval | None) -> str:
    """``0,86 (0,60 bis 0,96)``; a dash where there is no value."""
    return number(value) if value is None or ci is None else f"{number(value, 2)} ({interval(ci, 2)})"


def p_value(p: float) -> str:
    return "p < 0,001" if p < 0.001 else f"p = {number(p)}"


def labels_sentence(run: Run) -> str:
    """Whether the figures of a run rest on labelled texts, and how they were kept apart."""
    if not run.labels:
        return "Ohne beurteilte Texte: Zuordnung und Sicherheiten allein aus dem Zielkatalog."
    sentence = f"Gelernt aus {run.labels} beurteilten Texten (dev)"
    if run.decided:
        sentence += f", davon {run.decided} aus eigenen Entscheidungen"
    if not run.crossfitted:
        return f"{sentence}; keiner davon ist unter den geprüften."
    return f"{sentence}; {run.crossfitted} geprüfte Fälle wurden über Kreuz beurteilt, ohne ihre eigene Beurteilung zu kennen."


def judges_sentence(evaluation: Evaluation) -> str:
    """Who judged the texts, and what that means for the figures; empty where nothing is known of them."""
    decided = sum(record.case.decided for record in evaluation.run.records)
    if decided:
        return (
            f"{'Alle' if decided == len(evaluation.run.records) else decided} Beurteilungen sind Entscheidungen, die mit dem "
            "Vorschlag der Software vor Augen getroffen wurden. Wer einen Vorschlag sieht, folgt ihm eher: Die Zahlen fallen "
            "deshalb zu gut aus und sagen vor allem, wie oft die Software überstimmt wurde."
        )
    if evaluation.set == f"{evaluation.run.catalogue.id}.jsonl":
        return "Die Beurteilungen stammen von einer Person; die gesamtstädtischen Ziele sind ihr unsicherster Teil."
    return ""


def verdict(difference: Difference) -> str:
    """One sentence on a difference."""
    if difference.significant:
        return "besser" if difference.value > 0 else "schlechter"
    n = difference.n
    if not difference.differing:
        return f"gleich in allen {n} Fällen"
    sentence = f"Unterschied nicht nachweisbar bei n = {n}"
    if difference.detectable is not None:
        sentence += f" (nachweisbar wären etwa {100 * difference.detectable:.0f} Prozentpunkte)"
    if difference.labels_needed:
        few = difference.differing < FEWEST_DIFFERING
        doubt = f", sehr grob geschätzt aus {counted(difference.differing, 'Fall', 'Fällen')}," if few else ""
        sentence += f"; {difference.labels_needed} weitere beurteilte Texte könnten ihn{doubt} klären"
    return sentence


def counted(n: int, one: str, many: str) -> str:
    """``1 Fall``, ``3 Fällen``."""
    return f"{n} {one if n == 1 else many}"


def changes_sentence(comparison: Comparison) -> str:
    """How many texts would be assigned otherwise, and how many of them first of all to another goal."""
    n, changed = comparison.answered, comparison.changes
    if not changed:
        return f"Keiner der {n} Texte würde anders zugeordnet."
    first = sum(change.first_differs for change in changed)
    unjudged = sum(not change.judged for change in changed)
    sentence = f"{len(changed)} von {n} Texten würden anders zugeordnet, davon {first} mit einem anderen ersten Ziel"
    if unjudged:
        sentence += (
            f"; {unjudged} davon nennen Ziele, die nur einer der beiden Kataloge hat, und zählen in keiner Kennzahl"
        )
    return f"{sentence}."
