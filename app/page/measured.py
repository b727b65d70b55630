"""A finished measurement as staff read it: sentences and shares before figures, doubt beside each, errors to open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.measurements import Measurement
from app.page.confidence import in_full
from app.page.markup import element, escaped
from app.reports import ADDRESS
from eval.errors import COLUMNS
from eval.significance import FEWEST_DIFFERING
from eval.wording import STYLES, variant_name

SPLITS = {
    "test": "Prüfteil: zum Berichten",
    "dev": "Entwicklungsteil: zum Verbessern",
    "all": "Alle Texte",
}
PARTS = {"test": "Prüfteil", "dev": "Entwicklungsteil", "all": "alle Texte"}
COMPARISONS = ("labels=off", "profiles=off", "channel=wort", "channel=sinn", "baseline=tfidf-titles")
DECIDED_COMPARISON = "decided_labels=on"
# What the tiles show: metric, what the software does with so many of 100 texts, the texts in question.
TILES = (
    ("acceptable@1", "Texten bekommen an erster Stelle ein richtiges Ziel", "Texten mit einem Ziel"),
    ("hit@3", "Texten haben das beste Ziel unter den ersten drei", "Texten mit einem Ziel"),
    ("area_accuracy", "Texten kommen in den richtigen Produktbereich", "Texten mit einem Ziel"),
    ("no_goal_found", "Texten ohne Ziel werden als solche erkannt", "Texten ohne Ziel"),
)
FEW = 30
MOST_ERRORS = 60
DOWNLOADS = {
    "bericht.html": "Bericht (HTML)",
    "bericht.json": "Zahlen (JSON)",
    "fehler.xlsx": "Fehler (XLSX)",
    "fehler.csv": "Fehler (CSV)",
}


def title_of(measurement: Measurement) -> str:
    """How a measurement is called in the list."""
    first = measurement.record["metrics"]["acceptable@1"]["value"]
    share = "–" if first is None else f"{100 * first:.0f} von 100"
    return f"{measurement.at:%d.%m.%Y %H:%M}, {_set(measurement)}, {PARTS[measurement.record['split']]}: {share}"


def nothing_html() -> str:
    """In place of a result before the first measurement."""
    steps = (
        "Prüfsatz und Teil wählen; mit «Messen» beantwortet die Software alle Texte neu",
        "Hier steht dann, wie oft sie richtig lag, wie sicher diese Zahl ist, und wo sie irrte",
        "Ein Vergleich zeigt, was ein anderes Modell oder eine andere Einstellung ändern würde",
    )
    listed = element("ol", *(element("li", escaped(step)) for step in steps))
    return element("div", element("h2", "Noch nichts gemessen"), listed, class_="leer")


def measured_html(measurement: Measurement) -> str:
    """Head, tiles, comparisons, the way to the report and its files, and the cases with errors."""
    record = measurement.record
    tiles = [_tile(record["metrics"][name], words, among) for name, words, among in TILES]
    compared = [_comparison(item) for item in record["comparisons"]]
    parts = [
        _head(measurement),
        element("ul", *tiles, class_="kacheln"),
        _honest(record),
        element("section", element("h3", "Im Vergleich"), *compared, class_="vergleiche") if compared else "",
        _files(measurement),
        _errors(measurement),
    ]
    return element("article", *parts, class_="antwort gemessen")


def _set(measurement: Measurement) -> str:
    return "Entscheidungen" if "-entscheidungen" in measurement.record["set"] else "Prüfsatz"


def _head(measurement: Measurement) -> str:
    record = measurement.record
    labels = record["labels"]
    learned = f"gelernt aus {labels['n']} beurteilten Texten" if labels["used"] else "ohne beurteilte Texte"
    if labels["decided"]:
        learned += f", davon {labels['decided']} Entscheidungen"
    if labels["crossfitted"]:
        learned += f"; {labels['crossfitted']} davon geprüft, ohne ihre eigene Beurteilung zu kennen"
    facts = (
        f"{_set(measurement)}, {PARTS[record['split']]}: {record['n']} Texte. Katalog {record['catalogue']}, Modell "
        f"{record['model']}, {learned}. Gemessen von {measurement.by} in {measurement.seconds:.0f} Sekunden."
    )
    return element(
        "div",
        element("h2", f"Messung vom {measurement.at:%d.%m.%Y, %H:%M} Uhr"),
        element("p", escaped(facts), class_="leise"),
        class_="zustand",
    )


def _tile(figure: dict[str, Any], words: str, among: str) -> str:
    if figure["value"] is None:
        none = element("span", escaped(f"Darüber, wie viele {words}, lässt sich nichts sagen: Es fehlen Texte dafür."))
        return element("li", element("strong", "–"), none, class_="kachel")
    value = f"{100 * figure['value']:.0f}"
    low, high = (f"{100 * end:.0f}" for end in figure["ci"]) if figure["ci"] else ("–", "–")
    few = " Das sind wenige: ein grober Anhaltspunkt." if figure["n"] < FEW else ""
    doubt = f"Mit 95 % Sicherheit zwischen {low} und {high}; gemessen an {figure['n']} {among}.{few}"
    parts = (
        element("strong", value, element("span", " von 100")),
        element("span", escaped(words), class_="worte"),
        _span(figure["value"], figure["ci"]),
        element("span", escaped(doubt), class_="leise"),
    )
    return element("li", *parts, class_="kachel")


def _span(value: float, ci: Sequence[float] | None) -> str:
    """The interval as a bar on a line from 0 to 100, with a mark at the value; the words beside say the same."""
    low, high = ci or (value, value)
    bar = element("span", "", class_="bereich", style=f"left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%")
    mark = element("span", "", class_="wert", style=f"left:{100 * value:.1f}%")
    return element("span", bar, mark, class_="spanne", aria_hidden="true")


def _honest(record: dict[str, Any]) -> str:
    if "-entscheidungen" in record["set"]:
        sentence = (
            "Die Urteile sind Entscheidungen, die mit dem Vorschlag vor Augen getroffen wurden. Wer einen Vorschlag sieht, "
            "folgt ihm eher; die Zahlen fallen deshalb zu gut aus."
        )
    elif record["split"] == "dev":
        sentence = "Auf diesem Teil wurde die Software eingestellt; was zu berichten ist, sagt der Prüfteil."
    else:
        sentence = "Diese Zahlen sind zum Berichten. Wer Profile nach den Fehlern unten ändert, braucht für ehrliche Zahlen neue Prüftexte."
    return element("p", escaped(sentence), class_="vermerk")


def _comparison(item: dict[str, Any]) -> str:
    parts = [element("h4", escaped(variant_name(item["name"]))), element("p", escaped(_verdict(item)))]
    changed = len(item["changes"])
    others = (
        f"{changed} von {item['answered']} Texten würden anders zugeordnet."
        if changed
        else "Kein Text würde anders zugeordnet."
    )
    return element("div", *parts, element("p", escaped(others), class_="leise"))


def _verdict(item: dict[str, Any]) -> str:
    """What the comparison says about the first goal, in words."""
    difference, here = item["differences"].get("acceptable@1"), item["metrics"]["acceptable@1"]["value"]
    if difference is None or here is None:
        return "Kein Text, an dem sich beides vergleichen ließe."
    lead = f"Ein richtiges Ziel zuerst in {100 * here:.0f} von 100"
    if difference["significant"]:
        word = "besser" if difference["difference"] > 0 else "schlechter"
        return f"{lead}: {word} um {abs(100 * difference['difference']):.0f}, und das ist kein Zufall."
    if not difference["differing"]:
        return f"{lead}: in allen {difference['n']} Texten gleich richtig oder falsch."
    more = difference["labels_needed"]
    about = "Sehr grob geschätzt" if difference["differing"] < FEWEST_DIFFERING else "Etwa"
    settle = f" {about} {more} weitere beurteilte Texte könnten ihn klären." if more else ""
    return f"{lead}. Ein Unterschied ist mit {difference['n']} Texten nicht nachweisbar.{settle}"


def _files(measurement: Measurement) -> str:
    at = f"./{ADDRESS}/{measurement.number}"
    whole = element("a", "Ganzen Bericht lesen", href=at, class_="knopf")
    links = [element("li", element("a", text, href=f"{at}/{name}", download=True)) for name, text in DOWNLOADS.items()]
    text = "Der Bericht enthält alle Kennzahlen mit Intervallen, jedes Ziel, Verwechslungen und Schaubilder; er lässt sich drucken."
    parts = (element("p", whole), element("p", text, class_="leise"), element("ul", *links, class_="dateien"))
    return element("section", element("h3", "Bericht und Dateien"), *parts)


def _errors(measurement: Measurement) -> str:
    rows = measurement.errors()
    heading = element("h3", "Fälle mit Fehlern")
    if not rows:
        return element("section", heading, element("p", "Kein Fall mit einem Fehler."))
    told = f"{len(rows)} von {measurement.record['n']} Texten"
    if len(rows) > MOST_ERRORS:
        told += f"; gezeigt werden die ersten {MOST_ERRORS}, die Dateien enthalten alle"
    shown = "".join(_error(row) for row in rows[:MOST_ERRORS])
    return element(
        "section", heading, element("p", f"{told}.", class_="leise"), element("div", shown, class_="katalog")
    )


def _error(row: dict[str, Any]) -> str:
    row = {name: row.get(name) for name in COLUMNS}
    start = " ".join(str(row["text"]).split())
    short = start if len(start) <= 90 else start[:90].rsplit(" ", 1)[0] + " …"
    name = element("span", element("span", escaped(str(row["id"])), class_="kennung"), " ", escaped(short))
    summary = element("summary", name, element("span", escaped(str(row["fehler"])), class_="status"))
    facts = {
        "Text": row["text"],
        "Textart": STYLES.get(str(row["textart"]), str(row["textart"])),
        "Richtig": _goal(row["richtig"], row["richtig_titel"]) or "kein Ziel eines Produktbereichs",
        "Auch richtig": ", ".join(str(row[key]) for key in ("auch_richtig", "gesamtstaedtisch") if row[key]),
        "Genannt": _named(row),
        "Dafür sprach": _clue(row["fundstelle"], row["irrefuehrender_eintrag"]),
        "Rang des richtigen": row["rang_des_richtigen"],
        "Für das richtige sprach": _clue(row["fundstelle_des_richtigen"], row["eintrag_des_richtigen"]),
    }
    listed = [element("dt", name) + element("dd", escaped(str(value))) for name, value in facts.items() if value]
    return element("details", summary, element("div", element("dl", *listed), class_="profil"))


def _goal(identity: Any, title: Any) -> str:
    return f"{identity} {title}".strip() if identity else ""


def _named(row: dict[str, Any]) -> str:
    said = row["sicherheit"]
    certain = f" ({in_full(said)})" if isinstance(said, float) else ""
    return f"{_goal(row['genannt'], row['genannt_titel'])}{certain}"


def _clue(text: Any, entry: Any) -> str:
    return f"im Text „{text}“, ähnlich dem Eintrag „{entry}“" if entry else ""
