"""The index on disk: built once, verified at every load, never served stale or damaged.

An index lives in a folder named after everything it depends on (catalogue, texts, labels, model weights, tuning,
format), so a changed input means another folder. It is written under a temporary name and renamed when complete; the
manifest holds the SHA-256 of every file, because FAISS accepts flipped bits in silence, and is itself sealed by a file
with its own, written last.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.errors import UserError, reason, whose
from index.calibration import Calibration
from index.columns import Columns, Weights
from index.encoder import Encoder, Vectors, file_digest
from index.learning import Learner, Tuning
from index.lexical import Lexicon, SparseRows
from index.texts import Corpus, GoalText
from index.vectors import Say, encode_cached

FORMAT = 3
DEFAULT_FACTORY = "Flat"
DIVISIBLE = 5_040  # a dimension that every usual number of parts divides
LEAST_CELLS = 16  # of an inverted file that are searched
REFINED = 8.0  # times as many candidates as asked for whose exact similarity is computed
BELOW_ALL = -2.0  # no cosine is lower
_MANIFEST, _SEAL = "manifest.json", "manifest.sha256"
_NEW, _OLD = ".neu-", ".alt-"  # names of folders on their way in and out
_ABANDONED = 3_600  # seconds after which such a folder was left by a process that was killed
_FILES = ("vectors.faiss", "arrays.npz", "texts.json", "calibration.json")


@dataclass(frozen=True)
class GoalIndex:
    """Everything a matcher needs. `vectors` is a FAISS inner-product index over `texts`, in their order."""

    texts: tuple[GoalText, ...]
    columns: Columns
    vectors: Any
    lexicon: Lexicon
    rows: SparseRows
    weights: Weights
    calibration: Calibration | None
    manifest: dict[str, Any]


def index_key(catalogue: Catalogue, corpus: Corpus, encoder: Encoder, tuning: Tuning, factory: str) -> str:
    """Names the index of these inputs: 24 hexadecimal digits."""
    parts = [FORMAT, catalogue.digest, corpus.digest, encoder.fingerprint, asdict(tuning), factory]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def open_index(
    home: Path,
    catalogue: Catalogue,
    corpus: Corpus,
    encoder: Encoder,
    tuning: Tuning,
    *,
    factory: str = DEFAULT_FACTORY,
    say: Say = lambda _: None,
) -> GoalIndex:
    """The index of these inputs: loaded if it is there and sound, else built.

    Where `home` cannot be written, the index is built in memory and `say` hears of it.

    Raises:
        UserError: the FAISS factory string is not understood.
    """
    folder = home / "index" / index_key(catalogue, corpus, encoder, tuning, factory)
    if folder.is_dir():
        try:
            index = load_index(folder)
            with contextlib.suppress(OSError):
                os.utime(folder)  # the oldest by use are forgotten first
            return index
        except UserError as error:
            say(f"{error} Er wird neu aufgebaut.")
    else:
        say(f"Der Suchindex für «{catalogue.name}» mit dem Modell «{encoder.name}» wird aufgebaut …")
    index = build_index(home, catalogue, corpus, encoder, tuning, factory=factory, say=say)
    try:
        save_index(index, folder)
    except UserError as error:  # a full or read-only disk: this answer can be given all the same
        say(str(error))
        return index
    _forget_others(folder, say)
    return index


def build_index(
    home: Path | None,
    catalogue: Catalogue,
    corpus: Corpus,
    encoder: Encoder,
    tuning: Tuning,
    *,
    factory: str = DEFAULT_FACTORY,
    say: Say = lambda _: None,
    learner: Learner | None = None,
) -> GoalIndex:
    """Build an index in memory; `home` (if given) keeps the vectors of texts for the next build.

    `learner` is what `learner_of` made of the same profile texts, where several label sets are tried.
    """
    _check_factory(factory)
    learned = (learner or learner_of(home, catalogue, corpus, encoder, tuning, say)).learn(corpus.labels)
    manifest = {
        "format": FORMAT,
        "key": index_key(catalogue, corpus, encoder, tuning, factory),
        "catalogue": catalogue.name,
        "catalogue_digest": catalogue.digest,
        "model": encoder.name,
        "model_fingerprint": encoder.fingerprint,
        "corpus_digest": corpus.digest,
        "labels": len(corpus.labels),
        "texts": len(corpus.texts),
        "texts_per_goal": corpus.texts_per_goal,
        "dimension": int(learned.dense.shape[1]),
        "factory": factory,
        "tuning": asdict(tuning),
        "versions": _versions(),
    }
    return GoalIndex(
        texts=corpus.texts,
        columns=Columns.of(catalogue),
        vectors=faiss_index(learned.dense, factory),
        lexicon=learned.lexicon,
        rows=SparseRows(learned.lexical.indptr, learned.lexical.indices, learned.lexical.data),
        weights=learned.weights,
        calibration=learned.calibration,
        manifest=manifest,
    )


def learner_of(
    home: Path | None, catalogue: Catalogue, corpus: Corpus, encoder: Encoder, tuning: Tuning, say: Say = lambda _: None
) -> Learner:
    """What the profile texts of a corpus teach, whatever labels are added to it."""

    def encode(texts: list[str]) -> Vectors:
        return encode_cached(encoder, texts, home, say)

    return Learner(catalogue, corpus.profile_texts, encode, tuning)


def faiss_index(dense: NDArray[np.float32], factory: str) -> Any:
    """A FAISS index of inner products over unit vectors (n, d), of the kind the factory string names, trained and filled.

    Raises:
        UserError: the string is not understood, or asks for more than so many vectors can train.
    """
    import faiss

    try:
        index = faiss.index_factory(dense.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
        index.train(dense)
        index.add(dense)
    except RuntimeError as error:
        raise UserError(
            f"Die FAISS-Angabe {factory!r} lässt sich mit {len(dense)} Texten nicht verwenden; «Flat» geht immer."
        ) from error
    return _searching_wide(index)


def _check_factory(factory: str) -> None:
    """Raises UserError for a string that FAISS does not understand, before half a minute is spent on the vectors."""
    import faiss

    try:
        faiss.index_factory(DIVISIBLE, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise UserError(f"Die FAISS-Angabe {factory!r} ist nicht zu verstehen; «Flat» geht immer.") from error


def _searching_wide(index: Any) -> Any:
    """The index, set to look where the neighbours are: by default FAISS searches a single cell and refines nothing."""
    import faiss

    inner = faiss.downcast_index(index)
    if isinstance(inner, faiss.IndexRefine):
        inner.k_factor = REFINED
    with contextlib.suppress(RuntimeError):  # it has no cells
        cells = faiss.extract_index_ivf(index)
        cells.nprobe = min(cells.nlist, max(LEAST_CELLS, cells.nlist // 256))
    return index


def all_similarities(vectors: Any, query: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Row numbers and cosines of all texts that the index reaches from one query (1, d), in no order."""
    import faiss

    if isinstance(vectors, faiss.IndexFlat):
        _, similarities, rows = vectors.range_search(query, BELOW_ALL)  # a quarter of the time of a sorted search
        return rows, similarities
    # An approximate index looks less far in a range than for so many neighbours, or does not know ranges.
    similarities, rows = (found[0] for found in vectors.search(query, vectors.ntotal))
    return rows[rows >= 0], similarities[rows >= 0]


