"""The stages from corpora to weights. Each leaves a file in the work folder and is skipped where that file is complete."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from data.errors import UserError
from index.training import embeddings, measure, sources, student, teacher, texts, vocabulary
from index.training.loop import Plan, finished, train
from index.training.pools import Pool
from index.training.sources import Pair

SEED = 7
PASSAGES = 20_000
PASSAGE_WORDS = (12, 150)
MUNICIPAL_PASSAGES = 2_000
PARAGRAPHS = 1_000
CROPS = 2_500
DISTILLED = 0.25
"""Share of the distilled weights in the average: STS-b dev 0.823, against 0.820 without."""
NEAR_FROM = 900
KNEE = 0.619
CONTRAST = 0.2
"""Weight of the partner pools' contrastive loss beside the distillation of the others."""


EXTEND_RATE = 3e-4
"""Peak rate of the body when a released model is trained further; its table takes twice that."""
EXTEND_DECAY = 1500
EXTEND_SHARES = {"words": 15_000, "sentences": 50_000, "prose": 15_000, "passages": 2_500}
"""Texts an epoch takes when a released model is trained further: sentences, which STS ranks, before words."""
SHARES_KEPT = (0.0, 0.25, 0.5)
Weights = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Folders:
    """Where things lie: corpora and benchmarks (read only), work (caches, checkpoints), output (the model)."""

    corpora: Path
    benchmarks: Path
    work: Path
    output: Path


