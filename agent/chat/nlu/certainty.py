"""Whether a message says beyond doubt what an action would store. Where it does not, the chat asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.nlu.feedback import read_feedback
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.vocabulary import word_map, word_set

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
MAX_WORDS = 30  # a longer message says more than what it would store
Choice = Mapping[str, Any]  # the name of a phrase of `phrases.toml`, as "say", and its values


def writes(action: Action) -> bool:
    """Return whether `action` changes what is stored of a reader: events or the objective."""
    return action.name == "feedback" or (
        action.name == "objective" and not action.arguments.keys() <= {"user", "unmet", "others"}
    )


def is_certain(action: Action, msg: ParsedMessage) -> bool:
    """Return whether `msg` says beyond doubt what `action` stores.

    A question, a supposition, a report of what others say or like, and a quotation do not.
    """
    if msg.asks or len(msg.text.split()) > MAX_WORDS or pattern("doubtful").search(msg.text):
        return False
    if action.name == "objective":
        return all(word in word_set("before_wish") for word in _words(_before("wished", msg.body) or ""))
    if action.arguments.get("undone"):
        return pattern("taking_back").search(msg.text) is not None
    if "channel" in action.arguments or "channel_of" in action.arguments:
        return pattern("refusing_channel").search(msg.body) is not None
    if pattern("supposed").search(msg.text):
        return False
    if read_feedback(msg.body, msg.user, msg.state, msg.context.names) == action:  # a phrase that is nothing else
        return True
    said = set(_words(msg.text))
    if said & word_set("praise") and said & word_set("blame"):
        return False
    before = _before("judged", msg.body)
    return before is not None and all(_may_stand_before(word) for word in _words(before))


def ask(action: Action, msg: ParsedMessage) -> Action:
    """Return the question whether `action` is meant, with ready answers."""
    user = {"user": msg.user} if msg.user else {}
    return Action("ask", {**user, "choices": [dict(choice) for choice in _choices(action, msg)]})


def _choices(action: Action, msg: ParsedMessage) -> Iterator[Choice]:
    given = action.arguments
    if given.get("undone"):
        yield {"say": "choose_undo"}
        yield {"say": "choose_list_before"}
    elif action.name == "objective":
        if given.get("clear"):
            yield {"say": "choose_clear"}
        for amount in ("more", "less"):
            for name in given.get(amount, ()):
                yield {"say": f"choose_{amount}", "what": name}
        if "length_s" in given:
            yield {"say": "choose_length", "seconds": int(given["length_s"])}
        yield {"say": "choose_settings"}
    elif "channel" in given:
        yield {"say": "choose_less_channel", "what": given["channel"]}
        yield {"say": "choose_only_channel", "what": given["channel"]}
    elif "channel_of" in given:
        yield {"say": "choose_less_channel_of", "place": _place(given["channel_of"], msg)}
    else:
        places = [_place(number, msg) for number in given["numbers"]]
        which = {"places": ", ".join(map(str, places))}
        first = given["action"]
        yield from (
            {"say": f"choose_{one}", **which} for one in (first, *(one for one in ("like", "dislike") if one != first))
        )
        if len(places) == 1:
            yield {"say": "choose_describe", **which}


def _place(number: int, msg: ParsedMessage) -> int:
    return msg.state.n_shown if number == -1 else number


def _before(name: str, text: str) -> str | None:
    """Return what stands in `text` before the first match of the entry `name`; None without one."""
    match = pattern(name).search(text)
    return text[: match.start()] if match else None


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _may_stand_before(word: str) -> bool:
    return (
        any(word in word_set(name) for name in ("before_feeling", "praise", "blame", "having_seen"))
        or word in word_map("numbers")
        or word in word_map("places")
    )
