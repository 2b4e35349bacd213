"""Replies to questions about the catalogue: how many videos, which channels, and which video says something."""

from __future__ import annotations

import numpy as np

from shortlist.agent.chat import reply_text
from shortlist.agent.chat.action import Action, build_filters
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.languages.phrases import say
from shortlist.agent.chat.nlu.vocabulary import word_map
from shortlist.agent.chat.reply import Reply
from shortlist.agent.recommend import Recommender
from shortlist.core.ranking import Filters
from shortlist.retrieval.analysis import terms
from shortlist.retrieval.filters import count_rows
from shortlist.retrieval.index.columns import Labels
from shortlist.retrieval.index.snapshot import Snapshot

MAX_NAMES = 20
QUOTE_DEPTH = 20  # videos that are searched for a quotation
SAID_SHARE = 0.75  # of the words of a quotation that a segment must have


def count(action: Action, state: ChatState, recommender: Recommender) -> Reply:
    """Return the number of videos within the limits of `action`, or of those that have the words of its topic."""
    arguments, snapshot = action.arguments, recommender.snapshot
    about = arguments.get("about")
    n = count_rows(snapshot, build_filters(arguments), terms(about or ""))
    total = count_rows(snapshot, Filters(), ())
    limits = reply_text.limits(arguments, state.language)
    parts = [*([say("with_words", state.language, value=about)] if about else []), *limits]
    phrase = "count_some" if parts else "count_all"
    return Reply(say(phrase, state.language, n=f"{n:,}", total=f"{total:,}", what=", ".join(parts)), action)


def contents(action: Action, state: ChatState, snapshot: Snapshot) -> Reply:
    """Return the channels, categories or languages of the videos, those with the most videos first."""
    columns, kind = snapshot.columns, action.arguments["kind"]
    labels = {"channels": columns.channel, "categories": columns.category, "languages": columns.language}[kind]
    counted = _counted(labels, snapshot)
    if not counted:
        return Reply(say("no_contents", state.language), action)
    named = {code: name for name, code in word_map("languages").items()} if kind == "languages" else {}
    shown = [f"{named[name].capitalize() if name in named else name} ({n:,})" for name, n in counted[:MAX_NAMES]]
    names = ", ".join([*shown, *(["…"] if len(counted) > MAX_NAMES else [])])
    return Reply(say(kind, state.language, n=f"{len(counted):,}", names=names), action)


def quote(action: Action, state: ChatState, recommender: Recommender) -> Reply:
    """Return the video that says the text of `action`, with the passage; else that none does, and the nearest."""
    text = action.arguments["text"]
    answer = recommender.search(text, QUOTE_DEPTH)
    wanted = set(terms(text))
    found = [
        (len(wanted & set(terms(item.evidence.text))) / max(1, len(wanted)), -item.rank, item)
        for item in answer.recommendations
        if item.evidence is not None
    ]
    if not found:
        return Reply(say("quote_not_found", state.language, text=text), action)
    share, _, item = max(found, key=lambda one: one[:2])
    phrase = "quote_found" if share >= SAID_SHARE else "quote_nearest"
    return Reply(say(phrase, state.language, text=text, video=reply_text.quoted_passage(item)), action)


def _counted(labels: Labels, snapshot: Snapshot) -> list[tuple[str, int]]:
    """Return the names of `labels` with their numbers of videos, the most frequent first."""
    codes = labels.codes[snapshot.live]
    counts = np.bincount(codes[codes >= 0], minlength=len(labels.names)).tolist()
    pairs = [(name, n) for name, n in zip(labels.names, counts, strict=True) if n]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