def device() -> str:
    """The GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def tokenizer_stage(folders: Folders) -> Tokenizer:
    """The German tokenizer, trained or read."""
    path = folders.work / "tokenizer.json"
    if not path.exists():
        pools = _pools(folders.corpora)
        names = [*vocabulary.wanted(), *_names(pools)]
        laws = list(sources.lines(folders.corpora, "gesetze"))
        made = vocabulary.train(vocabulary.texts(pools, laws), vocabulary.texts([*pools, pools[2]], laws), names)
        _replace(path, made.to_str().encode())
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(student.MAX_PIECES)
    return tokenizer


def _names(pools: Iterable[Sequence[Pair]]) -> list[str]:
    """The names and numbers the teacher knows and the English sides lack, in the order of its vocabulary."""
    known = sorted(teacher.teacher_tokenizer().get_vocab().items(), key=lambda item: item[1])
    english = (text for pool in pools for pair in pool for text in pair.english)
    return vocabulary.names((piece for piece, _ in known), english)


def embeddings_stage(folders: Folders) -> npt.NDArray[np.float32]:
    """The German input embeddings (pieces, 384), fitted or read."""
    path = folders.work / "embeddings.npy"
    if not path.exists():
        fitted = _fit(tokenizer_stage(folders), [pair for pool in _pools(folders.corpora) for pair in pool])
        np.save(path.with_suffix(".partial.npy"), fitted)
        path.with_suffix(".partial.npy").replace(path)
    table: npt.NDArray[np.float32] = np.load(path)
    return table


def _fit(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> npt.NDArray[np.float32]:
    """Embeddings from all pairs whose German side has pieces."""
    english = teacher.teacher_tokenizer()
    table = student.load_body(student.teacher_folder()).embeddings.word_embeddings.weight.detach().numpy()
    german = [ids[1:-1] for ids in teacher.pieces_of(tokenizer, [pair.german for pair in pairs])]
    means = [table[ids[1:-1]].mean(0) for ids in teacher.pieces_of(english, [", ".join(p.english) for p in pairs])]
    filled = [i for i, ids in enumerate(german) if len(ids)]
    pieces = [tokenizer.id_to_token(i) or "" for i in range(tokenizer.get_vocab_size())]
    start = embeddings.prior(pieces, english.get_vocab(), table)
    return embeddings.fit([german[i] for i in filled], np.stack([means[i] for i in filled]), start)


def distil_stage(folders: Folders, steps: int) -> BertModel:
    """The student distilled from the teacher on the corpora."""
    body = student.initial_student(embeddings_stage(folders))
    checkpoint = folders.work / "distil.pt"
    if finished(body, checkpoint, steps):
        return body
    pools = distil_pools(folders, tokenizer_stage(folders))
    plan = Plan("distil", steps, floor=0.7385, seed=SEED)
    return train(body, pools, plan, checkpoint, device(), dev_figures(folders))


def distil_pools(folders: Folders, tokenizer: Tokenizer) -> list[Pool]:
    """Words, everyday sentences, prose (twice an epoch), and passages put together from both.

    Among the words are the names that both languages share.
    """
    words, sentences, prose = pools = _pools(folders.corpora)
    words = list(texts.well_known(words, teacher.teacher_tokenizer().get_vocab()))
    words += [Pair(name, (name,)) for name in _names(pools)]
    passages = texts.passages([sentences, prose], PASSAGES, PASSAGE_WORDS, SEED)
    return [
        distil_pool("words", words, 150_000, folders, tokenizer),
        distil_pool("sentences", sentences, 100_000, folders, tokenizer),
        distil_pool("prose", prose, 2 * len(prose), folders, tokenizer),
        distil_pool("passages", passages, 10_000, folders, tokenizer),
    ]


def tune_stage(folders: Folders, distil_steps: int, steps: int) -> BertModel:
    """The distilled student taught the domain: municipal pairs, and German texts that belong together."""
    body = student.initial_student(embeddings_stage(folders))
    checkpoint = folders.work / "tune.pt"
    if finished(body, checkpoint, steps):
        return body
    body = distil_stage(folders, distil_steps)
    plan = Plan(
        "tune", steps, rate=3.75e-4, table_rate=7.5e-4, contrast=CONTRAST, near_from=NEAR_FROM, knee=KNEE, seed=SEED + 1
    )
    pools = tune_pools(folders, tokenizer_stage(folders))
    return train(body, pools, plan, checkpoint, device(), dev_figures(folders))


def adopt(folders: Folders, released: Path) -> dict[str, int | str]:
    """Lay a released model into the work folder, tokenizer and all; returns what its manifest says of its making.

    Raises:
        UserError: not a released model, or the work folder began with another one.
    """
    try:
        manifest = json.loads((released / "manifest.json").read_bytes())
        weights = sources.file_sha256(released / "model.safetensors")
        taken = {key: manifest[key] for key in ("distil_steps", "tune_steps")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{released}: erwartet ein fertiges Modell mit manifest.json ({error}).") from error
    kept = folders.work / "start"
    if not kept.exists():
        shutil.copytree(released, kept.with_suffix(".partial"), dirs_exist_ok=True)
        kept.with_suffix(".partial").rename(kept)
    if sources.file_sha256(kept / "model.safetensors") != weights:
        raise UserError(
            f"{folders.work} begann mit einem anderen Modell als {released}; --work DIR nennt einen leeren Ordner."
        )
    _replace(folders.work / "tokenizer.json", (kept / "tokenizer.json").read_bytes())
    return {**taken, "start_sha256": weights}


def extended_stage(folders: Folders, steps: int) -> BertModel:
    """The adopted model trained further on the pools of tuning, half its batches of like texts from the first step on.

    The rates hold until EXTEND_DECAY steps before the end, so `steps` may be set once it is known how much time is
    left: a checkpoint from before that is the same whatever `steps` is.
    """
    body = student.released_student(folders.work / "start")
    checkpoint = folders.work / "extend.pt"
    if finished(body, checkpoint, steps):
        return body
    plan = Plan(
        "extend",
        steps,
        rate=EXTEND_RATE,
        table_rate=2 * EXTEND_RATE,
        warmup=50,
        decay=EXTEND_DECAY,
        contrast=CONTRAST,
        near_from=0,
        seed=SEED + 2,
    )
    pools = tune_pools(folders, tokenizer_stage(folders))
    pools = [replace(pool, share=EXTEND_SHARES.get(pool.name, pool.share)) for pool in pools]
    return train(body, pools, plan, checkpoint, device(), dev_figures(folders))


def extended_how(steps: int) -> dict[str, int | float | str]:
    """What the card says of further training on this machine."""
    return {
        "extend_steps": steps,
        "extend_rate": EXTEND_RATE,
        "extend_table_rate": 2 * EXTEND_RATE,
        "extend_decay": EXTEND_DECAY,
        "extend_arithmetic": "bf16" if student.computes_in_bf16(device()) else "fp32",
    }


def averaged_stage(folders: Folders, distil_steps: int, steps: int) -> BertModel:
    """The weights that are released: those after tuning, drawn a quarter of the way back to those before it."""
    before = distil_stage(folders, distil_steps).state_dict()
    body = tune_stage(folders, distil_steps, steps)
    body.load_state_dict(drawn_back(body.state_dict(), before, DISTILLED))
    return body


def drawn_back(after: Weights, before: Weights, share: float) -> Weights:
    """The mean of two states of one network that gives `before` the weight `share`."""
    return {key: torch.lerp(value, before[key], share) for key, value in after.items()}


def settled_stage(folders: Folders, steps: int) -> tuple[BertModel, float]:
    """The weights that are released after further training, and how far they are drawn back to those before it.

    That is the one of SHARES_KEPT that STS-b de dev ranks best.
    """
    before = student.released_student(folders.work / "start").state_dict()
    body = extended_stage(folders, steps)
    return body, settle(body, before, dev_figures(folders).sts_dev)


def settle(body: BertModel, before: Weights, score: Callable[[BertModel], float]) -> float:
    """Draw `body` back to `before` by the share that `score` likes best; returns the share, the smallest of equals."""
    after = {key: value.clone() for key, value in body.state_dict().items()}
    scores = {}
    for share in SHARES_KEPT:
        body.load_state_dict(drawn_back(after, before, share))
        scores[share] = score(body)
    best = max(SHARES_KEPT, key=scores.__getitem__)
    body.load_state_dict(drawn_back(after, before, best))
    return best


def tune_pools(folders: Folders, tokenizer: Tokenizer) -> list[Pool]:
    """Less of what distillation used, the municipal rows four times an epoch, and pairs of German texts."""
    rows = texts.municipal_rows()
    own = texts.municipal(rows)
    long = [pair for i, pair in enumerate(own) if i % 2]
    passages = texts.passages([own, long], MUNICIPAL_PASSAGES, (20, 120), SEED)
    base = [replace(pool, share=pool.share // 2) for pool in distil_pools(folders, tokenizer)]
    return [
        *base,
        distil_pool("municipal", own, 4 * len(own), folders, tokenizer),
        distil_pool("municipal passages", passages, len(passages), folders, tokenizer),
        partner_pool("municipal partners", [(short, long) for short, long, _, _ in rows], 2 * len(rows), tokenizer),
        partner_pool("paragraphs", paragraph_pairs(folders.corpora), PARAGRAPHS, tokenizer),
        partner_pool("crops", texts.crops(german_prose(folders.corpora), CROPS, SEED), CROPS, tokenizer),
    ]


def partner_pool(name: str, pairs: Sequence[tuple[str, str]], share: int, tokenizer: Tokenizer) -> Pool:
    """German texts, each with one that belongs to it."""
    left, right = ([pair[side] for pair in pairs] for side in (0, 1))
    return Pool(name, teacher.pieces_of(tokenizer, left), share, partners=teacher.pieces_of(tokenizer, right))


def paragraph_pairs(corpora: Path) -> list[tuple[str, str]]:
    """One sentence of each legal paragraph of three or more, and the rest of the paragraph."""
    return texts.sentence_and_rest(sources.lines(corpora, "gesetze"), SEED)


def german_prose(corpora: Path) -> list[str]:
    """Written German: guidance, Wikipedia, and the sentences of the federal laws."""
    laws = [text for line in sources.lines(corpora, "gesetze") for text in texts.SENTENCE_END.split(line)]
    return [pair.german for pair in texts.prose(corpora)] + [text for text in laws if len(text) < 300]


def distil_pool(name: str, pairs: Sequence[Pair], share: int, folders: Folders, tokenizer: Tokenizer) -> Pool:
    """German pieces with the teacher's vectors of the English sides."""
    vectors = teacher.targets(pairs, folders.work / "teacher", device())
    return Pool(name, teacher.pieces_of(tokenizer, [pair.german for pair in pairs]), share, vectors)