def _versions() -> dict[str, str]:
    import faiss

    return {"faiss": faiss.__version__, "numpy": np.__version__}


def save_index(index: GoalIndex, folder: Path) -> None:
    """Write the index so that `folder` exists only when it is complete.

    Raises:
        UserError: the place cannot be written.
    """
    import faiss

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        temporary = Path(tempfile.mkdtemp(prefix=_NEW, dir=folder.parent))
        try:
            (temporary / _FILES[0]).write_bytes(faiss.serialize_index(index.vectors).tobytes())
            _write_arrays(index, temporary / _FILES[1])
            _write_json(temporary / _FILES[2], {"texts": index.texts, "vocabulary": list(index.lexicon.vocabulary)})
            _write_json(temporary / _FILES[3], index.calibration.to_json() if index.calibration else None)
            digests = {name: file_digest(temporary / name) for name in _FILES}
            _write_json(temporary / _MANIFEST, {**index.manifest, "columns": asdict(index.columns), "files": digests})
            (temporary / _SEAL).write_text(file_digest(temporary / _MANIFEST), "ascii")
            _put_in_place(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise UserError(
            f"Der Suchindex lässt sich in «{folder.parent}» nicht speichern ({reason(error)}); bitte Platz und Rechte "
            f"prüfen oder mit ISEK_HOME einen anderen Ordner nennen.{whose(folder.parent, error)}"
        ) from error


def _put_in_place(temporary: Path, folder: Path) -> None:
    """Rename the new folder to its name; one that is there, damaged or another process's, is first renamed away.

    So at every moment the name stands for a whole index or for none.
    """
    with contextlib.suppress(FileNotFoundError):
        old = temporary.with_name(temporary.name.replace(_NEW, _OLD))
        folder.rename(old)
        shutil.rmtree(old, ignore_errors=True)
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _sweep(parent: Path) -> None:
    """Remove what killed processes left behind."""
    for prefix in (_NEW, _OLD):
        for left in parent.glob(f"{prefix}*"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(left, ignore_errors=True)


def _write_arrays(index: GoalIndex, path: Path) -> None:
    vocabulary = np.fromiter(index.lexicon.vocabulary.values(), np.int32, len(index.lexicon.vocabulary))
    with path.open("wb") as stream:
        np.savez(
            stream,
            columns=vocabulary,
            idf=index.lexicon.idf,
            indptr=index.rows.indptr,
            indices=index.rows.indices,
            values=index.rows.values,
            lexical=index.weights.lexical,
            dense=index.weights.dense,
        )


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=True), encoding="utf-8")


