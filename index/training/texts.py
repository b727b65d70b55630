"""The training texts by kind: words, sentences, passages put together from sentences, and the municipal pairs."""

import math
import random
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from data.errors import UserError
from index.training import ding
from index.training.sources import Pair, lines, read_pairs

OWN_PAIRS = Path(__file__).parent / "pairs"
LONGEST_PHRASE = 6


def words(corpora: Path) -> list[Pair]:
    """Dictionary phrases and the labels of facilities; the translations of equal German phrases are joined."""
    joined: dict[str, dict[str, None]] = {}
    for german, english in [*ding.parse(lines(corpora, "ding")), *read_pairs(corpora, "osm")]:
        joined.setdefault(german, {}).update(dict.fromkeys(english))
    return [Pair(german, tuple(english)[: ding.SYNONYMS]) for german, english in joined.items()]


def well_known(pairs: Iterable[Pair], vocabulary: Container[str]) -> Iterator[Pair]:
    """The pairs with a translation of up to six words that are all whole pieces of the teacher, and only those.

    More than half of the dictionary is left: what the teacher would have to spell it does not know well either, and
    its vectors are the dearest to compute. (The input embeddings are fitted on the whole dictionary.)
    """
    for german, english in pairs:
        known = tuple(text for text in english if _is_known(text, vocabulary))
        if known:
            yield Pair(german, known[:2])


def _is_known(text: str, vocabulary: Container[str]) -> bool:
    parts = re.findall(r"\w+", text.lower())
    return 0 < len(parts) <= LONGEST_PHRASE and all(part in vocabulary for part in parts)


def sentences(corpora: Path) -> list[Pair]:
    """Everyday sentences: Tatoeba."""
    return read_pairs(corpora, "tatoeba")


def prose(corpora: Path) -> list[Pair]:
    """Texts nearer to the domain or to written German: guidance for citizens, Wikipedia, a portal's messages."""
    return [pair for name in ("integreat", "mlqe", "froide") for pair in read_pairs(corpora, name)]


def passages(pools: list[list[Pair]], count: int, words: tuple[int, int], seed: int) -> list[Pair]:
    """`count` texts put together from consecutive draws of one pool; their lengths are log-uniform within `words`.

    The corpora hold hardly any longer text; a passage of unrelated sentences still teaches the positions and
    how the teacher weighs many statements into one vector.
    """
    draw = random.Random(seed)
    return [_passage(draw.choice(pools), draw, words) for _ in range(count)]


def _passage(pool: list[Pair], draw: random.Random, words: tuple[int, int]) -> Pair:
    """Pairs of one pool joined until the German side has the drawn number of words."""
    length = math.exp(draw.uniform(math.log(words[0]), math.log(words[1])))
    chosen: list[Pair] = []
    while sum(len(pair.german.split()) for pair in chosen) < length:
        chosen.append(draw.choice(pool))
    return Pair(" ".join(pair.german for pair in chosen), (" ".join(pair.english[0] for pair in chosen),))


def municipal_rows(folder: Path = OWN_PAIRS) -> list[tuple[str, str, str, str]]:
    """The project's own rows: short German, long German, short English, long English.

    Raises:
        UserError: a row has not four filled fields; names file and line.
    """
    rows = []
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            fields = tuple(field.strip() for field in line.split("\t"))
            if len(fields) != 4 or not all(fields):
                raise UserError(f"{path}, Zeile {number}: erwartet vier gefüllte Felder, gefunden {len(fields)}.")
            rows.append(fields)
    return rows


def municipal(rows: Iterable[tuple[str, str, str, str]]) -> list[Pair]:
    """Every row as two pairs, the short one and the long one."""
    return [pair for a, b, c, d in rows for pair in (Pair(a, (c,)), Pair(b, (d,)))]


def crops(sentences: list[str], count: int, seed: int) -> list[tuple[str, str]]:
    """`count` pairs: about half the words of a sentence, and a passage of three to seven sentences that holds it.

    A passage's vector is to keep what each of its sentences is about, down to names and figures; that is what a
    question finds it by.
    """
    draw = random.Random(seed)
    long = [sentence for sentence in sentences if len(sentence.split()) >= 8]
    return [_crop(draw.sample(long, draw.randint(3, 7)), draw) for _ in range(count)]


def _crop(passage: list[str], draw: random.Random) -> tuple[str, str]:
    """Words of one sentence of the passage, in their order, and the passage."""
    words = draw.choice(passage).split()
    kept = sorted(draw.sample(range(len(words)), max(3, len(words) // 2)))
    return " ".join(words[i] for i in kept), " ".join(passage)


SENTENCE_END = re.compile(r"(?<=[a-zäöüß\)][.;]) (?=[A-ZÄÖÜ])")
EDITORIAL = re.compile(r"textlich nachgewiesen|dokumentarisch|^Änderung durch|^Fußnote|BGBl", re.IGNORECASE)


def sentence_and_rest(paragraphs: Iterable[str], seed: int) -> list[tuple[str, str]]:
    """From each paragraph of three or more sentences one sentence (not the first) and the others joined."""
    draw = random.Random(seed)
    pairs = []
    for paragraph in paragraphs:
        parts = [] if EDITORIAL.search(paragraph) else SENTENCE_END.split(paragraph)
        if len(parts) >= 3:
            chosen = draw.randrange(1, len(parts))
            pairs.append((parts[chosen], " ".join(parts[:chosen] + parts[chosen + 1 :])))
    return pairs
