"""Decides for each request whether the language model reranks, and the weight of its score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shortlist.agent.rerank.methods import METHODS
from shortlist.core.config import AUTO, NONE, STUDENT, ProfileConfig, RerankConfig
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Request
from shortlist.core.types import Profile

DEFAULT_METHOD = "yesno"
AUTO_LEAST = 10  # judgements: with fewer, a list is hardly better and only later
RequestKind = Literal["plain", "wish", "thin"]


@dataclass(frozen=True, slots=True)
class RerankPolicy:
    """The method to run, or None for no model call; the weight of its score; True if the method was named.

    A language model judges at most `depth` candidates within `budget_ms`, and none if fewer than `least` would fit.
    None is no limit but those of the request and the configuration.
    """

    method: str | None
    weight: float = 0.0
    named: bool = False
    depth: int | None = None
    budget_ms: float | None = None
    least: int = 1


def request_kind(request: Request, profile: Profile, config: ProfileConfig) -> RequestKind:
    """Return "wish" for a request with a wish, else "thin" for a reader with few liked items, else "plain"."""
    if request.wish:
        return "wish"
    return "thin" if len(profile.liked) < config.thin_history else "plain"


def decide(request: Request, profile: Profile, rerank: RerankConfig, profiles: ProfileConfig) -> RerankPolicy:
    """Return the policy for `request`. Raises `UsageError` for an unknown method."""
    check_method(request.rerank)
    if request.rerank == NONE:
        return RerankPolicy(None)
    weights = {"plain": rerank.weight_plain, "wish": rerank.weight_wish, "thin": rerank.weight_thin}
    weight = weights[request_kind(request, profile, profiles)]
    if request.rerank != AUTO:
        return RerankPolicy(request.rerank, weight or rerank.weight_named, named=True)
    method = chosen_method(rerank)
    if not weight or (method != STUDENT and rerank.auto_depth == 0):
        return RerankPolicy(None, weight)
    if method == STUDENT:
        return RerankPolicy(method, weight)
    return RerankPolicy(method, weight, depth=rerank.auto_depth, budget_ms=rerank.auto_ms, least=AUTO_LEAST)


def chosen_method(rerank: RerankConfig) -> str:
    """Return the method of `--rerank auto`. Builders of a recommender replace auto where there is a student."""
    return rerank.method if rerank.method != AUTO else DEFAULT_METHOD


def may_call_model(request: Request, rerank: RerankConfig) -> bool:
    """Return whether the request might need the model, before its reader's profile is read."""
    if request.rerank == AUTO:
        weight = rerank.weight_wish if request.wish else rerank.weight_plain or rerank.weight_thin
        return rerank.method != STUDENT and rerank.auto_depth != 0 and weight > 0
    return request.rerank not in (NONE, STUDENT)


def check_method(name: str) -> None:
    """Raise `UsageError` unless `name` is auto, none or a rerank method."""
    choices = (AUTO, NONE, *METHODS)
    if name not in choices:
        expected = f"one of {', '.join(choices)}"
        raise UsageError("unknown rerank method", expected=expected, found=repr(name), remedy="correct --rerank")
