"""The last stage: measure the trained body beside its teacher and write the model folder with manifest and card."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer
from transformers import BertModel

from index.training import card, export, measure, sources, student, teacher, texts
from index.training.stages import SEED, Folders, device

NAME = "isek-de"
VERSION = "1.1"
BENCHMARKS = ("stsb-de-dev.csv", "stsb-de-test.csv", "xquad.de.json")


def release(
    body: BertModel, tokenizer: Tokenizer, folders: Folders, taken: Mapping[str, int | float | str]
) -> dict[str, Any]:
    """Write the model folder; returns the manifest as written, without the files' checksums.

    Args:
        taken: distil_steps and tune_steps; for a model trained further also what `extended_how` says, start_sha256 and start_share.
    """
    english = student.load_body(student.teacher_folder())
    figures = {
        NAME: measured(body, tokenizer, folders),
        "teacher (English)": measured(english, teacher.teacher_tokenizer(), folders),
    }
    known = facts(tokenizer, taken)
    manifest = known | {"figures": figures, "training_data": checksums()}
    benchmarks = {name: sources.file_sha256(folders.benchmarks / name) for name in BENCHMARKS}
    text = card.write(known, figures, benchmarks)
    export.write(body, tokenizer, folders.output, manifest | {"benchmarks": benchmarks}, text)
    return manifest


def facts(tokenizer: Tokenizer, taken: Mapping[str, int | float | str]) -> dict[str, Any]:
    """What the manifest and the card say about the model."""
    return {
        "name": NAME,
        "version": VERSION,
        "dim": 384,
        "max_seq_length": student.MAX_PIECES,
        "pieces": tokenizer.get_vocab_size(),
        "seed": SEED,
        "date": datetime.now(UTC).date().isoformat(),
        "licence": "GPL-2.0-or-later",
        "rows": len(texts.municipal_rows()),
        "pairs_sha256": pairs_sha256(),
        **taken,
    }


def checksums() -> dict[str, str]:
    """File name → SHA-256 of all training data."""
    return {source.file: source.sha256 for source in sources.SOURCES.values()} | {"pairs": pairs_sha256()}


def pairs_sha256() -> str:
    """One checksum over the files of municipal pairs in the order of their names."""
    content = b"".join(path.read_bytes() for path in sorted(texts.OWN_PAIRS.glob("*.tsv")))
    return hashlib.sha256(content).hexdigest()


def measured(body: BertModel, tokenizer: Tokenizer, folders: Folders) -> dict[str, float]:
    """STS-b de dev and test, XQuAD-de hit@1 and MRR."""

    def encode(texts: list[str]) -> npt.NDArray[np.float32]:
        return student.encode(body, teacher.pieces_of(tokenizer, texts), device())

    hit, mrr = measure.xquad_retrieval(encode, measure.read_xquad(folders.benchmarks))
    return {
        "STS-b de dev": measure.sts_spearman(encode, measure.read_sts(folders.benchmarks, "dev")),
        "STS-b de test": measure.sts_spearman(encode, measure.read_sts(folders.benchmarks, "test")),
        "XQuAD-de hit@1": hit,
        "XQuAD-de MRR": mrr,
    }
