"""The tower as a network: a reader's vector at every position of a window, and two losses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from shortlist.models.towers.item_tower import ACTS, AGES, LAST, SESSIONS

Floats = npt.NDArray[np.float32]
RECENCY = 0.7  # at the start
MARGIN = 1.0


class TowerNetwork(nn.Module):
    """Two tables of n item vectors, and the weights of a watch by its distance, act and age.

    `contexts`, int64[n], adds a vector of each item's context (its category) to both its vectors; None adds none.
    `sessions` adds the weighted means of the reader's sessions. With `signals` False, acts and ages do not count.
    """

    def __init__(
        self, inputs: Floats, outputs: Floats, *, contexts: Tensor | None, sessions: bool, signals: bool, dropout: float
    ) -> None:
        super().__init__()
        self.inputs = nn.Parameter(torch.from_numpy(inputs.copy()))
        self.outputs = nn.Parameter(torch.from_numpy(outputs.copy()))
        self.bias = nn.Parameter(torch.zeros(len(inputs)))
        self.recency = nn.Parameter(torch.tensor([RECENCY**k for k in range(LAST)]))
        self.acts = nn.Parameter(torch.ones(ACTS), requires_grad=signals)
        self.ages = nn.Parameter(torch.ones(AGES), requires_grad=signals)
        self.sessions = nn.Parameter(torch.zeros(SESSIONS), requires_grad=sessions)
        self.contexts = contexts
        if contexts is not None:
            shape = (int(contexts.max()) + 1, inputs.shape[1])
            self.context_in, self.context_out = nn.Parameter(torch.zeros(shape)), nn.Parameter(torch.zeros(shape))
        self.dropout = nn.Dropout(dropout)

    def item_inputs(self, items: Tensor) -> Tensor:
        """Return the input vectors of `items`, float32[..., d]."""
        rows = self.inputs[items]
        return rows if self.contexts is None else rows + self.context_in[self.contexts[items]]

    def item_outputs(self, items: Tensor) -> Tensor:
        """Return the output vectors of `items`, float32[..., d]."""
        rows = self.outputs[items]
        return rows if self.contexts is None else rows + self.context_out[self.contexts[items]]

    def readers(self, items: Tensor, codes: Tensor, ages: Tensor, session: Tensor, share: Tensor) -> Tensor:
        """Return float32[w, t, d]: the reader before each position t, from the acts before it.

        `items` and `codes` are int64[w, t], `items` negative where there is none; `ages` is int64[w, t, t].
        `session`, int64[w, t, t], and `share`, float32[w, t, t], are those of `sessions_before`.
        """
        width = items.shape[1]
        back = torch.arange(width)[:, None] - torch.arange(width)[None, :] - 1  # 0 is the act just before
        recency = torch.where(back >= 0, self.recency[back.clamp(0, LAST - 1)], torch.zeros(()))
        own, pooled = recency[None] * self.ages[ages], self.sessions[session] * share
        weights = self.acts[codes][:, None, :] * (own + pooled)
        vectors = self.item_inputs(items.clamp(min=0)) * (items >= 0)[..., None]
        before: Tensor = self.dropout(torch.bmm(weights, vectors))
        return before


def log_inclusion(frequency: Tensor, positions: int, uniform: int) -> Tensor:
    """Return float32[n]: log of the chance that each item is among the candidates of a batch.

    They are the targets of `positions`, drawn by `frequency` (a probability), and `uniform` items drawn at random.
    """
    expected = positions * frequency + uniform / len(frequency)
    return torch.log(-torch.expm1(-expected))


def sampled_softmax(
    readers: Tensor, targets: Tensor, candidates: Tensor, masked: Tensor, log_q: Tensor, network: TowerNetwork
) -> Tensor:
    """Return the mean cross-entropy of each position's target among `candidates`, corrected by `log_q`.

    `readers` is float32[p, d], `targets` int64[p] are places in `candidates`, int64[c], and `masked`, bool[p, c], marks
    what the reader watches elsewhere. The correction is that of X. Yi et al., Sampling-Bias-Corrected Neural Modeling,
    RecSys 2019.
    """
    scores = readers @ network.item_outputs(candidates).T + network.bias[candidates] - log_q[candidates]
    return nn.functional.cross_entropy(scores.masked_fill(masked, -torch.inf), targets)


def triplet_loss(
    readers: Tensor, targets: Tensor, candidates: Tensor, masked: Tensor, log_q: Tensor, network: TowerNetwork
) -> Tensor:
    """Return the mean of max(0, `MARGIN` - score of the target + score of the hardest of some candidates).

    Every 16th candidate from the target on is a negative, so that the hardest is not always the most popular. The
    arguments are those of `sampled_softmax`; `log_q` is not used.
    """
    scores = readers @ network.item_outputs(candidates).T + network.bias[candidates]
    positive = scores.gather(1, targets[:, None])
    own = torch.zeros_like(masked).scatter_(1, targets[:, None], True)
    sampled = (torch.arange(len(candidates))[None] - targets[:, None]) % 16 == 0
    negative = scores.masked_fill(masked | own | ~sampled, -torch.inf).amax(dim=1, keepdim=True)
    return torch.relu(MARGIN - positive + negative).mean()
