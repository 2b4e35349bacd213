"""Rules that continue a list: the next page, other limits, another topic or reader, videos like one of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shortlist.agent.chat.action import Action, ActionName
from shortlist.agent.chat.nlu.context import negation_start
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.places import place_of
from shortlist.agent.chat.nlu.topic import find_topic, strip_filler
from shortlist.agent.chat.nlu.vocabulary import parse_number, word_map
from shortlist.retrieval.analysis import terms

MAX_WORDS = 10  # of a message to go back to a list
RANGES = (("min_duration_s", "max_duration_s"), ("published_after", "published_before"))
OPPOSITES = {"category": "not_categories", "channel": "not_channels", "language": "not_languages"}


def merge_limits(arguments: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return `arguments` updated with `limits`: exclusions add up, None clears, a new limit removes its opposite.

    A topic whose words are all excluded is dropped.
    """
    both = {**arguments, **{name: _extend(arguments.get(name), value) for name, value in limits.items()}}
    for wanted, unwanted in OPPOSITES.items():
        if both.get(wanted) is not None and wanted in limits:
            both.pop(unwanted, None)
        elif unwanted in limits and both.get(wanted) in (both[unwanted] or ()):
            both.pop(wanted, None)
    if _covers(both.get("not_words") or (), both.get("about")):
        both.pop("about")
    for low, high in RANGES:
        if both.get(low) is not None and both.get(high) is not None and _is_empty(low, both[low], both[high]):
            both.pop(low if high in limits else high)
    return both


def _covers(words: Sequence[str], topic: str | None) -> bool:
    """Return whether `words` exclude everything that `topic` is about."""
    return bool(topic) and set(terms(topic or "")) <= set(terms(" ".join(words)))


def _extend(old: object, new: object) -> object:
    if not isinstance(new, list) or not isinstance(old, (list, tuple)):
        return new
    return [*old, *(value for value in new if value not in old)]


def _is_empty(low: str, minimum: Any, maximum: Any) -> bool:
    """Return whether a range is empty: ranges of dates exclude their end, ranges of durations include it."""
    return bool(minimum > maximum or (low == "published_after" and minimum == maximum))


def refuse(msg: ParsedMessage) -> Action | None:
    """Return the last request without a change if the message only refuses something that no filter can express."""
    if (
        not pattern("refused_topic").match(msg.rest)
        or pattern("wish").search(msg.rest)
        or pattern("like").search(msg.rest)
    ):
        return None
    return repeat(msg, {"unmet": [msg.rest]})


def resemble(msg: ParsedMessage) -> Action | None:
    """Return a request for videos like one of the list: "more like number 2"."""
    found = pattern("like").search(msg.rest)
    if found is None:
        return None
    if pattern("several").search(found[0]):
        return continue_list(msg)
    if (start := negation_start(msg.rest, found.start())) is not None:
        return repeat(msg, {"unmet": [msg.rest[start : found.end()]]})
    place = found["numbered"] or found["ordinal"] or found["bare"] or found["alone"]
    earlier = pattern("placed").search(msg.rest[: found.start()])
    number = parse_number(place) if place else place_of(earlier) if earlier else msg.state.focus
    return Action("recommend", {"user": msg.user, "like": number, **msg.limits})


def earlier_list(msg: ParsedMessage) -> Action | None:
    """Return the request of an earlier list of the thread: "back to the first list"; None if there is no such list."""
    lists = msg.state.lists
    if not lists or len(msg.body.split()) > MAX_WORDS or not pattern("returning").match(msg.body):
        return None
    found = pattern("earlier_list").search(msg.body)
    if found is None:
        return None
    which = (found["which"] or found["ago"] or found["shown"]).lower()
    place = word_map("places").get(which, 1 if which in ("original", "at the start", "at the beginning") else -1)
    if place > len(lists):
        return None
    request = lists[place - 1] if place > 0 else lists[-2:][0]
    return Action(request.name, {**request.arguments, "undone": True})


def repeat(msg: ParsedMessage, limits: Mapping[str, Any]) -> Action:
    """Return the last request with the limits of `msg` and `limits`, or a new one for the reader."""
    request = msg.state.last_request or Action("recommend", {"user": msg.user})
    return _refine_request(request, replace(msg, limits={**msg.limits, **limits}), None, msg.reader)


def next_page(msg: ParsedMessage) -> Action | None:
    """Return the next page if the message asks for it: "the next five"."""
    return continue_list(msg) if pattern("next").fullmatch(msg.rest) else None


def continue_list(msg: ParsedMessage) -> Action | None:
    """Return the last request from the first place that was not shown; None without one, or for another reader."""
    request = msg.state.last_request
    if request is None or msg.reader:
        return None
    page = {"after": msg.state.n_shown} if msg.state.n_shown else {}
    return Action(request.name, {**merge_limits(request.arguments, msg.limits), **page})


def refine(msg: ParsedMessage) -> Action | None:
    """Return the last request with other limits, for another reader or about another topic."""
    request = msg.state.last_request
    if request is None:
        return None
    instead = pattern("instead").fullmatch(msg.rest) or pattern("instead_after").fullmatch(msg.rest)
    topic = find_topic(instead["topic"]) if instead else None
    left = strip_filler(pattern("same").sub("", msg.rest) if msg.reader else msg.rest)
    same = msg.reader is not None and bool(
        pattern("same").match(msg.body) or (not left and pattern("that_list").search(msg.rest))
    )
    if not topic and (left or not (same or (msg.limits and not msg.reader))):
        return None
    if not (same or topic) and pattern("anew").search(msg.rest) and not pattern("any").fullmatch(msg.rest):
        return None
    return _refine_request(request, msg, topic, msg.reader if same else None)


def _refine_request(request: Action, msg: ParsedMessage, topic: str | None, user: str | None) -> Action:
    dropped = ("after", "like" if topic else "")
    arguments = {name: value for name, value in request.arguments.items() if name not in dropped}
    if user is not None and request.name == "search":
        arguments = {"about": arguments.pop("text"), **arguments}
    elif topic:
        arguments["text" if request.name == "search" else "about"] = topic
    name: ActionName = "recommend" if user else request.name
    return Action(name, merge_limits({**arguments, **({"user": user} if user else {})}, msg.limits))
