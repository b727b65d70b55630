"""The teacher's vectors of the English sides, computed once and kept on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from index.training.progress import Progress
from index.training.sources import Pair
from index.training.student import MAX_PIECES, Pieces, encode, load_body, teacher_folder

CHUNK = 32_768


def teacher_tokenizer() -> Tokenizer:
    """The English tokenizer without padding, cut at 256 pieces."""
    tokenizer = Tokenizer.from_file(str(teacher_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_PIECES)
    return tokenizer


def pieces_of(tokenizer: Tokenizer, texts: Sequence[str]) -> Pieces:
    """Piece ids of each text."""
    return [np.array(text.ids, dtype=np.int32) for text in tokenizer.encode_batch_fast(list(texts))]


def targets(pairs: Sequence[Pair], folder: Path, device: str) -> npt.NDArray[np.float16]:
    """For each pair the teacher's vector of its English side, (n, 384), unit length; the mean over synonyms."""
    english = list(dict.fromkeys(text for pair in pairs for text in pair.english))
    vectors = _cached(english, folder, device)
    position = {text: i for i, text in enumerate(english)}
    rows = np.array([position[pair.english[0]] for pair in pairs])
    result = vectors[rows].astype(np.float32)
    for i, pair in enumerate(pairs):
        for text in pair.english[1:]:
            result[i] += vectors[position[text]]
    result /= np.linalg.norm(result, axis=1, keepdims=True)
    unit: npt.NDArray[np.float16] = result.astype(np.float16)
    return unit


def _cached(texts: Sequence[str], folder: Path, device: str) -> npt.NDArray[np.float16]:
    """Vectors of the texts, chunk by chunk; a chunk that lies in `folder` already is read, not computed."""
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress("Englische Vektoren", len(texts))
    parts = []
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        path = folder / f"{hashlib.sha256(chr(10).join(chunk).encode()).hexdigest()[:24]}.npy"
        if not path.exists():
            _write(path, chunk, device)
        parts.append(np.load(path))
        progress.advance(len(chunk))
    vectors: npt.NDArray[np.float16] = np.concatenate(parts)
    return vectors


def _write(path: Path, texts: Sequence[str], device: str) -> None:
    """One chunk, renamed into place when it is complete."""
    vectors = encode(load_body(teacher_folder()), pieces_of(teacher_tokenizer(), texts), device)
    partial = path.with_suffix(".partial.npy")
    np.save(partial, vectors.astype(np.float16))
    partial.rename(path)
