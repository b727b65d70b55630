"""The training loop: sparse steps for the embedding table, checkpoints that survive kill -9, progress.

A loop of our own instead of SentenceTransformerTrainer: its AdamW updates all of a 44,000-row table of which a batch
touches one row in thirty, and it pads mixed lengths, both dear on two cores (not measured side by side); and the
targets here are cached matrices, not columns of a data set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertModel

from index.training.losses import contrastive, distillation
from index.training.pools import Batch, Pool, batches
from index.training.progress import Progress
from index.training.student import embed, pad

CHECKPOINT_EVERY = 100


@dataclass(frozen=True)
class Plan:
    """One training stage: rates, how they change, and which batches come.

    The rates rise over `warmup` steps to their peak and fall linearly to the share `floor` at the last step. With
    `near_from` they fall to `knee` at that step and to `floor` from there, and from then on half the batches hold
    texts that are alike. With `decay` they hold their peak until so many steps before the end and fall to nothing.
    """

    name: str
    steps: int
    rate: float = 5e-4
    table_rate: float = 1e-3
    warmup: int = 100
    floor: float = 0.0
    contrast: float = 0.0
    near_from: int | None = None
    knee: float = 0.5
    decay: int | None = None
    seed: int = 7

    def factor(self, step: int) -> float:
        """Share of the peak rate at `step` (from 0)."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        if self.decay is not None:
            return min(1.0, (self.steps - step) / self.decay)
        if self.near_from is None:
            return _line(step, (self.warmup, 1.0), (self.steps, self.floor))
        if step < self.near_from:
            return _line(step, (self.warmup, 1.0), (self.near_from, self.knee))
        return _line(step, (self.near_from, self.knee), (self.steps, self.floor))


def _line(step: int, start: tuple[int, float], end: tuple[int, float]) -> float:
    """The value at `step` on the line through two points (step, value)."""
    return start[1] + (end[1] - start[1]) * (step - start[0]) / max(1, end[0] - start[0])


class Optimisers:
    """AdamW for the body; lazy Adam for the rows of the embedding table that a batch touches."""

    def __init__(self, body: BertModel, plan: Plan) -> None:
        table = body.embeddings.word_embeddings.weight
        rest = [parameter for parameter in body.parameters() if parameter is not table]
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(rest, lr=plan.rate, weight_decay=0.01, fused=True),
            torch.optim.SparseAdam([table], lr=plan.table_rate),
        ]
        self.peaks = (plan.rate, plan.table_rate)
        self.rest = rest

    def step(self, factor: float) -> None:
        """One step at `factor` of the peak rates; clears the gradients."""
        torch.nn.utils.clip_grad_norm_(self.rest, 1.0)
        for part, peak in zip(self.parts, self.peaks, strict=True):
            part.param_groups[0]["lr"] = peak * factor
            part.step()
            part.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, Any]]:
        """For the checkpoint."""
        return [part.state_dict() for part in self.parts]

    def restore(self, states: list[dict[str, Any]]) -> None:
        """From the checkpoint."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def train(
    body: BertModel, pools: list[Pool], plan: Plan, checkpoint: Path, device: str, measure: Callable[[BertModel], str]
) -> BertModel:
    """Train `body` in place through `plan`, from its last checkpoint on where there is one.

    The order of batches is a function of seed and step and nothing else is random, so a resumed run sees the
    same batches as an uninterrupted one.
    """
    nn.Module.to(body, device)
    optimisers = Optimisers(body, plan)
    start = _resume(body, optimisers, checkpoint, device)
    progress = Progress(plan.name, plan.steps, start)
    order = batches(pools, plan.seed, start, plan.near_from)
    for step, batch in enumerate(islice(order, plan.steps - start), start=start):
        body.train()
        loss = batch_loss(body, batch, plan.contrast, device)
        torch.autograd.backward(loss)
        optimisers.step(plan.factor(step))
        progress.advance(1, f"{batch.pool.name} {loss.item():.3f}")
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == plan.steps:
            save(body, optimisers, step + 1, checkpoint)
            progress.say(measure(body))
    return body


def batch_loss(body: BertModel, batch: Batch, contrast: float, device: str) -> Tensor:
    """The loss of one batch: towards the teacher where the pool has targets, towards the partners where it has them."""
    pool, rows = batch
    left = embed(body, *pad([pool.pieces[i] for i in rows], device))
    loss = left.new_zeros(())
    if pool.targets is not None:
        loss = loss + distillation(left, torch.from_numpy(pool.targets[rows]).to(device).float())
    if pool.partners is not None:
        right = embed(body, *pad([pool.partners[i] for i in rows], device))
        loss = loss + contrast * contrastive(left, right)
    return loss


def save(body: BertModel, optimisers: Optimisers, step: int, path: Path) -> None:
    """Write the checkpoint beside its place and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save({"step": step, "body": body.state_dict(), "optimisers": optimisers.state()}, partial)
    partial.replace(path)


def finished(body: BertModel, checkpoint: Path, steps: int) -> bool:
    """Whether the stage has taken all its steps; if so `body` gets its weights."""
    if not checkpoint.exists():
        return False
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if state["step"] < steps:
        return False
    body.load_state_dict(state["body"])
    return True


def _resume(body: BertModel, optimisers: Optimisers, path: Path, device: str) -> int:
    """Load the checkpoint if there is one; the step to go on with."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    body.load_state_dict(state["body"])
    optimisers.restore(state["optimisers"])
    return int(state["step"])
