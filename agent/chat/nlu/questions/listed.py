"""Questions about videos of the list, or about what one says: "compare 1 and 2", "who says the Moon is dusty?"."""

from __future__ import annotations

import re

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.vocabulary import parse_number

MIN_WORDS = 2  # of a quotation without quotation marks
QUOTES = " \"“”„«»'"


def compare(msg: ParsedMessage) -> Action | None:
    """Return the comparison of the places that the message names: "what's the difference between 1 and 2?"."""
    if not msg.state.last_list or not pattern("compares").match(msg.body):
        return None
    ends = pattern("end_of_list").search(msg.body)
    if ends:
        many, shown = parse_number(ends["many"]), msg.state.n_shown
        numbers = list(range(shown - many + 1, shown + 1) if ends["end"] == "last" else range(1, many + 1))
    else:
        places = pattern("compared_place").finditer(msg.body)
        numbers = list(dict.fromkeys(parse_number(place["numbered"] or place["alone"]) for place in places))
    if not numbers and (pattern("whole_list").search(msg.body) or pattern("superlative").search(msg.body)):
        numbers = list(msg.state.last_page)
    if len(numbers) < 2:
        return None
    return Action("compare", {**({"user": msg.user} if msg.user else {}), "numbers": numbers})


def find_quote(msg: ParsedMessage) -> Action | None:
    """Return the search for what somebody says: "in which video do they say gravity is a sixth of ours?"."""
    found = pattern("who_says").fullmatch(msg.body)
    if found is None:
        return None
    said = next(text for text in found.groups() if text)
    words = said.strip(QUOTES + ".?!,")
    if pattern("place_alone").fullmatch(words):
        return None  # "what do they say in number 4?" asks about a place
    quoted = re.search(r"[\"“„«]", said)
    return Action("quote", {"text": words}) if quoted or len(words.split()) >= MIN_WORDS else None
