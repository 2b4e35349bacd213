"""Standing wishes, which every list heeds: "more food", "from now on less sports", "what are my settings?"."""

from __future__ import annotations

from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.names import Names


def standing(msg: ParsedMessage) -> Action | None:
    """Return the objective that the message states, asks for or clears; None if it does none of it.

    "Less sports" without "from now on" or the like is about the list at hand, and no standing wish.
    """
    if pattern("asks_objective").fullmatch(msg.body):
        return Action("objective", {"user": msg.user})
    if pattern("clears_objective").fullmatch(msg.body):
        return Action("objective", {"user": msg.user, "clear": True})
    lasting = pattern("lasting").search(msg.body) is not None
    text = pattern("lasting").sub(" ", msg.body).strip(" ,.;:!")
    wanted = _amount(" ".join(text.split()), msg.context.names, lasting=lasting) or (_length(msg) if lasting else None)
    return Action("objective", {"user": msg.user, **wanted}) if wanted else None


def _amount(text: str, names: Names, *, lasting: bool) -> dict[str, Any] | None:
    found = pattern("more_or_less").fullmatch(text)
    if found is None or not (lasting or found["more"]):
        return None
    name = names.category(found["name"]) or names.channel(found["name"])
    return {"more" if found["more"] else "less": [name]} if name else None


def _length(msg: ParsedMessage) -> dict[str, Any] | None:
    """Return the length that the message limits videos to; a wish for any length removes it."""
    return {"length_s": msg.limits["max_duration_s"] or 0} if "max_duration_s" in msg.limits else None
