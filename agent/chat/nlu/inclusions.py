"""From whom, of what kind, in which language: "only from NASA", "just food", "in German"."""

from __future__ import annotations

import re

from shortlist.agent.chat.nlu.context import Found, ParseContext, cut, refused
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.names import Names, bare, leading
from shortlist.agent.chat.nlu.words import word_map


def source(text: str, setting: ParseContext) -> Found:
    """The one channel that is wanted. After "only from" it may be one that the home does not have."""
    for match in pattern("source").finditer(text):
        begin = refused(text, match.start())
        if begin is not None:  # a channel that the home does not have: those that it has are taken before
            words = pattern("source_end").split(text[match.end() :], maxsplit=1)[0]
            end = match.end() + len(words)
            return {"unmet": [text[begin:end].strip()]}, f"{text[:begin]}{text[end:]}"
        for words, after in leading(text[match.end() :]):
            channel = setting.names.channel(words)
            if channel is not None:
                return {"channel": channel}, f"{text[: match.start()]} {after}"
        if match["only"] or "channel" in match[0].lower():
            words = pattern("source_end").split(text[match.end() :], maxsplit=1)[0].strip()
            if words:
                return {"channel": words}, text[: match.start()] + text[match.end() + len(words) :]
    return _named(text, setting.names)


def _named(text: str, names: Names) -> Found:
    """A channel of several words needs no "from" to be known for one."""
    folded = text.casefold()
    for channel in names.channels:
        if " " not in channel or channel.casefold() not in folded:
            continue  # there may be many thousand channels, and an expression for each takes long
        whole = rf"(?<!about )(?<!on )\b{re.escape(channel)}(?:'s)?(?!\w)"
        found = re.search(whole, text, re.I)
        if found is not None and refused(text, found.start()) is None:
            return {"channel": channel}, cut(text, found)
    return {}, text


def kind(text: str, setting: ParseContext) -> Found:
    """The one category (or channel) that is wanted: "only food", "food only"."""
    for match in pattern("alone").finditer(text):
        category = setting.names.category(match["words"])
        if category is not None:
            return {"category": category}, cut(text, match)
    for match in pattern("only").finditer(text):
        if refused(text, match.start()) is not None:
            continue
        for words, after in leading(text[match.end() :]):
            plain = bare(words)
            for key, name in (("category", setting.names.category(plain)), ("channel", setting.names.channel(plain))):
                if name is not None:
                    return {key: name}, f"{text[: match.start()]} {after}"
    return {}, text


def language(text: str, setting: ParseContext) -> Found:
    """The one language that is wanted."""
    for match in pattern("in_language").finditer(text):
        known = word_map("languages").get(match["language"].lower())
        if known is not None and refused(text, match.start()) is None:
            return {"language": known}, cut(text, match)
    return {}, text
