"""The texts a benchmark is timed on: a short and a long one that never change, and a mixture of a city's own."""

from __future__ import annotations

from collections.abc import Sequence

from data.catalogue import Catalogue
from data.labelled import LabelledCase

SHORT = (
    "Der Sportverein möchte auf dem Gelände der Grundschule einen neuen offenen Bewegungspark mit Kletterwand, Laufbahn und "
    "Sitzplätzen errichten, den Kinder, Jugendliche und ältere Menschen aus dem Stadtteil auch am Wochenende kostenlos "
    "nutzen können."
)
"""33 words: what people type or paste into the field."""

LONG = (
    "Mit dem Vorhaben soll das leer stehende Bahnhofsgebäude im Westen der Stadt zu einem Haus der Begegnung umgebaut "
    "werden. Im Erdgeschoss entstehen ein Café, das von Menschen mit Behinderung geführt wird, und ein großer Saal für "
    "Konzerte, Lesungen und Versammlungen der Vereine. Das Obergeschoss erhält Werkräume, in denen Handwerksbetriebe "
    "junge Leute ohne Abschluss auf eine Ausbildung vorbereiten, dazu zwei Büros für Gründerinnen und Gründer, die "
    "im ersten Jahr keine Miete zahlen. Alle Räume werden über einen Aufzug und breite Türen erreichbar sein. Das Dach "
    "wird gedämmt und trägt eine Anlage für Sonnenstrom; geheizt wird mit einer Wärmepumpe. Auf dem Vorplatz "
    "verschwinden vierzig Stellplätze für Autos. An ihrer Stelle werden Bäume gepflanzt, Bänke aufgestellt und "
    "überdachte Abstellanlagen für Fahrräder gebaut, sodass der Umstieg zwischen Bus, Bahn und Rad leichter wird. "
    "Anwohnerinnen und Anwohner haben die Pläne in drei Werkstätten mitentwickelt und werden auch den späteren Betrieb in "
    "einem Beirat begleiten. Die Stadt stellt das Grundstück bereit und übernimmt die Leitung des Umbaus. Eine "
    "gemeinnützige Genossenschaft pachtet das Haus für fünfundzwanzig Jahre, beschäftigt sechs Menschen und rechnet im "
    "dritten Jahr mit einem ausgeglichenen Ergebnis. Nach zwei Jahren prüft eine Hochschule, wie sich das Viertel verändert "
    "hat und wen die neuen Angebote erreichen."
)
"""200 words: a page of an application. An English tokenizer makes 480 pieces of it, of which a model reads the first 256."""


def mixed(catalogue: Catalogue, cases: Sequence[LabelledCase], n: int) -> list[str]:
    """`n` texts of all lengths: labelled ones and entries of the catalogue by turns, spread evenly over both.

    Fewer distinct texts than `n` are repeated.
    """
    entries = [
        text for goal in catalogue.goals for text in (goal.title, goal.meaning, *goal.terms, *goal.examples) if text
    ]
    labelled = _spread([case.text for case in cases] or entries, n - n // 2)
    profiles = _spread(entries, n // 2)
    return [text for pair in zip(labelled, profiles, strict=False) for text in pair] + labelled[len(profiles) :]


def _spread(texts: Sequence[str], n: int) -> list[str]:
    """`n` texts at even distances over all of them."""
    return [texts[place * len(texts) // n] for place in range(n)]
