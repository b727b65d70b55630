"""The bundled folder: what SentenceTransformer loads and the ONNX graph, over one set of fp16 weights."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import BertModel

from index.training import graph
from index.training.sources import file_sha256
from index.training.student import MAX_PIECES
from index.training.vocabulary import SPECIAL

LIMIT = 60_000_000
"""Bytes of all files together."""
Matrix = npt.NDArray[np.float32]


def write(body: BertModel, tokenizer: Tokenizer, output: Path, manifest: Mapping[str, Any], card: str) -> None:
    """Write the model folder beside its place, check it, and put it in place; the manifest is written last."""
    partial = output.with_name(output.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _write_network(body, partial)
    _write_tokenizer(tokenizer, partial)
    _write_modules(body.config.hidden_size, partial)
    graph.write(partial)
    (partial / "README.md").write_text(card, encoding="utf-8")
    files = {str(path.relative_to(partial)): file_sha256(path) for path in sorted(partial.rglob("*")) if path.is_file()}
    _write_json(partial / "manifest.json", {**manifest, "files": files})
    check(partial)
    shutil.rmtree(output, ignore_errors=True)
    partial.rename(output)


def check(folder: Path) -> None:
    """Refuse a folder that is too large or whose two readers disagree.

    Raises:
        ValueError: says which limit was missed and by how much.
    """
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > LIMIT:
        raise ValueError(f"expected at most {LIMIT} bytes in {folder}, got {size}")
    texts = ["Radweg", "Die Stadt baut einen Radweg an der Kieler Straße.", "Ganztag " * 120]
    served, loaded = encode_onnx(folder, texts), encode_torch(folder, texts)
    lowest = float((served * loaded).sum(axis=1).min())
    if lowest < 0.9999:
        raise ValueError(f"expected cosine >= 0.9999 between ONNX and SentenceTransformer, got {lowest}")
    alone = np.concatenate([encode_onnx(folder, [text]) for text in texts])
    apart = float(np.abs(alone - served).max())
    if apart > 1e-6:
        raise ValueError(f"expected the same vector alone and in a batch within 1e-6, got {apart}")


def encode_onnx(folder: Path, texts: list[str]) -> Matrix:
    """Vectors (n, 384) by ONNX Runtime, all texts in one batch."""
    import onnxruntime

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_PIECES)
    tokenizer.enable_padding(pad_id=SPECIAL.index("[PAD]"), pad_token="[PAD]")
    encoded = tokenizer.encode_batch(texts)
    feed = {
        "input_ids": np.array([text.ids for text in encoded], dtype=np.int64),
        "attention_mask": np.array([text.attention_mask for text in encoded], dtype=np.int64),
    }
    vectors: Matrix = onnxruntime.InferenceSession(folder / "model.onnx").run(["sentence_embedding"], feed)[0]
    return vectors


def encode_torch(folder: Path, texts: list[str]) -> Matrix:
    """Vectors (n, 384) by sentence-transformers."""
    from sentence_transformers import SentenceTransformer

    vectors: Matrix = SentenceTransformer(str(folder), device="cpu").encode(texts, show_progress_bar=False)
    return vectors


def _write_network(body: BertModel, folder: Path) -> None:
    """Weights as fp16; the configuration asks for fp32 arithmetic, so every reader computes with the same numbers."""
    tensors = {key: value.detach().half().cpu().contiguous() for key, value in body.state_dict().items()}
    save_file(tensors, folder / graph.WEIGHTS, metadata={"format": "pt"})
    (folder / graph.WEIGHTS).chmod(0o644)  # safetensors makes it readable to its owner alone
    config = body.config.to_diff_dict()
    config.pop("_name_or_path", None)
    config |= {"architectures": ["BertModel"], "dtype": "float32"}
    _write_json(folder / "config.json", config)


def _write_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """The pieces in one compact line, and how transformers is to read them."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    tokens = {f"{token.strip('[]').lower()}_token": token for token in SPECIAL}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_PIECES, **tokens}
    names = ["input_ids", "attention_mask"]
    _write_json(folder / "tokenizer_config.json", {**settings, "model_input_names": names})
    _write_json(folder / "special_tokens_map.json", tokens)


def _write_modules(dimension: int, folder: Path) -> None:
    """What SentenceTransformer puts together: the network, mean pooling, unit length."""
    places = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(places.items())
    ]
    _write_json(folder / "modules.json", modules)
    settings = {"max_seq_length": MAX_PIECES, "do_lower_case": False, "model_args": {"add_pooling_layer": False}}
    _write_json(folder / "sentence_bert_config.json", settings)
    _write_json(folder / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})
    pooling = {"word_embedding_dimension": dimension, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling").mkdir()
    _write_json(folder / "1_Pooling" / "config.json", pooling)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
