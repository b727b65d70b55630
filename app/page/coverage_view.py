"""The coverage of the goals as HTML: figures, a bar for each product area, the goals without a project, every goal, and
the pairs of projects that may be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.coverage import FoundPair, Overlaps
from app.page.cards import catalogue_address
from app.page.markup import element, escaped, spoken
from data.catalogue import Catalogue
from data.errors import grouped
from eval.coverage import Coverage, GoalCoverage, Recognition
from index.overlap import LIKE_FROM

MOST_NAMED = 20  # projects listed below a goal
CITYWIDE = "Gesamtstädtische Ziele"
Known = Mapping[str, Recognition] | None
MEASURED = "2 von 1.414 Paaren verschiedener Projekte und 28 von 30 umformulierte Fassungen desselben Projekts"
NOT_DECIDED = (
    "Das sind Vorschläge der Software für die Zeilen Ihrer Tabelle. Niemand hat sie entschieden, und sie werden nicht "
    "gespeichert."
)
NO_DECISIONS = "Es ist noch nichts entschieden. Entscheidungen entstehen unter «Zuordnen», «Stapel» und «Assistent»."


def coverage_html(covered: Coverage, catalogue: Catalogue, known: Known, suggested: bool, announced: bool) -> str:
    """The coverage; `suggested` says that it rests on the software's suggestions, `announced` that it is spoken."""
    parts = [element("p", NOT_DECIDED, class_="hinweise nicht-entschieden")] if suggested else []
    undecided = not covered.projects and not suggested
    if undecided:
        parts.append(element("p", NO_DECISIONS, class_="leer"))
    else:
        parts += [_figures(covered), _chart(covered, catalogue), _unserved(covered, known)]
    if known is not None or not undecided:  # what was measured is shown even so
        groups = _groups(covered, catalogue)
        parts += [_group(covered, identity, name, lines, known) for identity, name, lines in groups]
    served = len(covered.goals) - len(covered.unserved)
    sentence = NO_DECISIONS if undecided else f"{served} von {len(covered.goals)} Zielen haben mindestens ein Projekt."
    return element("div", *parts, class_="abdeckung", data_ansage=sentence if announced else None)


def _figures(covered: Coverage) -> str:
    served = len(covered.goals) - len(covered.unserved)
    figures = [
        (grouped(len(covered.projects)), "Projekt" if len(covered.projects) == 1 else "Projekte"),
        (f"{served} von {len(covered.goals)}", "Zielen mit Projekt"),
        (str(len(covered.unserved)), "Ziel ohne Projekt" if len(covered.unserved) == 1 else "Ziele ohne Projekt"),
        (grouped(covered.without_goal), "Projekt ohne Ziel" if covered.without_goal == 1 else "Projekte ohne Ziel"),
    ]
    listed = (element("li", element("strong", value), " ", element("span", name)) for value, name in figures)
    unknown = ""
    if covered.unknown:
        names = escaped(", ".join(covered.unknown[:10]))
        unknown = element("p", f"Nicht gezählt, weil der Zielkatalog sie nicht mehr kennt: {names}", class_="leise")
    return element("ul", *listed, class_="kennzahlen") + unknown


def _groups(covered: Coverage, catalogue: Catalogue) -> list[tuple[str, str, tuple[GoalCoverage, ...]]]:
    groups = [(str(area.id), area.title, covered.of_area(area.id)) for area in catalogue.areas]
    groups.append(("★", CITYWIDE, covered.of_area(None)))
    return [group for group in groups if group[2]]


def _chart(covered: Coverage, catalogue: Catalogue) -> str:
    """One bar for each group, as long as the share of its goals that have a project; the figure stands beside it."""
    lines = []
    for identity, name, goals in _groups(covered, catalogue):
        served = sum(line.served for line in goals)
        figure = f"{served} von {len(goals)}"
        label = element("span", _number(identity), " ", escaped(name), class_="name")
        lines.append(element("li", label, element("span", figure, class_="wert"), _bar(served, len(goals))))
    caption = element("h2", "Ziele mit mindestens einem Projekt")
    return element("section", caption, element("ul", *lines, class_="balkenreihe"))


