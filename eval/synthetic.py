"""Made-up project descriptions for load and scale: no city's, no labelled case's, the same for the same seed.

They measure time and memory, never quality: their words are drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_WHAT = (
    "ein Spielplatz", "ein Radweg", "eine Kindertagesstätte", "eine Sporthalle", "ein Jugendtreff", "eine Bibliothek",
    "ein Wochenmarkt", "eine Solaranlage", "ein Feuerwehrhaus", "eine Buslinie", "ein Stadtteilfest", "ein Chorprojekt",
    "eine Beratungsstelle", "ein Schulhof", "ein Gewerbehof", "ein Gemeinschaftsgarten", "eine Schwimmhalle",
    "ein Repaircafé", "eine Streuobstwiese", "ein Gründerzentrum", "eine Notunterkunft", "ein Museum", "eine Lehrküche",
    "ein Hospiz", "eine Skateanlage", "ein Regenrückhaltebecken", "eine Uferpromenade", "ein Mehrgenerationenhaus",
    "eine Ladesäule", "ein Sprachkurs", "eine Ausstellung", "ein Naturlehrpfad", "eine Kletterwand", "ein Ideenwettbewerb",
)  # fmt: skip
_DONE = (
    "wird neu gebaut", "soll saniert werden", "wird barrierefrei umgebaut", "bekommt ein neues Dach", "wird erweitert",
    "soll länger geöffnet sein", "wird mit Ehrenamtlichen betrieben", "soll an den Abenden nutzbar sein",
    "wird energetisch ertüchtigt", "erhält eine neue Ausstattung", "wird an einen anderen Ort verlegt",
    "soll digital buchbar werden", "wird gemeinsam mit Anwohnern geplant", "wird nach zwanzig Jahren erneuert",
)  # fmt: skip
_WHERE = (
    "am Bahnhof", "in der Altstadt", "im Neubaugebiet", "am Hafen", "hinter dem Rathaus", "an der Grundschule",
    "im Gewerbepark", "am Flussufer", "auf dem alten Kasernengelände", "im Ortsteil {name}", "in der {name}er Straße",
    "am {name}er Platz", "neben der {name}-Halle", "im Quartier {name}",
)  # fmt: skip
_NAMES = (
    "Birken", "Lerchen", "Mühlen", "Linden", "Wiesen", "Sonnen", "Eichen", "Rosen", "Garten", "Ufer", "Hafen", "Kirch",
    "Schloss", "Heide", "Tannen", "Amsel", "Ziegel", "Brunnen", "Berg", "Tal",
)  # fmt: skip
_ENDINGS = ("feld", "hof", "au", "brook", "horst", "dorf", "rade", "see", "wiek", "hagen", "büttel", "moor")
_WHOM = (
    "für Kinder und ihre Eltern", "für ältere Menschen", "für Vereine", "für Zugezogene", "für kleine Betriebe",
    "für Auszubildende", "für Menschen mit Behinderung", "für Pendlerinnen und Pendler", "für Familien mit wenig Geld",
    "für Gäste der Stadt", "für Jugendliche am Nachmittag", "für die Nachbarschaft",
)  # fmt: skip
_WHY = (
    "weil die alten Räume zu klein sind", "weil der Bedarf seit Jahren steigt", "damit weniger Energie verbraucht wird",
    "damit Wege sicherer werden", "um Leerstand zu beenden", "um mehr Menschen zu erreichen", "damit Lärm abnimmt",
    "weil es im Umkreis kein solches Angebot gibt", "damit Wasser versickern kann", "um Fachkräfte zu gewinnen",
    "damit sich Generationen begegnen", "weil die Technik am Ende ihrer Lebenszeit ist",
)  # fmt: skip
_FORMS = (
    "{What} {where} {done}, {why}.",
    "{where_first} {verb} {what} {whom} {rest}.",
    "{What} {whom} {done} {where}.",
    "Antrag: {what} {where}, {whom}; {number} Plätze, Beginn {year}.",
    "Geplant ist {what} {where}. Das Vorhaben {done}, {why}, und kostet rund {number} Tausend Euro.",
)  # fmt: skip
_SENTENCES = ((1, 1), (4, 8), (18, 30))  # short, medium, long
_SHARES = (6, 3, 1)


def short_texts(n: int, seed: int = 0) -> Iterator[str]:
    """`n` descriptions of one or two sentences, 8 to 25 words; some repeat, as in any table."""
    chance = Random(seed)
    for _ in range(n):
        yield _sentence(chance)


def mixed_texts(n: int, seed: int = 0) -> list[str]:
    """`n` texts of all lengths: six in ten short, three medium (4 to 8 sentences), one long (a page of an application)."""
    chance = Random(seed)
    kinds = chance.choices(_SENTENCES, _SHARES, k=n)
    return [" ".join(_sentence(chance) for _ in range(chance.randint(*kind))) for kind in kinds]


def _sentence(chance: Random) -> str:
    what, done = chance.choice(_WHAT), chance.choice(_DONE)
    where = chance.choice(_WHERE).format(name=chance.choice(_NAMES) + chance.choice(_ENDINGS))
    verb, _, rest = done.partition(" ")
    return chance.choice(_FORMS).format(
        what=what,
        What=what[0].upper() + what[1:],
        done=done,
        verb=verb,
        rest=rest,
        where=where,
        where_first=where[0].upper() + where[1:],
        whom=chance.choice(_WHOM),
        why=chance.choice(_WHY),
        number=chance.randint(2, 900),
        year=chance.randint(2026, 2032),
    )