def _pools(corpora: Path) -> tuple[list[Pair], list[Pair], list[Pair]]:
    return texts.words(corpora), texts.sentences(corpora), texts.prose(corpora)


@dataclass(frozen=True)
class DevFigures:
    """Measures a body on STS-b de dev and XQuAD-de and says so in one line."""

    tokenizer: Tokenizer
    sts: measure.Sts
    xquad: measure.Xquad

    def __call__(self, body: BertModel) -> str:
        """E.g. `STS-b dev 0.7912, XQuAD hit@1 0.733, MRR 0.811`."""
        hit, mrr = measure.xquad_retrieval(self._encode(body), self.xquad)
        return f"STS-b dev {self.sts_dev(body):.4f}, XQuAD hit@1 {hit:.3f}, MRR {mrr:.3f}"

    def sts_dev(self, body: BertModel) -> float:
        """Spearman's correlation on STS-b de dev."""
        return measure.sts_spearman(self._encode(body), self.sts)

    def _encode(self, body: BertModel) -> measure.Encode:
        return lambda texts: student.encode(body, teacher.pieces_of(self.tokenizer, texts), device())


def dev_figures(folders: Folders) -> DevFigures:
    """The measure the training loop prints at each checkpoint."""
    sts, xquad = measure.read_sts(folders.benchmarks, "dev"), measure.read_xquad(folders.benchmarks)
    return DevFigures(tokenizer_stage(folders), sts, xquad)


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