def load_index(folder: Path) -> GoalIndex:
    """Load an index after checking every byte of it against its manifest, and the manifest against its seal.

    Raises:
        UserError: damaged, incomplete, of another format, or built with other versions of FAISS or NumPy.
    """
    import faiss

    try:
        if file_digest(folder / _MANIFEST) != (folder / _SEAL).read_text("ascii"):
            raise ValueError(_MANIFEST)
        manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
        if manifest["format"] != FORMAT or set(manifest["files"]) != set(_FILES) or manifest["key"] != folder.name:
            raise ValueError(_MANIFEST)
        if manifest["versions"] != _versions():
            raise ValueError("er wurde mit anderen Fassungen von FAISS oder NumPy gebaut")
        for name, digest in manifest["files"].items():
            if file_digest(folder / name) != digest:
                raise ValueError(name)
        texts = json.loads((folder / _FILES[2]).read_text("utf-8"))
        calibration = json.loads((folder / _FILES[3]).read_text("utf-8"))
        with np.load(folder / _FILES[1], allow_pickle=False) as arrays:
            columns, idf = arrays["columns"].tolist(), arrays["idf"]
            rows = SparseRows(arrays["indptr"], arrays["indices"], arrays["values"])
            weights = Weights(arrays["lexical"], arrays["dense"])
        stored = faiss.deserialize_index(np.frombuffer((folder / _FILES[0]).read_bytes(), np.uint8))
        return GoalIndex(
            texts=tuple(GoalText(*text) for text in texts["texts"]),
            columns=Columns(**{name: tuple(value) for name, value in manifest["columns"].items()}),
            vectors=_searching_wide(stored),
            lexicon=Lexicon(dict(zip(texts["vocabulary"], columns, strict=True)), idf),
            rows=rows,
            weights=weights,
            calibration=Calibration.from_json(calibration) if calibration else None,
            manifest=manifest,
        )
    except PermissionError as error:
        raise UserError(
            f"Der Suchindex in «{folder}» lässt sich nicht lesen ({reason(error)}).{whose(folder)}"
        ) from error
    # Whatever a damaged file makes the parsers raise means the same: not usable.
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, EOFError) as error:
        raise UserError(f"Der Suchindex in «{folder}» ist unvollständig oder beschädigt ({error}).") from error


def _forget_others(folder: Path, say: Say, keep: int = 8) -> None:
    """Remove the oldest indexes beyond `keep`: each change of catalogue or labels leaves one behind."""
    others = sorted(folder.parent.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[keep:]:
        shutil.rmtree(old, ignore_errors=True)
        say(f"Ein alter Suchindex wurde entfernt: {old.name}")
