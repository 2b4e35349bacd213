"""Exclusions: "not number 2", "nothing in German", "not sports or music", "without football"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shortlist.agent.chat.nlu.context import Extraction, ParseContext, cut
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.names import Names, leading_words, strip_video_nouns
from shortlist.agent.chat.nlu.vocabulary import parse_number, word_map, word_set


def exclude_videos(text: str, context: ParseContext) -> Extraction:
    """Return excluded places of the last list; "that one" is the place in focus."""
    match = pattern("hidden").search(text)
    if match is None:
        return {}, text
    if match["many"]:
        return {"not_videos": _first_or_last(match["end"], parse_number(match["many"]), context.state.n_shown)}, cut(
            text, match
        )
    places = [parse_number(place["at"]) for place in pattern("each_place").finditer(match["places"] or "")]
    return {"not_videos": places or [context.state.focus]}, cut(text, match)


def _first_or_last(end: str, many: int, shown: int) -> list[int]:
    """Return the places of "the first two" or "the last two"."""
    return list(range(1, many + 1)) if end.lower() == "first" else [*range(max(1, shown - many + 1), shown), -1]


def exclude_languages(text: str, context: ParseContext) -> Extraction:
    """Return excluded languages: a negation names them with "in" or "any", or at its end."""
    for match in pattern("not_in_language").finditer(text):
        words = re.findall(r"[^\W\d_]+", match["languages"])
        languages = [language for word in words if (language := word_map("languages").get(word.lower()))]
        if languages:
            return {"not_languages": languages}, cut(text, match)
    return {}, text


def exclude_names(text: str, context: ParseContext) -> Extraction:
    """Return excluded categories, channels and words; a word must stand alone, a phrase needs an explicit negation."""
    excluded: dict[str, list[str]] = {}
    if pattern("how_to").match(text):  # "how do I get rid of moss?" refuses nothing
        return {}, text
    text = pattern("refused_before").sub(lambda match: f"without {match['inside'] or match['before']}", text)
    start = 0
    while match := pattern("without").search(text, start):
        taken = list(_enumeration(text[match.end() :], match, context.names))
        if not taken and not match["weak"] and not pattern("looked").fullmatch(text[: match.start()]):
            taken = list(_phrase(text, match))
        start = match.start() if taken else match.end()
        for key, name, _ in taken:
            excluded[key] = [*excluded.get(key, ()), name]
        if taken:
            text = f"{text[: match.start()].rstrip()} {taken[-1][2].lstrip()}".strip()
    return dict(excluded), text


def replace_category(text: str, context: ParseContext) -> Extraction:
    """Return an excluded category and the one named instead: "not food, sports"."""
    match = pattern("contrast").search(text)
    if match is None:
        return {}, text
    excluded, wanted = context.names.category(match["refused"]), context.names.category(match["wanted"])
    if excluded is None or wanted is None:
        return {}, text
    return {"not_categories": [excluded], "category": wanted}, cut(text, match)


def _enumeration(rest: str, match: re.Match[str], names: Names) -> Iterator[tuple[str, str, str]]:
    """Yield (argument, name, rest) for each name in an enumeration such as "food, travel or music"."""
    joined: re.Match[str] | None
    while (first := _first_name(rest, match, names)) is not None:
        yield first
        joined = pattern("or_name").match(first[2])
        if joined is None:
            return
        rest = first[2][joined.end() :]


def _phrase(text: str, match: re.Match[str]) -> Iterator[tuple[str, str, str]]:
    """Yield a negated phrase of several words, such as "machine learning", as unmet: no filter can exclude it."""
    phrase = pattern("refused_phrase").match(text, match.end())
    if phrase is not None and phrase[0].split()[0].lower() not in word_set(_harmless_after(match)):
        yield "unmet", text[match.start() : phrase.end()], text[phrase.end() :]


def _harmless_after(match: re.Match[str]) -> str:
    """Return the name of the list of words that refuse nothing after the negation: "no idea", "not sure"."""
    return "harmless" if match["weak"] or match[0].strip().lower() == "no" else "nothing_to_refuse"


def _first_name(rest: str, match: re.Match[str], names: Names) -> tuple[str, str, str] | None:
    for words, after in leading_words(rest):
        category = None if match["source"] else names.category(strip_video_nouns(words))
        if category is not None:
            return "not_categories", category, after
        channel = names.channel(words)
        if channel is not None:
            return "not_channels", channel, after
    single = pattern("refused_word").match(rest)
    if match["source"] or single is None or single["word"].lower() in word_set(_harmless_after(match)):
        return None
    return "not_words", single["word"].lower(), rest[single.end() :]
