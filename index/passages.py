"""A text → passages with character offsets into the text as given, and what of it says nothing about a goal.

Applications carry boilerplate (applicant, bank details, cost table, duration, privacy notice). It is recognised
by the labels such forms use and by what a line is made of, and kept apart instead of being matched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

MAX_WORDS = 40  # a longer sentence is cut into windows of this many words
MAX_SENTENCE = 2_000  # characters; what goes on for longer without an end is no sentence and is read in pieces

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
# A sentence ends at . ! ? … followed by space and a capital, unless an abbreviation or an ordinal stands before it.
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"»«“”')\]]*\s+(?=[\"»«„“'(\[]*[A-ZÄÖÜ0-9])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Za-zÄÖÜäöü]|\d{1,2}|bzw|ca|etc|usw|vgl|Nr|Str|Dr|Prof|Tel|inkl|zzgl|ggf|evtl|max|min|Mio|Mrd|Tsd|"
    r"Abs|Art|St|sog|insb|bspw|Hr|Fr|Kfz|gem|lfd|Std|Jg|Kl|Abt|Jan|Feb|Apr|Aug|Sept|Okt|Nov|Dez)\.$"
)
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")

# Labels at the start of a line, as application forms and council papers use them; never words of single projects.
_PERSON_LABELS = (
    r"antragsteller\w*|antragstellende\w*|absender\w*|empfänger\w*|an|von|name|vorname|nachname|anschrift|adresse|plz|"
    r"telefon|tel\.?|fax|mobil|e-?mail|internet|homepage|webseite|ansprechpartner\w*|ansprechperson\w*|kontakt\w*|"
    r"vertreten durch|vertretungsberechtigt\w*|vorstand|rechtsform|vereinsregister\w*|registernummer|steuernummer|"
    r"ust-?id\w*|gemeinnützigkeit\w*|bankverbindung|bankdaten|konto\w*|iban|bic|kreditinstitut|geldinstitut|"
    r"verwendungszweck|kassenzeichen|aktenzeichen|az\.?|geschäftszeichen|bearbeitungsstand|datum|stand|beratungsfolge|"
    r"gremium|gremienweg|gremien|vorlage\w*|drucksache\w*|federführung|federführend\w*|zuständig\w*|beteiligte|verteiler|"
    r"anlage|anlagen|anhang|beigefügt\w*|unterschrift\w*|ort, datum|datenschutz\w*|einwilligung\w*|erklärung\w*"
)
# After these only figures, dates and a few words are form filling; a sentence may name the project.
_FIGURE_LABELS = (
    r"kosten|gesamtkosten|kostenplan|kosten- und finanzierungsplan|kostenaufstellung|kostenschätzung|finanzierung|"
    r"finanzierungsplan|eigenmittel|eigenanteil|drittmittel|zuschuss|zuschussbedarf|fördersumme|"
    r"beantragte (?:summe|mittel|förderung)|honorar|sachkosten|personalkosten|haushaltsmittel|haushaltsstelle|produktkonto|"
    r"deckung|folgekosten|mittelabruf|ausgaben|einnahmen|laufzeit|projektlaufzeit|dauer|durchführungszeitraum|"
    r"projektzeitraum|zeitraum|zeitplan|beginn|ende|termin"
)
_LEAD = r"^\s*(?:[-•*–\d.)]+\s*)?"
# No two repetitions that can share characters stand side by side here, and none is unbounded inside a search: a text
# made for it would keep the matcher, and with it every other user, busy for hours.
_COLON = r"\s*(?:\([^)]*\)\s*)?[:;]"
_PERSON_FIELD = re.compile(rf"{_LEAD}(?:{_PERSON_LABELS}){_COLON}", re.IGNORECASE)
_FIGURE_FIELD = re.compile(rf"{_LEAD}(?:{_FIGURE_LABELS}){_COLON}", re.IGNORECASE)
_SPANS = {
    "bank": re.compile(
        r"\b[A-Z]{2}\d{2}(?: ?[\dXx*]{2,4}){3,8}\b|\bIBAN\b|\bBIC\b|bankverbindung|kontoverbindung", re.I
    ),
    "contact": re.compile(
        r"\b[\w.+-]{1,64}@[\w-]+\.\w+|\b(?:tel|telefon|fax|mobil)\b\.?:? ?[\d+(/ -]{5,}|^\s*\d{5} [A-ZÄÖÜ]\w+\s*$", re.I
    ),
}
_FORMULAS = {
    "privacy": re.compile(
        r"datenschutz-?grundverordnung|personenbezogene[nr]? daten|datenschutz(?:erklärung|hinweis|rechtlich)|"
        r"(?:gemäß|nach|im sinne|art\. ?\d+).{0,20}\bDSGVO\b|einwilligung .{0,40}(?:widerruf|verarbeit)|"
        r"(?:daten|angaben) .{0,60}(?:gespeichert|verarbeitet|weitergegeben|geschwärzt)",
        re.IGNORECASE,
    ),
    "greeting": re.compile(
        r"^\s*(?:sehr geehrte|mit (?:freundlichen|besten|herzlichen) grüßen|liebe (?:kolleg|damen)|hochachtungsvoll|"
        r"i\. ?a\.|gez\.|für (?:eine )?(?:rückfragen|rückmeldung|bewilligung|zusage)|mit der bitte um|"
        r"über eine (?:rückmeldung|bewilligung|zusage)|wir (?:bitten um|danken|freuen uns (?:auf|über) (?:eine|ihre))|"
        r"vielen dank|(?:die )?unterschrift(?:en)? |"
        r"(?:originale?|unterlagen|nachweise|belege|anlagen) .{0,60}(?:liegen (?:bei|vor|im original)|beigefügt|nach(?:ge)?reich))",
        re.IGNORECASE,
    ),
    "declaration": re.compile(
        r"(?:wir|ich) (?:versicher|erklär|bestätig|verpflicht)\w+ .{0,80}"
        r"(?:richtig|vollständig|vorsteuer|begonnen|nachweis|wahrheit)|"
        r"die angaben sind (?:vollständig|richtig)|mit (?:dem|der) (?:vorhaben|maßnahme) wurde noch nicht begonnen|"
        r"verwendungsnachweis|vorzeitige[nrm]? maßnahmen?beginn",
        re.IGNORECASE,
    ),
}
_FIELD_WORDS = 4  # a field with more words besides figures than this may name the project
_REASONS = {
    "privacy": "Datenschutzhinweis",
    "bank": "Bankverbindung",
    "contact": "Kontaktangaben",
    "greeting": "Anrede, Gruß oder Formel",
    "declaration": "Erklärung",
    "field": "Formularfeld",
    "figures": "Zahlen ohne Text",
}


@dataclass(frozen=True)
class Passage:
    """A stretch of the given text: ``given[start:end] == text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Ignored(Passage):
    """A stretch that was not matched, with the German reason."""

    reason: str


