"""Whether a request is worth the model's time, and how much the model's opinion then counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shortlist.agent.rerank.methods import METHODS
from shortlist.core.config import AUTO, NONE, ProfileConfig, RerankConfig
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Request
from shortlist.core.types import Profile

RequestKind = Literal["plain", "wish", "thin"]


@dataclass(frozen=True, slots=True)
class RerankPolicy:
    """The method to run, or None for no model call; the weight of its opinion; whether it was asked for by name."""

    method: str | None
    weight: float = 0.0
    named: bool = False


def request_kind(request: Request, profile: Profile, config: ProfileConfig) -> RequestKind:
    """A wish goes before a thin history: what is wished for does not depend on it."""
    if request.wish:
        return "wish"
    return "thin" if len(profile.liked) < config.thin_history else "plain"


def decide(request: Request, profile: Profile, rerank: RerankConfig, profiles: ProfileConfig) -> RerankPolicy:
    """What `request.rerank` means for this reader. Raises `UsageError` for a method that does not exist."""
    check_method(request.rerank)
    if request.rerank == NONE:
        return RerankPolicy(None)
    kinds = {"plain": rerank.weight_plain, "wish": rerank.weight_wish, "thin": rerank.weight_thin}
    weight = kinds[request_kind(request, profile, profiles)]
    if request.rerank == AUTO:
        return RerankPolicy(rerank.method if weight else None, weight)
    return RerankPolicy(request.rerank, weight or rerank.weight_named, named=True)


def may_ask(request: Request, rerank: RerankConfig) -> bool:
    """Whether the request might ask the model, before its reader is known."""
    if request.rerank == AUTO:
        return bool(rerank.weight_wish if request.wish else rerank.weight_plain or rerank.weight_thin)
    return request.rerank != NONE


def check_method(name: str) -> None:
    """Raise `UsageError` unless `name` is auto, none or a rerank method."""
    known = (AUTO, NONE, *METHODS)
    if name not in known:
        raise UsageError(
            "unknown rerank method", expected=f"one of {', '.join(known)}", found=repr(name), remedy="correct --rerank"
        )
