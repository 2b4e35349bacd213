"""Recognises the home's readers, categories and channels in a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.vocabulary import word_map, word_set

ID_LIKE = re.compile(r"(?:user|reader|u)[_-]?\d+|[^\W\d]\w*_\w*\d\w*", re.IGNORECASE)
TOKEN = re.compile(r"[^\s,;:!?\"“”()]+")
SPACED = re.compile(r"\b(?P<name>user|reader) (?P<number>\d+)\b", re.IGNORECASE)
ANOTHER = re.compile(
    r"(?:\s*,(?:\s*(?:and|or)\b)?|\s+(?:and|or|plus|&))\s+(?:for )?(?P<reader>[\w.@-]+)", re.IGNORECASE
)
MIN_SIMILARITY = 88  # of 100: one typo in a word of eight letters
MIN_FUZZY_CHARS = 4  # shorter names must match exactly
MAX_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class Names:
    """A test for readers' ids, and all categories and channels as the home spells them.

    Words of function, size, number, politeness and time are never a name, whatever strangers call their videos.
    """

    is_reader: Callable[[str], bool]
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def category(self, words: str) -> str | None:
        """Return the category that `words` name, in full or by one of its parts between slashes; None if unknown."""
        if says_nothing(words):
            return None
        wanted = word_map("synonyms").get(words.casefold(), words.casefold())
        return next((name for name in self.categories if wanted in _forms(name)), None) or _most_similar(
            wanted, self.categories
        )

    def exact_channel(self, words: str) -> str | None:
        """Return the channel whose whole name is `words`; None if there is none."""
        if says_nothing(words):
            return None
        return next((name for name in self.channels if name.casefold() == words.casefold()), None)

    def channel(self, words: str) -> str | None:
        """Return the channel that `words` name, in full or by its beginning; None if unknown."""
        if says_nothing(words):
            return None
        wanted = words.casefold()
        exact = self.exact_channel(words)
        by_beginning = (name for name in self.channels if name.casefold().startswith(wanted + " "))
        return exact or next(by_beginning, None) or _most_similar(wanted, self.channels)


@dataclass(frozen=True, slots=True)
class NamedReaders:
    """The first reader that a text names, others named with it, and the text without them.

    A "for" or "user" before them is removed too.
    """

    first: str | None
    others: tuple[str, ...]
    text: str


def extract_readers(text: str, is_reader: Callable[[str], bool]) -> NamedReaders:
    """Return the readers named in `text`.

    A token that looks like an id is one. Any other must be a known id, and not stand where a topic does.
    """
    text = SPACED.sub(lambda match: _join_id(match, is_reader), text)
    before: re.Match[str] | None = None
    for token in TOKEN.finditer(text):
        word = token[0].rstrip(".").removesuffix("'s")
        free = before is None or before[0].lower() not in word_set("topic_leads") or token[0].endswith("'s")
        known = word.lower() not in word_set("filler") and match_reader(word, is_reader)
        if ID_LIKE.fullmatch(word) or (free and known):
            start = token.start()
            if before is not None and before[0].lower() in {"for", "user", "reader", "to", "of"}:
                start = before.start()
            others, end = _others(text, token.end(), is_reader)
            return NamedReaders(word, others, " ".join((text[:start] + " " + text[end:]).split()))
        before = token
    return NamedReaders(None, (), text)


def _others(text: str, end: int, is_reader: Callable[[str], bool]) -> tuple[tuple[str, ...], int]:
    """Return the readers named from `end` on, as in "and user_8", and the end of the last one."""
    others: list[str] = []
    while another := ANOTHER.match(text, end):
        word = another["reader"].rstrip(".")
        reader = match_reader(word, is_reader)
        if reader is None and not ID_LIKE.fullmatch(word):
            break
        others.append(reader or word)
        end = another.end()
    return tuple(others), end


def match_reader(word: str, is_reader: Callable[[str], bool]) -> str | None:
    """Return the reader's id that `word` spells, ignoring case; None if there is none."""
    return next((form for form in (word, word.casefold()) if is_reader(form)), None)


def _join_id(spaced: re.Match[str], is_reader: Callable[[str], bool]) -> str:
    """Return "user 7" as an id: a known one, else "user_7", which the reply will call unknown."""
    forms = [f"{spaced['name']}{mark}{spaced['number']}".casefold() for mark in ("_", "-", "")]
    return next((form for form in forms if is_reader(form)), forms[0])


def leading_words(text: str, most: int = MAX_NAME_WORDS) -> Iterator[tuple[str, str]]:
    """Yield (words, rest) for the first words of `text`, the longest run first; a run ends before a comma."""
    words = list(re.finditer(r"[^\s,;]+", re.split(r"[,;]", text, maxsplit=1)[0]))[:most]
    for last in reversed(words):
        yield text[: last.end()].strip(), text[last.end() :]


def strip_video_nouns(words: str) -> str:
    """Return "food" for "food videos"."""
    return pattern("video_end").sub("", words)


def says_nothing(words: str) -> bool:
    """Return whether all `words` are such as "please", "short videos" or "the same"."""
    return all(
        word in word_set("never_names") or word in word_map("numbers") or word in word_map("places")
        for word in words.casefold().split()
    )


def _forms(name: str) -> set[str]:
    folded = name.casefold()
    parts = {folded, *folded.split("/")}
    return parts | {part.removesuffix("s") for part in parts}


def _most_similar(wanted: str, names: tuple[str, ...]) -> str | None:
    from rapidfuzz import fuzz, process

    if len(wanted) < MIN_FUZZY_CHARS:
        return None
    best = process.extractOne(wanted, names, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=MIN_SIMILARITY)
    return best[0] if best else None
