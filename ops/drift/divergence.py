"""Divergences of two distributions given as counts, and the value that each has on average if nothing changed.

PSI is the population stability index of credit scoring (Siddiqi, Credit Risk Scorecards, 2006): the divergence J of
Jeffreys, 1946, which is Kullback and Leibler's in both directions. To second order it is the chi-square statistic of
two samples, so samples of n and m from one distribution over k bins have a PSI of (k - 1)(1/n + 1/m) on average
(Yurdakul, Statistical properties of population stability index, 2018), and half of that as KL divergence.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

PSEUDO_COUNT = 0.5  # of each bin: Krichevsky and Trofimov, 1981
KS_MEAN = np.pi**2 / 12  # of nm/(n + m) times the squared statistic of Kolmogorov and Smirnov


def shares(counts: Counts) -> Floats:
    """Return the shares of the bins, float64[..., k], none of them 0. `counts` are int64[..., k]."""
    smoothed = counts + PSEUDO_COUNT
    result: Floats = smoothed / smoothed.sum(-1, keepdims=True)
    return result


def kl_divergence(p: Floats, q: Floats) -> Floats:
    """Return the Kullback-Leibler divergence of `p` from `q` in nats, over the last axis. Both sum to 1."""
    result: Floats = rel_entr(p, q).sum(-1)
    return result


def psi(p: Floats, q: Floats) -> Floats:
    """Return the population stability index, over the last axis: the KL divergence of both from each other."""
    return kl_divergence(p, q) + kl_divergence(q, p)


def psi_floor(bins: int, n: Floats, m: Floats) -> Floats:
    """Return the mean PSI of samples of `n` and `m` values from one distribution."""
    return (bins - 1) * (1 / n + 1 / m)


def rate_divergence(p: Counts, q: Counts) -> tuple[Floats, Floats]:
    """Return the divergence of the rates of `p` and `q`, and its floor, both over the leading axes.

    They are counts of [not chosen, chosen] by bin, int64[..., k, 2]. The divergence is PSI within each bin, weighted
    by the share of the bin in `p`: by the chain rule the part of the KL divergence that the bins do not explain.
    """
    ours, theirs = p.sum(-1), q.sum(-1)
    weights = ours / ours.sum(-1, keepdims=True)
    divergence: Floats = (weights * psi(shares(p), shares(q))).sum(-1)
    floor: Floats = (weights * (1 / (ours + 1) + 1 / (theirs + 1))).sum(-1)  # 1: both pseudo-counts
    return divergence, floor
