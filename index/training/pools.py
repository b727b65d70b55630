"""Pools of training texts and the order in which their batches come: a pure function of seed and epoch."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.training.student import Pieces, by_length

BUDGET = 3072
"""Padded pieces in a batch."""
MOST = 384
"""Texts in a batch: the loss compares every two of them."""

NEAR_SEED = 1_000


@dataclass(frozen=True)
class Pool:
    """Texts of one kind.

    Attributes:
        targets: (n, d) the teacher's vectors, or None where only the partners teach.
        partners: texts that mean the same as those of `pieces`, or None.
        share: texts drawn in an epoch; may exceed the size of the pool.
    """

    name: str
    pieces: Pieces
    share: int
    targets: npt.NDArray[np.float16] | None = None
    partners: Pieces | None = None


class Batch(NamedTuple):
    """Positions in one pool."""

    pool: Pool
    rows: npt.NDArray[np.int64]


def batches(pools: list[Pool], seed: int, start: int = 0, near_from: int | None = None) -> Iterator[Batch]:
    """Endless batches from step `start` on, epoch after epoch; from step `near_from` on half of them of like texts."""
    if near_from is not None and start >= near_from:
        yield from _epochs(pools, seed + NEAR_SEED, start - near_from, near=True)
    left = None if near_from is None else near_from - start
    yield from islice(_epochs(pools, seed, start, near=False), left)
    yield from _epochs(pools, seed + NEAR_SEED, 0, near=True)


def _epochs(pools: list[Pool], seed: int, start: int, near: bool) -> Iterator[Batch]:
    """Endless batches of one kind from the `start`th on."""
    epoch = 0
    while True:
        plan = epoch_plan(pools, seed, epoch, near)
        yield from plan[start:]
        start = max(0, start - len(plan))
        epoch += 1


def epoch_plan(pools: list[Pool], seed: int, epoch: int, near: bool = False) -> list[Batch]:
    """All batches of one epoch, each of one pool and of similar length, in random order."""
    draw = np.random.default_rng([seed, epoch])
    plan = [Batch(pool, rows) for pool in pools for rows in _pool_batches(pool, draw, near)]
    return [plan[i] for i in draw.permutation(len(plan))]


def _pool_batches(pool: Pool, draw: np.random.Generator, near: bool) -> Iterator[npt.NDArray[np.int64]]:
    """The pool's share of this epoch in batches; over the epochs every text comes equally often, by chance."""
    size = len(pool.pieces)
    rounds = -(-pool.share // size)
    rows = np.concatenate([draw.permutation(size) for _ in range(rounds)])[: pool.share]
    half = len(rows) // 2 if near and pool.targets is not None else 0
    known = lengths(pool)
    for group in (rows[half:], *_neighbourhoods(pool, rows[:half], draw)):
        for positions in by_length(known[group], BUDGET, MOST):
            yield group[positions]


def _neighbourhoods(pool: Pool, rows: npt.NDArray[np.int64], draw: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """The rows in groups of some two batches each, every row with the nearest of randomly drawn ones.

    Among like texts the similarity matrix and the neighbour loss teach the fine differences that STS and search rank
    by; in a random batch nearly all similarities are close to zero.
    """
    if not len(rows) or pool.targets is None:
        return []
    count = 1 + int(lengths(pool)[rows].sum()) // (2 * BUDGET)
    vectors = pool.targets[rows].astype(np.float32)
    nearest = (vectors @ vectors[draw.choice(len(rows), count, replace=False)].T).argmax(axis=1)
    return [rows[nearest == group] for group in range(count)]


def lengths(pool: Pool) -> npt.NDArray[np.int64]:
    """Pieces of each text together with its partner."""
    own = np.array([len(text) for text in pool.pieces])
    return own if pool.partners is None else own + np.array([len(text) for text in pool.partners])
