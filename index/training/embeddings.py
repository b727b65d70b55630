"""German input embeddings in the teacher's input space, by ridge regression on translations.

The mean over the pieces of a German text is to equal the mean of the teacher's input embeddings over the pieces of
its translation. Where a piece is spelled like one of the teacher's whole words, that word's embedding is the prior:
names, numbers and punctuation keep their meaning even where no pair holds them.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from index.training.progress import Progress
from index.training.student import Pieces

Matrix = npt.NDArray[np.float32]
RIDGE = 0.3
ITERATIONS = 40


def prior(pieces: Sequence[str], teacher_pieces: dict[str, int], table: Matrix) -> Matrix:
    """Start values (pieces, 384): the teacher's row of equal spelling, else the mean of its rows."""
    start = np.tile(table.mean(axis=0), (len(pieces), 1))
    for row, piece in enumerate(pieces):
        if piece in teacher_pieces:
            start[row] = table[teacher_pieces[piece]]
    return start.astype(np.float32)


def fit(german: Pieces, means: Matrix, start: Matrix) -> Matrix:
    """Embeddings (pieces, 384) that minimise |mean − English mean|² + RIDGE |embedding − prior|².

    Conjugate gradients with a diagonal preconditioner on the normal equations.

    Args:
        german: pieces of each text, without [CLS] and [SEP].
        means: (n, 384) the English means.
        start: (pieces, 384) the prior.
    """
    rows, columns = _mean_matrix(german, len(start))
    prior_rows = torch.from_numpy(start)
    right = columns @ (torch.from_numpy(means) - rows @ prior_rows)
    diagonal = _squares(german, len(start)) + RIDGE
    change = _conjugate_gradients(rows, columns, right, diagonal.unsqueeze(1))
    fitted: Matrix = (prior_rows + change).numpy()
    return fitted


def _mean_matrix(texts: Pieces, pieces: int) -> tuple[Tensor, Tensor]:
    """Sparse (texts, pieces), each row averages the embeddings of one text's pieces; and its transpose."""
    lengths = np.array([len(text) for text in texts])
    places = np.stack([np.repeat(np.arange(len(texts)), lengths), np.concatenate(texts).astype(np.int64)])
    weights = torch.from_numpy(np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32))
    matrix = torch.sparse_coo_tensor(
        torch.from_numpy(places), weights, (len(texts), pieces), check_invariants=False
    ).coalesce()
    with warnings.catch_warnings():  # CSR counts as beta; it is several times as fast as COO here
        warnings.filterwarnings("ignore", message="Sparse")
        return matrix.to_sparse_csr(), matrix.t().coalesce().to_sparse_csr()


def _squares(texts: Pieces, pieces: int) -> Tensor:
    """For each piece the sum of its squared weights; repeated pieces of a text count singly."""
    lengths = np.array([len(text) for text in texts])
    weights = np.repeat(1.0 / np.maximum(lengths, 1) ** 2, lengths)
    return torch.from_numpy(np.bincount(np.concatenate(texts), weights, pieces).astype(np.float32))


def _conjugate_gradients(rows: Tensor, columns: Tensor, right: Tensor, diagonal: Tensor) -> Tensor:
    """Solve (AᵀA + RIDGE) X = right for all 384 columns at once."""
    progress = Progress("Eingangsvektoren", ITERATIONS)
    solution, residual = torch.zeros_like(right), right.clone()
    scaled = residual / diagonal
    direction, energy = scaled.clone(), (residual * scaled).sum(0)
    for _ in range(ITERATIONS):
        image = columns @ (rows @ direction) + RIDGE * direction
        step = energy / (direction * image).sum(0).clamp_min(1e-12)
        solution += step * direction
        residual -= step * image
        scaled = residual / diagonal
        fresh = (residual * scaled).sum(0)
        direction = scaled + fresh / energy.clamp_min(1e-12) * direction
        energy = fresh
        progress.advance(1, f"Rest {float(residual.norm()):.3f}")
    return solution
