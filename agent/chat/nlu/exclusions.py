"""What is not wanted: "not number 2", "nothing in German", "not sports or music", "without football"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shortlist.agent.chat.nlu.context import Found, ParseContext, cut
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.names import Names, bare, leading
from shortlist.agent.chat.nlu.words import number_in, word_map, word_set


def videos(text: str, setting: ParseContext) -> Found:
    """Places of the last list; "that one" is the place spoken of last."""
    match = pattern("hidden").search(text)
    if match is None:
        return {}, text
    if match["many"]:
        return {"not_videos": _several(match["end"], number_in(match["many"]), setting.memory.shown)}, cut(text, match)
    places = [number_in(one["at"]) for one in pattern("each_place").finditer(match["places"] or "")]
    return {"not_videos": places or [setting.memory.focus]}, cut(text, match)


def _several(end: str, many: int, shown: int) -> list[int]:
    """The places of "the first two" or "the last two"."""
    return list(range(1, many + 1)) if end.lower() == "first" else [*range(max(1, shown - many + 1), shown), -1]


def languages(text: str, setting: ParseContext) -> Found:
    """Languages, which a refusal names with "in" or "any", or at its end."""
    for match in pattern("not_in_language").finditer(text):
        named = [word_map("languages").get(word.lower()) for word in re.findall(r"[^\W\d_]+", match["languages"])]
        found = [language for language in named if language]
        if found:
            return {"not_languages": found}, cut(text, match)
    return {}, text


def names(text: str, setting: ParseContext) -> Found:
    """Categories, channels and words. A word is believed only after a clear refusal, and only where it is one."""
    found: dict[str, list[str]] = {}
    start = 0
    while match := pattern("without").search(text, start):
        taken = list(_row(text[match.end() :], match, setting.names))
        if not taken and not match["weak"] and not pattern("looked").fullmatch(text[: match.start()]):
            taken = list(_several_words(text, match))
        start = match.start() if taken else match.end()
        for key, name, _ in taken:
            found[key] = [*found.get(key, ()), name]
        if taken:
            text = f"{text[: match.start()].rstrip()} {taken[-1][2].lstrip()}".strip()
    return dict(found), text


def contrasted(text: str, setting: ParseContext) -> Found:
    """A category that is refused for another: "not food, sports"."""
    match = pattern("contrast").search(text)
    if match is None:
        return {}, text
    refused, wanted = setting.names.category(match["refused"]), setting.names.category(match["wanted"])
    if refused is None or wanted is None:
        return {}, text
    return {"not_categories": [refused], "category": wanted}, cut(text, match)


def _row(rest: str, match: re.Match[str], known: Names) -> Iterator[tuple[str, str, str]]:
    """(argument, name, rest) for each name in a row such as "food, travel or music"."""
    joined: re.Match[str] | None
    while (one := _one(rest, match, known)) is not None:
        yield one
        joined = pattern("or_name").match(one[2])
        if joined is None:
            return
        rest = one[2][joined.end() :]


def _several_words(text: str, match: re.Match[str]) -> Iterator[tuple[str, str, str]]:
    """What a refusal says in several words, such as "machine learning": no filter leaves it out."""
    phrase = pattern("refused_phrase").match(text, match.end())
    if phrase is not None and phrase[0].split()[0].lower() not in word_set("harmless"):
        yield "unmet", text[match.start() : phrase.end()], text[phrase.end() :]


def _one(rest: str, match: re.Match[str], known: Names) -> tuple[str, str, str] | None:
    for words, after in leading(rest):
        category = None if match["source"] else known.category(bare(words))
        if category is not None:
            return "not_categories", category, after
        channel = known.channel(words)
        if channel is not None:
            return "not_channels", channel, after
    single = pattern("refused_word").match(rest)
    if match["weak"] or match["source"] or single is None or single["word"].lower() in word_set("harmless"):
        return None
    return "not_words", single["word"].lower(), rest[single.end() :]
