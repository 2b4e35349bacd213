"""Limits to a channel, category or language: "only from NASA", "just food", "in German"."""

from __future__ import annotations

import re

from shortlist.agent.chat.nlu.context import Extraction, ParseContext, cut, negation_start
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.names import Names, leading_words, strip_video_nouns
from shortlist.agent.chat.nlu.vocabulary import word_map


def extract_channel(text: str, context: ParseContext) -> Extraction:
    """Return the channel to limit to. After "only from" it may be one that the home does not have."""
    for match in pattern("source").finditer(text):
        begin = negation_start(text, match.start())
        if begin is not None:  # an unknown channel: `exclude_names` has taken the known ones
            words = pattern("source_end").split(text[match.end() :], maxsplit=1)[0]
            end = match.end() + len(words)
            return {"unmet": [text[begin:end].strip()]}, f"{text[:begin]}{text[end:]}"
        for words, after in leading_words(text[match.end() :]):
            channel = context.names.channel(words)
            if channel is not None:
                return {"channel": channel}, f"{text[: match.start()]} {after}"
        if match["only"] or "channel" in match[0].lower():
            words = pattern("source_end").split(text[match.end() :], maxsplit=1)[0].strip()
            if words:
                return {"channel": words}, text[: match.start()] + text[match.end() + len(words) :]
    return _multi_word_channel(text, context.names)


def _multi_word_channel(text: str, names: Names) -> Extraction:
    """Return a channel whose name has several words: it is recognised without "from"."""
    folded = text.casefold()
    for channel in names.channels:
        if " " not in channel or channel.casefold() not in folded or names.exact_channel(channel) is None:
            continue  # a regular expression for each of many thousand channels would be slow
        name = rf"(?<!about )(?<!on )\b{re.escape(channel)}(?:'s)?(?!\w)"
        match = re.search(name, text, re.I)
        if match is not None and negation_start(text, match.start()) is None:
            return {"channel": channel}, cut(text, match)
    return {}, text


def extract_category(text: str, context: ParseContext) -> Extraction:
    """Return the category (or channel) to limit to: "only food", "food only"."""
    for match in pattern("alone").finditer(text):
        category = context.names.category(match["words"])
        if category is not None:
            return {"category": category}, cut(text, match)
    for match in pattern("only").finditer(text):
        if negation_start(text, match.start()) is not None:
            continue
        for words, after in leading_words(text[match.end() :]):
            noun = strip_video_nouns(words)
            for key, name in (("category", context.names.category(noun)), ("channel", context.names.channel(noun))):
                if name is not None:
                    return {key: name}, f"{text[: match.start()]} {after}"
    return {}, text


def extract_language(text: str, context: ParseContext) -> Extraction:
    """Return the language to limit to."""
    for match in pattern("in_language").finditer(text):
        language = word_map("languages").get(match["language"].lower())
        if language is not None and negation_start(text, match.start()) is None:
            return {"language": language}, cut(text, match)
    return {}, text
