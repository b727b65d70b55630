"""The student's tokenizer: lower-cased Unigram pieces without word marks, so that compounds share their parts."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from index.training.sources import Pair

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
PIECES = 33_000
FREQUENT = 9_500
RARE = 4
NAME_SCORE = -13.0
"""Log probability of an added name or number: above any spelling from two rare parts."""
WORD = re.compile(r"[^\W\d_]+")
ABBREVIATIONS = Path(__file__).parent / "abbreviations.txt"
REPEAT_OWN = 40
GENDER_MARK = r"(?<=\p{L})(?:/-|[*:_·/])(?=in(?:nen)?(?!\p{L}))"
"""`Bürger*innen`, `Bürger:in` and `Bürger/-innen` read as `Bürgerinnen`, `Bürgerin`."""


def train(texts: Iterable[str], running: Iterable[str], names: Iterable[str]) -> Tokenizer:
    """A Unigram tokenizer of the German texts.

    Left to itself it spells frequent words from more frequent ones (`da|mit`, `ob|wohl`, `träg|t`), so those of the
    `running` texts are added whole with their own probability, and so are the `names`.
    """
    tokenizer = _empty()
    trainer = trainers.UnigramTrainer(
        vocab_size=PIECES, special_tokens=list(SPECIAL), unk_token="[UNK]", max_piece_length=20, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _with_pieces(tokenizer, {**dict.fromkeys(names, NAME_SCORE), **frequent(tokenizer, running)})


def frequent(tokenizer: Tokenizer, running: Iterable[str]) -> dict[str, float]:
    """The words whose wholeness saves most pieces in the running texts, with their log probability."""
    counts = Counter(word for text in running for word in WORD.findall(text.lower().replace("ß", "ss")))
    total = sum(counts.values())
    saved = {word: count * (len(tokenizer.encode(word).ids) - 3) for word, count in counts.items() if count >= RARE}
    chosen = sorted((word for word, pieces in saved.items() if pieces), key=lambda word: (-saved[word], word))
    return {word: math.log(counts[word] / total) for word in chosen[:FREQUENT]}


def _empty() -> Tokenizer:
    """Normalisation, splitting and template; the pieces are still missing."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex("[\u00ad\u200b-\u200f\u2060]"), ""),
            normalizers.Replace(Regex(GENDER_MARK), ""),
            normalizers.Replace("ß", "ss"),
            normalizers.Replace(Regex("[„“”«»]"), '"'),
            normalizers.Replace(Regex("[‚‘’´`]"), "'"),
            normalizers.Replace(Regex("[–—−‑]"), "-"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", SPECIAL.index("[CLS]")), ("[SEP]", SPECIAL.index("[SEP]"))]
    )
    return tokenizer


def _with_pieces(tokenizer: Tokenizer, pieces: dict[str, float]) -> Tokenizer:
    """The tokenizer with further pieces and their scores; a known piece keeps the score it has."""
    state = json.loads(tokenizer.to_str())
    vocabulary = state["model"]["vocab"]
    known = {piece for piece, _ in vocabulary}
    vocabulary += [[piece, score] for piece, score in pieces.items() if piece not in known]
    return Tokenizer.from_str(json.dumps(state))


def texts(pools: Iterable[list[Pair]], german: Iterable[str]) -> Iterator[str]:
    """What the pieces are learned from: every German side, German-only texts, and the domain's words repeated."""
    for pool in pools:
        yield from (pair.german for pair in pool)
    yield from german
    for _ in range(REPEAT_OWN):
        yield ABBREVIATIONS.read_text(encoding="utf-8")


def names(teacher_pieces: Iterable[str], english: Iterable[str]) -> list[str]:
    """The teacher's whole words that the English sides do not use in lower case: people, places, makes, years.

    German texts spell them alike, the corpora do not hold them, and the teacher knows them.
    """
    common = {word.strip(".,;:!?\"'()") for text in english for word in text.split() if word == word.lower()}
    return [piece for piece in teacher_pieces if _is_name(piece) and piece not in common]


def wanted() -> list[str]:
    """Pieces the corpora hardly hold: the domain's words and abbreviations, two-digit numbers, years."""
    own = ABBREVIATIONS.read_text(encoding="utf-8").lower().replace("ß", "ss").split()
    return [*own, *map(str, range(10, 100)), *map(str, range(1900, 2041))]


def _is_name(piece: str) -> bool:
    """Four or more letters in ASCII, or two to four digits."""
    return piece.isascii() and ((piece.isalpha() and len(piece) > 4) or (piece.isdigit() and 1 < len(piece) < 5))