def _number(identity: str) -> str:
    citywide = identity == "★"
    return element("span", escaped(identity), class_="nummer", aria_hidden="true" if citywide else None)


def _bar(value: int, most: int) -> str:
    share = round(100 * value / max(1, most))
    return element("span", element("span", style=f"width:{share}%"), class_="balken", aria_hidden="true")


def _unserved(covered: Coverage, known: Known) -> str:
    """The goals without a project, those first of which the software can say that there is none."""
    if not covered.unserved:
        return ""
    sure: list[GoalCoverage] = []
    weak: list[GoalCoverage] = []
    unsure: list[GoalCoverage] = []
    for line in covered.unserved:
        measured = (known or {}).get(line.goal.id)
        (unsure if measured is None or measured.few else weak if measured.weak else sure).append(line)
    kinds = (
        (sure, "Kein Projekt", "Die Software erkennt Projekte dieser Ziele; es liegt keines vor."),
        (
            weak,
            "Kein Projekt, aber schwach erkannt",
            "Projekte dieser Ziele schlägt die Software zu selten vor. Es kann welche geben, die sie übersehen hat.",
        ),
        (
            unsure,
            "Kein Projekt, Erkennung unbekannt",
            "Ob die Software Projekte dieser Ziele erkennt, ist nicht oder an zu wenigen Beispielen gemessen.",
        ),
    )
    boxes = [
        element("div", element("h3", name), element("p", note, class_="leise"), _goal_list(lines, known))
        for lines, name, note in kinds
        if lines
    ]
    return element("section", element("h2", "Ziele ohne Projekt"), *boxes, class_="ohne-projekt")


def _goal_list(lines: Sequence[GoalCoverage], known: Known) -> str:
    rows = (element("li", _link(line), " ", escaped(line.goal.title), " ", _recognised(line, known)) for line in lines)
    return element("ul", *rows)


def _link(line: GoalCoverage) -> str:
    label = f"{line.goal.id} im Zielkatalog"
    return element("a", escaped(line.goal.id), href=catalogue_address(line.goal.id), class_="kennung", aria_label=label)


def _recognised(line: GoalCoverage, known: Known) -> str:
    measured = (known or {}).get(line.goal.id)
    if known is None:
        return ""
    if measured is None:
        return element("span", "nicht gemessen", class_="leise erkennung")
    if measured.few:
        return element("span", f"zu wenige Beispiele, n = {measured.cases}", class_="leise erkennung")
    low, high = measured.interval or (0.0, 1.0)
    words = f"in {measured.suggested} von {measured.cases} Beispielen vorgeschlagen"
    span = f" ({100 * low:.0f} bis {100 * high:.0f} %)"
    weak = element("strong", "schwach: ") if measured.weak else ""
    return element("span", weak, words, element("span", span, class_="leise"), class_="erkennung")


def _group(covered: Coverage, identity: str, name: str, lines: Sequence[GoalCoverage], known: Known) -> str:
    most = max((len(line.projects) for line in covered.goals), default=0)
    # The roles stay said where a narrow screen shows each row as a block of its own.
    names = ("Ziel", "Projekte", *(["Erkennung"] if known is not None else []))
    titles = (element("th", title, scope="col", role="columnheader") for title in names)
    head = element("tr", *titles, role="row")
    rows = (
        element(
            "tr",
            element("th", _link(line), " ", escaped(line.goal.title), scope="row", role="rowheader"),
            element("td", _count(covered, line), _bar(len(line.projects), most), role="cell"),
            element("td", _recognised(line, known), role="cell") if known is not None else "",
            role="row",
        )
        for line in lines
    )
    caption = element("caption", f"Projekte je Ziel: {escaped(name)}", class_="nur-gesprochen")
    table = element(
        "table",
        caption,
        element("thead", head, role="rowgroup"),
        element("tbody", *rows, role="rowgroup"),
        role="table",
    )
    return element("section", element("h2", _number(identity), " ", escaped(name)), table)