@dataclass(frozen=True)
class Reading:
    """What was read from a text: `passages` (sentences or windows) in order, and what was left out."""

    passages: tuple[Passage, ...]
    ignored: tuple[Ignored, ...]

    @property
    def content(self) -> str:
        """The passages as one text."""
        return " ".join(" ".join(passage.text.split()) for passage in self.passages)


def read(text: str) -> Reading:
    """Split `text` into passages and boilerplate; if everything looks like boilerplate, nothing is dropped."""
    sentences = list(_sentences(text))
    reasons = {part: _reason(part) for part in {part.text for part in sentences}}
    ignored = [Ignored(part.start, part.end, part.text, why) for part in sentences if (why := reasons[part.text])]
    dropped = {(part.start, part.end) for part in ignored}
    kept = [part for part in sentences if (part.start, part.end) not in dropped]
    if not any(_WORD.search(part.text) for part in kept):
        kept, ignored = sentences, []
    windows = [window for part in kept for window in _windows(part)]
    return Reading(tuple(windows), tuple(ignored))


def has_content(text: str) -> bool:
    """True if there is at least one word of two letters in the text."""
    return any(sum(map(str.isalpha, word)) >= 2 for word in _WORD.findall(text))


def _sentences(text: str) -> Iterator[Passage]:
    for line in _LINE.finditer(text):
        start = line.start()
        pieces: list[int] = [start]
        for gap in _SENTENCE_END.finditer(line.group()):
            before = line.group()[max(0, gap.start() - 16) : gap.start() + 1].rstrip()
            if not _ABBREVIATION.search(before):
                pieces.append(start + gap.end())
        pieces.append(line.end())
        for left, right in pairwise(pieces):
            for piece in _pieces(text, left, right):
                yield from _stripped(text, *piece)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch in pieces of at most MAX_SENTENCE characters, cut between words where there are any."""
    while end - start > MAX_SENTENCE:
        space = text.rfind(" ", start + MAX_SENTENCE // 2, start + MAX_SENTENCE)
        cut = space if space >= 0 else start + MAX_SENTENCE
        yield start, cut
        start = cut
    yield start, end


def _stripped(text: str, start: int, end: int) -> Iterator[Passage]:
    while start < end and (text[start].isspace() or text[start] in "-•*–|>"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Passage(start, end, text[start:end])


def _windows(part: Passage) -> Iterator[Passage]:
    words = [match.span() for match in _WORD.finditer(part.text)]
    if len(words) <= MAX_WORDS:
        yield part
        return
    for first in range(0, len(words), MAX_WORDS):
        chunk = words[first : first + MAX_WORDS]
        start = part.start + chunk[0][0]
        end = part.start + chunk[-1][1]
        yield Passage(start, end, part.text[start - part.start : end - part.start])


def _reason(text: str) -> str | None:
    for kind, pattern in _FORMULAS.items():
        if pattern.search(text):
            return _REASONS[kind]
    for kind, pattern in _SPANS.items():
        if pattern.search(text) and len(_WORD.findall(pattern.sub(" ", text))) <= _FIELD_WORDS:
            return _REASONS[kind]
    if _PERSON_FIELD.match(text) or (_FIGURE_FIELD.match(text) and _mostly_figures(text)):
        return _REASONS["field"]
    letters = sum(map(str.isalpha, text))
    if letters < 3 or letters < 0.35 * sum(not char.isspace() for char in text):
        return _REASONS["figures"]
    return None


def _mostly_figures(text: str) -> bool:
    words = _WORD.findall(text[_FIGURE_FIELD.match(text).end() :])  # type: ignore[union-attr]
    figures = sum(any(char.isdigit() for char in word) for word in words)
    return len(words) - figures <= _FIELD_WORDS or figures >= 2


def warnings_for(text: str) -> list[str]:
    """German remarks on characters that were disregarded: control characters, markup, emoji, foreign scripts."""
    categories = {unicodedata.category(char) for char in set(text) - set("\n\r\t\f")}
    found = []
    if categories & {"Cc", "Cs", "Co"}:
        found.append("Der Text enthält Steuerzeichen; sie wurden nicht beachtet.")
    if re.search(r"</?[a-zA-Z!][^<>]{0,200}>", text):
        found.append("Der Text enthält HTML-Auszeichnung; sie wurde wie gewöhnlicher Text gelesen.")
    if any(ord(char) >= 0x2600 and unicodedata.category(char) == "So" for char in set(text)):
        found.append("Der Text enthält Bildzeichen (Emoji); sie wurden nicht beachtet.")
    if _foreign_share(text) > 0.3:
        found.append("Der Text ist großenteils nicht in lateinischer Schrift; das Ergebnis ist unsicher.")
    return found


def _foreign_share(text: str) -> float:
    letters = [char for char in text[:5000] if char.isalpha()]
    foreign = sum(not unicodedata.name(char, "").startswith("LATIN") for char in letters)
    return foreign / len(letters) if letters else 0.0
