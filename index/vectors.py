"""Vectors of texts that have been encoded before are not computed again: one file per model, addressed by content."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from index.encoder import Encoder, Vectors

Say = Callable[[str], None]
_CHUNK = 256
_KEEP = 50_000  # vectors a cache file holds before those of other catalogues are dropped


def encode_cached(encoder: Encoder, texts: list[str], home: Path | None, say: Say) -> Vectors:
    """Encode `texts` → (n, d) float32; known ones come from ``home/vectors``, new ones are added to it."""
    path = home / "vectors" / f"{encoder.fingerprint}.npz" if home else None
    known = _load(path) if path else {}
    keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
    missing = list({key: text for key, text in zip(keys, texts, strict=True) if key not in known}.items())
    for start in range(0, len(missing), _CHUNK):
        chunk = missing[start : start + _CHUNK]
        vectors = encoder.encode([text for _, text in chunk])
        known.update((key, vector) for (key, _), vector in zip(chunk, vectors, strict=True))
        if len(missing) > _CHUNK:
            say(f"  {min(start + _CHUNK, len(missing))} von {len(missing)} Texten eingelesen")
    if path and missing:
        _save(path, known if len(known) <= _KEEP else {key: known[key] for key in keys})
    return np.stack([known[key] for key in keys]).astype(np.float32)


def _load(path: Path) -> dict[str, np.ndarray]:
    """A damaged cache counts as empty: it only saves time."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            keys, vectors, digest = arrays["keys"].tolist(), arrays["vectors"], str(arrays["digest"])
        if digest != _digest(vectors):
            return {}
        return dict(zip(keys, vectors, strict=True))
    except Exception:  # numpy, zipfile and zlib each fail in their own ways, and a cache must never stop a build
        return {}


def _save(path: Path, known: dict[str, np.ndarray]) -> None:
    """Best effort: a full or read-only disk costs the next build its time, not this one its result."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        vectors = np.stack(list(known.values())).astype(np.float32)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as stream:
            temporary = Path(stream.name)
            try:
                np.savez(stream, keys=np.array(list(known)), vectors=vectors, digest=np.array(_digest(vectors)))
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)  # gone already where it was moved


def _digest(vectors: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()