def _count(covered: Coverage, line: GoalCoverage) -> str:
    count = len(line.projects)
    if not count:
        return element("span", "kein Projekt", class_="status fehlt")
    named = [covered.projects[position] for position in line.projects[:MOST_NAMED]]
    listed = [element("li", escaped(_short(f"{project.key} {project.title}"))) for project in named]
    if count > MOST_NAMED:
        listed.append(element("li", f"und {grouped(count - MOST_NAMED)} weitere"))
    told = element("summary", "ein Projekt" if count == 1 else f"{grouped(count)} Projekte")
    return element("details", told, element("ul", *listed))


def overlaps_html(found: Overlaps, catalogue: Catalogue) -> str:
    """The pairs that are shown, and what they rest on."""
    told = _pairs(found.found)
    if found.found > len(found.shown):
        told = f"Die ähnlichsten {len(found.shown)} von {told}"
    basis = (
        f"Verglichen: {_projects(found.compared)} mit Text und Ziel, {grouped(found.pairs)} Paare mit einem gemeinsamen "
        f"Ziel. Gezeigt wird ein Paar ab einer Ähnlichkeit von {_decimal(LIKE_FROM)}, dem Mittel aus gleichen Wörtern und "
        f"gleicher Bedeutung. Zur Einordnung: Mit dem mitgelieferten Sprachmodell erreichten diesen Wert {MEASURED}. "
        "Ob es eine Doppelförderung ist, zeigt erst der Vergleich der Anträge."
    )
    notes = [element("p", escaped(basis), class_="leise")]
    if found.left_out:
        note = f"{_projects(found.left_out)} blieben außen vor; verglichen werden höchstens {grouped(found.compared)}."
        notes.append(element("p", note, class_="hinweise"))
    listed = element("ol", *(_pair(pair, catalogue) for pair in found.shown), class_="paare") if found.shown else ""
    heading = element("h2", "Mögliche Überschneidungen", id="paare-titel")
    return element("section", heading, element("p", element("strong", f"{told}.")), *notes, listed, class_="abdeckung")


def pairs_sentence(found: Overlaps) -> str:
    """What is announced when the search is over."""
    return f"Fertig: {_pairs(found.found)}."


def _pairs(count: int) -> str:
    return {0: "Kein auffälliges Paar", 1: "Ein auffälliges Paar"}.get(count, f"{grouped(count)} auffällige Paare")


def _projects(count: int) -> str:
    return "ein Projekt" if count == 1 else f"{grouped(count)} Projekte"


def _pair(pair: FoundPair, catalogue: Catalogue) -> str:
    overlap = pair.overlap
    titles = {goal: catalogue.by_id[goal].title for goal in sorted(overlap.goals) if goal in catalogue.by_id}
    goals = ", ".join(f"{goal} {title}" for goal, title in titles.items())
    figures = (
        f"Ähnlichkeit {_decimal(overlap.likeness)} (Wörter {_decimal(overlap.words)}, Bedeutung "
        f"{_decimal(overlap.meaning)})"
    )
    sides = [
        element(
            "div",
            element("h3", escaped(_short(f"{project.key} {project.title}".strip()))),
            element("p", spoken("Stelle: "), element("q", escaped(_short(passage.text, 300)))),
        )
        for project, passage in zip((pair.first, pair.second), pair.passages, strict=True)
    ]
    told = element("p", element("strong", figures), " · gemeinsam: ", escaped(goals), class_="leise")
    return element("li", element("div", *sides, class_="nebeneinander"), told)


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _short(text: str, longest: int = 120) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else words[:longest].rsplit(" ", 1)[0] + " …"
