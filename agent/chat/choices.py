"""From whom and of what kind: "only from NASA", "just food", "not sports or music", "without football"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.chat.grammar import pattern
from agent.chat.names import Names, leading
from agent.chat.setting import Found, Setting, cut
from agent.chat.words import word_set


def without(text: str, setting: Setting) -> Found:
    """Categories, channels and words that are not wanted. A word is believed only after a clear refusal."""
    found: dict[str, list[str]] = {}
    start = 0
    while match := pattern("without").search(text, start):
        taken = list(_refused(text[match.end() :], match, setting.names))
        start = match.start() if taken else match.end()
        for key, name, _ in taken:
            found[key] = [*found.get(key, ()), name]
        if taken:
            text = f"{text[: match.start()].rstrip()} {taken[-1][2].lstrip()}".strip()
    return dict(found), text


def _refused(rest: str, match: re.Match[str], names: Names) -> Iterator[tuple[str, str, str]]:
    """(argument, name, rest) for each name in a row such as "food, travel or music"."""
    joined: re.Match[str] | None
    while (one := _one_refused(rest, match, names)) is not None:
        yield one
        joined = pattern("or_name").match(one[2])
        if joined is None:
            return
        rest = one[2][joined.end() :]


def _one_refused(rest: str, match: re.Match[str], names: Names) -> tuple[str, str, str] | None:
    for words, after in leading(rest):
        category = None if match["source"] else names.category(_bare(words))
        if category is not None:
            return "not_categories", category, after
        channel = names.channel(words)
        if channel is not None:
            return "not_channels", channel, after
    single = pattern("refused_word").match(rest)
    if match["weak"] or match["source"] or single is None or single["word"].lower() in word_set("harmless"):
        return None
    return "not_words", single["word"].lower(), rest[single.end() :]


def source(text: str, setting: Setting) -> Found:
    """The one channel that is wanted. After "only from" it may be one that the home does not have."""
    for match in pattern("source").finditer(text):
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
        if found is not None:
            return {"channel": channel}, cut(text, found)
    return {}, text


def kind(text: str, setting: Setting) -> Found:
    """The one category (or channel) that is wanted: "only food", "food only"."""
    for match in pattern("alone").finditer(text):
        category = setting.names.category(match["words"])
        if category is not None:
            return {"category": category}, cut(text, match)
    for match in pattern("only").finditer(text):
        for words, after in leading(text[match.end() :]):
            bare = _bare(words)
            for key, name in (("category", setting.names.category(bare)), ("channel", setting.names.channel(bare))):
                if name is not None:
                    return {key: name}, f"{text[: match.start()]} {after}"
    return {}, text


def _bare(words: str) -> str:
    """ "food videos" -> "food"."""
    return pattern("video_end").sub("", words)
