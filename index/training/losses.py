"""What the student is taught with: the teacher's vectors and their neighbourhoods, and pairs that belong together."""

import torch
from torch import Tensor
from torch.nn import functional

TEMPERATURE = 0.05
SIMILARITY_WEIGHT = 10.0
NEIGHBOUR_WEIGHT = 0.1


def distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Three views of one goal, the German vector beside the English one; both (n, d), unit length.

    Cosine places each vector. The similarity matrix is what STS ranks by. The neighbour term (cross entropy between
    the teacher's and the student's softmax over the batch's English vectors) sharpens what retrieval needs; its
    targets are soft, so paraphrases in a batch do no harm.
    """
    cosine = 1 - (student * teacher).sum(1).mean()
    similar = functional.mse_loss(student @ student.T, teacher @ teacher.T)
    return cosine + SIMILARITY_WEIGHT * similar + NEIGHBOUR_WEIGHT * neighbours(student, teacher)


def neighbours(student: Tensor, teacher: Tensor) -> Tensor:
    """Kullback–Leibler divergence of the two softmaxes over the batch's teacher vectors, mean over rows."""
    wanted = functional.log_softmax(teacher @ teacher.T / TEMPERATURE, dim=1)
    found = functional.log_softmax(student @ teacher.T / TEMPERATURE, dim=1)
    return functional.kl_div(found, wanted, reduction="batchmean", log_target=True)


def contrastive(left: Tensor, right: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Multiple negatives ranking in both directions: row i of `left` belongs to row i of `right`, (n, d) each."""
    scores = left @ right.T / temperature
    labels = torch.arange(len(left), device=left.device)
    return (functional.cross_entropy(scores, labels) + functional.cross_entropy(scores.T, labels)) / 2
