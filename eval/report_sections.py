"""The sections of the report: each makes HTML of an evaluation, empty where there is nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from eval.answer_changes import goal_changes
from eval.errors import confusions, goal_support, wrong_cases
from eval.evaluation import FEW, Comparison, Evaluation, Run, sliced
from eval.figures import HEADLINE, METRICS, figures
from eval.metrics import perfect_calibration_error, reliability, risk_coverage
from eval.plots import Dot, coverage_steps, intervals_plot, reliability_plot, risk_coverage_plot
from eval.report_table import Cell, scrolled, table
from eval.run import Record
from eval.wording import (
    SHORT,
    STYLES,
    changes_sentence,
    interval,
    judges_sentence,
    labels_sentence,
    number,
    p_value,
    signed,
    variant_name,
    verdict,
    with_interval,
)


def result_section(evaluation: Evaluation) -> str:
    run = evaluation.run
    dots = [Dot(SHORT[name], run.metrics[name].value, run.metrics[name].ci) for name in HEADLINE]
    rows = [
        (
            metric.title + (" (kleiner ist besser)" if metric.lower else ""),
            number(run.metrics[name].value),
            interval(run.metrics[name].ci),
            run.metrics[name].n,
            name,
        )
        for name, metric in METRICS.items()
    ]
    listed = table(
        "Alle Kennzahlen mit 95-%-Intervall", ("Kennzahl", "Wert", "Intervall", "Fälle", "Name im JSON"), rows, 1
    )
    return (
        _in_words(run)
        + reading_aid()
        + intervals_plot(dots, "Hauptkennzahlen mit 95-%-Intervall")
        + listed
        + _human(evaluation)
        + _since(evaluation)
    )


# What the first paragraph says: metric, before the number, after it.
_SENTENCES = (
    ("acceptable@1", "Von 100 Texten mit einem Ziel nennt die Software bei etwa", "an erster Stelle ein richtiges"),
    ("hit@3", "Das beste Ziel steht bei etwa", "von 100 unter den ersten drei"),
    ("area_accuracy", "Der Produktbereich stimmt bei etwa", "von 100"),
    ("no_goal_found", "Von 100 Texten, zu denen kein Ziel passt, erkennt sie etwa", "als solche"),
    ("citywide_precision", "Von 100 gesamtstädtischen Zielen, die sie vorschlägt, sind etwa", "richtig"),
)


def _in_words(run: Run) -> str:
    """The figures that matter most as sentences, each with its interval."""
    items = []
    for name, before, after in _SENTENCES:
        figure = run.metrics[name]
        if figure.value is None:
            continue
        doubt = ""
        if figure.ci:
            doubt = (
                f" (mit 95 % Sicherheit {100 * figure.ci[0]:.0f} bis {100 * figure.ci[1]:.0f}, aus {figure.n} Texten)"
            )
        items.append(f"<li>{escape(f'{before} {100 * figure.value:.0f} {after}{doubt}.')}</li>")
    return f'<ul class="note">{"".join(items)}</ul>' if items else ""


def reading_aid() -> str:
    """The words of the report for those who see one for the first time, to unfold."""
    terms = {
        "Prüfteil und Entwicklungsteil": "Am Entwicklungsteil (dev) wurde die Software eingestellt und aus ihm hat sie gelernt, am "
        "Prüfteil (test) nie. Nur der Prüfteil sagt, wie gut sie bei neuen Texten ist.",
        "Bestes Ziel, richtiges Ziel": "Zu jedem Text hat eine Person ein bestes Ziel bestimmt und oft weitere, die auch richtig sind.",
        "Intervall": "Gemessen wird an wenigen Texten. Wären es andere gewesen, läge die Zahl woanders; mit 95 % Sicherheit "
        "liegt die wahre Zahl im Intervall. Je weniger Texte, desto breiter.",
        "Genauigkeit und Vollständigkeit": "Genauigkeit: welcher Anteil des Vorgeschlagenen richtig ist. Vollständigkeit: welcher "
        "Anteil des Richtigen vorgeschlagen wurde. F1 fasst beide zusammen.",
        "Kehrwert des Rangs, nDCG": "Steht das beste Ziel an erster Stelle, zählt der Text 1, an zweiter ½, an dritter ⅓. nDCG "
        "zählt ähnlich und berücksichtigt auch die weiteren richtigen Ziele, das beste doppelt.",
        "Nicht nachweisbar": "Der Unterschied zweier Läufe könnte Zufall sein. Das heißt nicht, dass sie gleich gut sind.",
    }
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(words)}</dd>" for term, words in terms.items())
    return f"<details><summary>Die Wörter dieses Berichts</summary><dl>{rows}</dl></details>"


def _human(evaluation: Evaluation) -> str:
    if evaluation.human is None:
        return ""
    rows = [
        (METRICS[name].title, number(figure.value), number(evaluation.run.metrics[name].value), figure.n)
        for name, figure in evaluation.human.items()
    ]
    head = ("Kennzahl", "zweite Person", "Software", "Fälle der Person")
    return table("Die Software neben einer zweiten Person, die dieselben Texte beurteilt hat", head, rows, 1)


def _since(evaluation: Evaluation) -> str:
    if evaluation.since is None:
        return ""
    rows = [
        (SHORT[name], signed(d.value), interval(d.ci), d.n, f"{verdict(d)} ({p_value(d.p_holm)})")
        for name, d in evaluation.since.differences.items()
    ]
    head = ("Kennzahl", "Unterschied", "95-%-Intervall", "Fälle", "Urteil (Holm)")
    return table(f"Seit dem gespeicherten Lauf {evaluation.since.file}", head, rows, 1)


def comparisons_section(evaluation: Evaluation) -> str:
    return "".join(_comparison(comparison, evaluation.run) for comparison in evaluation.comparisons)


def _comparison(comparison: Comparison, base: Run) -> str:
    run = comparison.run
    rows = [
        (
            SHORT[name],
            number(run.metrics[name].value),
            number(base.metrics[name].value),
            signed(difference.value),
            interval(difference.ci),
            difference.n,
            f"{verdict(difference)} ({p_value(difference.p_holm)})",
        )
        for name, difference in comparison.differences.items()
    ]
    name = variant_name(run.name)
    head = ("Kennzahl", "hier", "Grundeinstellung", "Unterschied", "95-%-Intervall", "Fälle", "Urteil (Holm)")
    dots = [Dot(SHORT[name], difference.value, difference.ci) for name, difference in comparison.differences.items()]
    reach = max([0.1, *(abs(end) for dot in dots for end in dot.ci or (dot.value or 0.0,))])
    limit = np.ceil(10 * reach) / 10
    return (
        f"<h3>{escape(name)}</h3><p>Verglichen mit der Grundeinstellung ({escape(base.catalogue.name)}, Modell {escape(base.model)}). "
        f"Hier: Zielkatalog {escape(run.catalogue.name)}, Modell {escape(run.model)}. "
        f"{escape(labels_sentence(run))}</p>"
        + intervals_plot(dots, f"{name}: Unterschied zur Grundeinstellung; rechts von 0 ist besser", -limit, limit)
        + table(f"{name}, neben der Grundeinstellung", head, rows, 1)
        + _flipped(comparison, gained=True)
        + _flipped(comparison, gained=False)
        + _changed(comparison)
    )


def _changed(comparison: Comparison) -> str:
    """What staff would see change, whatever is right: the sentence, and the texts behind it to unfold."""
    sentence = f"<p>{escape(changes_sentence(comparison))}</p>"
    if not comparison.changes:
        return sentence
    goals = table(
        "Ziele, die hier öfter oder seltener vorgeschlagen werden als in der Grundeinstellung",
        ("Ziel", "dazu", "weg"),
        goal_changes(comparison.changes),
        1,
    )
    rows = [
        (change.case, _cut(change.text), str(change.before), str(change.after), "" if change.judged else "ohne Urteil")
        for change in comparison.changes
    ]
    head = ("Fall", "Text", "Grundeinstellung", "hier", "Hinweis")
    texts = table("Texte, die hier anders zugeordnet werden", head, rows, len(head))
    return f"{sentence}<details><summary>Alle geänderten Zuordnungen zeigen</summary>{goals}{texts}</details>"


def _cut(text: str, longest: int = 120) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else f"{words[:longest].rsplit(' ', 1)[0]} …"


def _flipped(comparison: Comparison, gained: bool) -> str:
    found = [flip for flip in comparison.flips if flip.gained is gained]
    if not found:
        return ""
    what = "Hier richtig statt falsch" if gained else "Hier falsch statt richtig"
    named = ", ".join(f"{flip.case} ({flip.first or '–'} → {flip.second or '–'})" for flip in found)
    return f"<p><strong>{what} ({len(found)} Fälle):</strong> {escape(named)}</p>"


def slices_section(evaluation: Evaluation) -> str:
    records = evaluation.run.records
    titles = {str(area.id): f"{area.id} {area.title}" for area in evaluation.run.catalogue.areas}
    return _slice_table("Textart", sliced(records, "style"), lambda value: STYLES.get(value, value)) + _slice_table(
        "Produktbereich", sliced(records, "area"), lambda value: titles.get(value, value)
    )


def _slice_table(heading: str, groups: dict[str, list[Record]], name: Callable[[str], str]) -> str:
    rows: list[tuple[Cell, ...]] = []
    for value, group in groups.items():
        cells = figures(group, HEADLINE, quick=True)
        shown = [with_interval(cells[key].value, cells[key].ci) for key in HEADLINE[:3]]
        rows.append((name(value), len(group), *shown, number(cells["area_accuracy"].value, 2)))
    return table(
        f"Nach {heading}", (heading, "Fälle", *(SHORT[key] for key in (*HEADLINE[:3], "area_accuracy"))), rows, 1
    )


def goals_section(evaluation: Evaluation) -> str:
    run = evaluation.run
    groups = sliced(run.records, "goal")
    quick = {goal: figures(group, ("hit@1",), quick=True)["hit@1"] for goal, group in groups.items()}
    dots = [Dot(f"{goal} (n = {len(groups[goal])})", item.value, item.ci) for goal, item in quick.items()]
    rows = []
    for goal in goal_support(run.records, run.catalogue):
        item = quick.get(goal.goal)
        few = "wenige" if goal.right < FEW else ""
        cells = (number(item.value, 2), interval(item.ci, 2)) if item else ("–", "–")
        rows.append(
            (
                goal.goal,
                run.catalogue.by_id[goal.goal].title,
                goal.primary,
                goal.right,
                *cells,
                goal.found,
                goal.named_wrongly,
                few,
            )
        )
    head = (
        "Ziel",
        "Titel",
        "bestes Ziel in",
        "richtig in",
        "an erster Stelle",
        "95-%-Intervall",
        "gezeigt in",
        "zu Unrecht zuerst",
        "Hinweis",
    )
    plot = intervals_plot(dots, "Bestes Ziel an erster Stelle, je Ziel mit 95-%-Intervall") if dots else ""
    return (
        f"<p>Ein Ziel mit wenigen Fällen (unter {FEW}) sagt fast nichts: Das Intervall ist dann breit. „Gezeigt“ heißt unter den ersten "
        "fünf Zielen, bei gesamtstädtischen unter den ersten drei.</p>" + plot + table("Je Ziel", head, rows, 1)
    )


def confusions_section(evaluation: Evaluation) -> str:
    records = evaluation.run.records
    pairs = confusions(records)
    if not pairs:
        return ""
    rows = [(pair.right, pair.named, len(pair.cases), ", ".join(pair.cases)) for pair in pairs]
    listed = table("Verwechselte Ziele", ("richtig", "genannt", "Fälle", "Kennungen"), rows, 2)
    return listed + _confusion_matrix(records)


def _confusion_matrix(records: Sequence[Record]) -> str:
    with_goal = [record for record in records if record.case.primary and record.first]
    goals = sorted({goal for record in with_goal for goal in (record.case.primary, record.first) if goal})
    counts = {(a, b): 0 for a in goals for b in goals}
    for record in with_goal:
        counts[record.case.primary or "", record.first or ""] += 1
    head = "".join(f'<th scope="col">{escape(goal)}</th>' for goal in goals)
    body = ""
    for right in goals:
        cells = "".join(_matrix_cell(counts[right, named], right == named) for named in goals)
        body += f'<tr><th scope="row">{escape(right)}</th>{cells}</tr>'
    return scrolled(
        "Zeile: bestes Ziel, Spalte: an erster Stelle genannt",
        f'<table><caption>Zeile: bestes Ziel, Spalte: an erster Stelle genannt</caption><thead><tr><th scope="col">Ziel</th>{head}'
        f"</tr></thead><tbody>{body}</tbody></table>",
    )


def _matrix_cell(n: int, right: bool) -> str:
    style = "n hit" if n and right else "n miss" if n else "n"
    return f'<td class="{style}">{n or ""}</td>'


def _certain(records: Sequence[Record]) -> tuple[list[float], list[bool]]:
    known = [(record.confidence, record.first in record.case.acceptable) for record in records]
    return [said for said, _ in known if said is not None], [right for said, right in known if said is not None]


def reliability_section(evaluation: Evaluation) -> str:
    said, right = _certain(evaluation.run.records)
    if not said:
        return ""
    bins = reliability(said, right)
    rows = [
        (
            f"{number(b.low, 1)} bis {number(b.high, 1)}",
            b.n,
            number(b.confidence, 2),
            number(b.frequency, 2),
            number(b.frequency - b.confidence, 2),
        )
        for b in bins
    ]
    floor = perfect_calibration_error(np.array(said))
    return (
        "<p>Sagt die Software „80 %“, sollte das erste Ziel in acht von zehn Fällen richtig sein. Der mittlere Abstand "
        f"(ECE) ist {number(evaluation.run.metrics['ece'].value)}; bei vollkommen richtigen Sicherheiten läge er mit so "
        f"wenigen Fällen durch Zufall bei etwa {number(floor)}.</p>"
        + reliability_plot(bins, "Gesagte Sicherheit und eingetroffener Anteil")
        + table(
            "Sicherheit des ersten Ziels", ("gesagt", "Fälle", "im Mittel gesagt", "eingetroffen", "Abstand"), rows, 1
        )
    )


def risk_coverage_section(evaluation: Evaluation) -> str:
    said, right = _certain(evaluation.run.records)
    if not said:
        return ""
    points = risk_coverage(said, right)
    rows = [
        (number(point.threshold, 2), number(point.coverage, 2), number(point.risk, 2))
        for point in coverage_steps(points)
    ]
    return (
        "<p>Würde die Software nur antworten, wenn sie sich sicher genug ist: Wie viele Texte blieben beantwortet, und "
        "wie viele Antworten davon wären falsch? Texte ohne Ziel zählen als falsch, sobald ein Ziel genannt wird.</p>"
        + risk_coverage_plot(points, "Anteil falscher Antworten nach Anteil der Antworten")
        + table("Fehleranteil nach Mindestsicherheit", ("Sicherheit ab", "beantwortet", "davon falsch"), rows, 1)
    )


def errors_section(evaluation: Evaluation) -> str:
    catalogue = evaluation.run.catalogue
    parts = []
    for wrong in wrong_cases(evaluation.run.records):
        row = wrong.row(catalogue)
        facts = {
            "Richtig": _joined(f"{row['richtig']} {row['richtig_titel']}", row["auch_richtig"], row["gesamtstaedtisch"])
            or "kein Ziel",
            "Genannt": f"{row['genannt']} {row['genannt_titel']} (Sicherheit {number(wrong.record.confidence, 2)})",
            "Dafür sprach": _clue(wrong.misled.text, wrong.misled.entry),
            "Rang des richtigen Ziels": "" if wrong.record.rank is None else str(wrong.record.rank),
            "Für das richtige sprach": _clue(wrong.missed.text, wrong.missed.entry),
        }
        shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value)
        text = wrong.record.case.text
        short = text if len(text) <= 1000 else f"{text[:1000]} …"
        parts.append(
            f"<article><h3>{escape(wrong.record.case.id)}: {escape('; '.join(wrong.kinds))}</h3>"
            f"<blockquote>{escape(short)}</blockquote><dl>{shown}</dl></article>"
        )
    warning = (
        '<p class="note">Diese Fälle gehören zum Prüfteil. Wer Profile oder Einstellungen nach ihnen ausrichtet, misst mit '
        "ihnen danach nicht mehr ehrlich.</p>"
        if evaluation.split != "dev"
        else ""
    )
    return (warning + "".join(parts)) if parts else "<p>Kein Fall mit einem Fehler.</p>"


def _joined(*parts: object) -> str:
    return "; ".join(str(part).strip() for part in parts if str(part).strip())


def _clue(text: str, entry: str) -> str:
    return f"im Text „{text}“, ähnlich dem Profileintrag „{entry}“" if entry else ""


def method_section(evaluation: Evaluation) -> str:
    judged = judges_sentence(evaluation)
    return (
        "<ul><li>Beurteilt sind die fünf Ziele, die jede Antwort zeigt. Kennzahlen zum besten Ziel zählen nur Texte, die eines "
        "haben; Texte ohne Ziel bekommen keine geschenkten Punkte.</li>"
        f"<li>{escape(labels_sentence(evaluation.run))}</li>"
        "<li>Intervalle: 95 %, BCa-Bootstrap über die Fälle (2000 Ziehungen, fester Startwert); für kleine Gruppen und "
        "Anteile von 0 oder 1 nach Wilson, für Unterschiede einfache Perzentile.</li>"
        "<li>Vergleiche: gepaarter Permutationstest über dieselben Fälle, für alle gezeigten Vergleiche gemeinsam nach Holm "
        "berichtigt. „Nicht nachweisbar“ heißt nicht „gleich“.</li>"
        "<li>Wie viele Texte noch fehlen, gilt für eine Macht von 80 % und unter der Annahme, dass der gemessene "
        "Unterschied der wahre ist.</li>" + (f"<li>{escape(judged)}</li>" if judged else "") + "</ul>"
    )
