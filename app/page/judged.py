"""The judged texts: how many there are, where they come from, and what taking decisions over has done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.decisions.labels import Import
from app.page.markup import element, escaped
from data.labelled import LabelledCase

MOST_ASIDE = 20


@dataclass(frozen=True)
class Judged:
    """`since` decisions were made or changed after `at`, when decisions were last taken over; `learned`: the settings
    have the software learn from those in dev."""

    shipped: Sequence[LabelledCase]
    decided: Sequence[LabelledCase]
    at: datetime | None
    since: int
    learned: bool


def judged_html(judged: Judged) -> str:
    """The table of the sets, and what stands to be taken over."""
    head = ("Herkunft", "Texte", "davon Entwicklung (dev)", "davon Prüfung (test)")
    rows = [("Mitgelieferter Prüfsatz", judged.shipped), ("Eigene Entscheidungen", judged.decided)]
    top = element("tr", *(element("th", escaped(name), scope="col") for name in head))
    body = "".join(_row(name, cases) for name, cases in rows)
    table = element("table", element("thead", top), element("tbody", body))
    return element(
        "section",
        element("h2", "Beurteilte Texte", id="texte-titel"),
        element("div", table, class_="tabelle", role="region", tabindex="0", aria_labelledby="texte-titel"),
        element("p", escaped(_waiting(judged))),
        element("p", escaped(_use(judged)), class_="leise"),
        class_="texte",
    )


def _row(name: str, cases: Sequence[LabelledCase]) -> str:
    n_test = sum(case.split == "test" for case in cases)
    counts = (len(cases), len(cases) - n_test, n_test)
    return element("tr", element("th", escaped(name), scope="row"), *(element("td", str(count)) for count in counts))


def _waiting(judged: Judged) -> str:
    if judged.at is None:
        if not judged.since:
            return (
                "Es ist noch nichts entschieden. Gespeicherte Entscheidungen können hier zu beurteilten Texten werden."
            )
        return f"Bisher {_decisions(judged.since)} gespeichert; übernommen wurde noch keine."
    when = f"{judged.at.astimezone():%d.%m.%Y, %H:%M} Uhr"
    if not judged.since:
        return f"Zuletzt übernommen am {when}; seither ist nichts neu entschieden."
    return f"Zuletzt übernommen am {when}; seither {_decisions(judged.since)} neu oder geändert."


def _decisions(n: int) -> str:
    return "ist eine Entscheidung" if n == 1 else f"sind {n} Entscheidungen"


def _use(judged: Judged) -> str:
    learned = (
        "Die Software lernt aus denen im Entwicklungsteil; ihre Texte können als Beleg angezeigt werden."
        if judged.learned
        else "Die Software lernt nicht daraus; das lässt sich mit der Einstellung decided_labels ändern."
    )
    return (
        "Jede Entscheidung bleibt in dem Teil, in den sie einmal gekommen ist. Werden die Texte eines Projekts gelöscht, "
        f"verschwindet auch sein beurteilter Text. {learned}"
    )


def taken_html(done: Import) -> str:
    """What taking over has done, with the decisions that were left aside and why."""
    listed = [
        element("li", escaped(f"Projekt {project}: {reason}"))
        for project, reason in list(done.aside.items())[:MOST_ASIDE]
    ]
    if len(done.aside) > MOST_ASIDE:
        listed.append(element("li", f"und {len(done.aside) - MOST_ASIDE} weitere"))
    parts = [element("p", escaped(done.sentence()))]
    if listed:
        parts += [element("h3", "Nicht übernommen"), element("ul", *listed, class_="punkte")]
    return element("div", *parts, class_="zustand", data_ansage=done.sentence())
