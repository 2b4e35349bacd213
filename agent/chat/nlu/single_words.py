"""Reads a short message about the last list by its single words, where no phrase of the grammar matches it whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shortlist.agent.chat.action import Action, ActionName
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.feedback import places_in
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.vocabulary import word_set

MAX_WORDS = 14  # a longer message is more than a remark
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
WISH = re.compile(r"(?:'d|\bwould) (?:\w+ )?(?:like|love)\b")  # praises nothing


def read_single_words(text: str, user: str | None, state: ChatState) -> Action | None:
    """Return the feedback on a video of the last list, or the request to open or explain it, in `text`.

    The message must point to a video ("number 2", "the last one", "it") and contain a word of one kind: praise, blame,
    having seen, opening or explaining. A negated word of praise is blame.

    None if it points to none, or asks for videos.
    """
    words = WORD.findall(WISH.sub(" ", text.lower()))
    if not state.last_list or len(words) > MAX_WORDS or pattern("points_at").search(text) is None:
        return None
    if word_set("asks_for_videos") & set(words):
        return None
    kind = next(_kinds(words, asks=pattern("asks").match(text) is not None), None)
    numbers = places_in(text, state)
    who = {"user": user} if user else {}
    if kind is None or (kind in ("open", "explain") and len(numbers) > 1 and pattern("whole").search(text) is None):
        return None
    if kind in ("open", "explain"):
        name: ActionName = "open" if kind == "open" else "explain"
        return Action(name, {"number": numbers[0], **who})
    return Action("feedback", {**who, "action": kind, "numbers": numbers})


def _kinds(words: list[str], *, asks: bool) -> Iterator[str]:
    """Yield what the words say of a video: explain, view, dislike, like or open. A question judges nothing."""
    said = set(words)
    negated = any(word in word_set("negations") or word.endswith("n't") for word in words)
    if said & word_set("explaining"):
        yield "explain"
    if not asks and not negated and said & word_set("having_seen"):
        yield "view"
    if not asks and said & word_set("blame"):
        yield "like" if negated else "dislike"
    if not asks and said & word_set("praise"):
        yield "dislike" if negated else "like"
    if said & word_set("describing"):
        return
    if not negated and said & word_set("opening"):
        yield "open"
