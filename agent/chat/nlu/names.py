"""The names that a home knows: its readers, categories and channels, found in what people type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.words import word_map, word_set

ID_LIKE = re.compile(r"(?:user|reader|u)[_-]?\d+|[^\W\d]\w*_\w*\d\w*", re.IGNORECASE)
TOKEN = re.compile(r"[^\s,;:!?\"“”()]+")
SPACED = re.compile(r"\b(?P<name>user|reader) (?P<number>\d+)\b", re.IGNORECASE)
ANOTHER = re.compile(
    r"(?:\s*,(?:\s*(?:and|or)\b)?|\s+(?:and|or|plus|&))\s+(?:for )?(?P<reader>[\w.@-]+)", re.IGNORECASE
)
ALIKE = 88  # of 100: one typo in a word of eight letters
SHORTEST = 4  # letters of a name in which a typo is forgiven
MOST_WORDS = 4  # of a name


@dataclass(frozen=True, slots=True)
class Names:
    """Whether a word is a reader's id, and all categories and channels, as they are spelled."""

    is_reader: Callable[[str], bool]
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def category(self, words: str) -> str | None:
        """The category that `words` name: all of it, or one of the parts that a slash divides."""
        wanted = word_map("synonyms").get(words.casefold(), words.casefold())
        return next((name for name in self.categories if wanted in _forms(name)), None) or _alike(
            wanted, self.categories
        )

    def channel(self, words: str) -> str | None:
        """The channel that `words` name: all of it, or its beginning, but no number: "only two" is no "Two Chords"."""
        wanted = words.casefold()
        whole = (name for name in self.channels if name.casefold() == wanted)
        begun = (name for name in self.channels if name.casefold().startswith(wanted + " "))
        if wanted in word_map("numbers"):
            return next(whole, None)
        return next(whole, None) or next(begun, None) or _alike(wanted, self.channels)


@dataclass(frozen=True, slots=True)
class Readers:
    """The reader that a text names, others named in the same breath, and the text without them.

    A "for" or "user" that leads to them is gone too.
    """

    first: str | None
    others: tuple[str, ...]
    text: str


def take_readers(text: str, is_reader: Callable[[str], bool]) -> Readers:
    """The readers named in `text`.

    A token that looks like an id is one. Any other has to be known, and not to stand where a topic does.
    """
    text = SPACED.sub(lambda match: _joined(match, is_reader), text)
    before: re.Match[str] | None = None
    for token in TOKEN.finditer(text):
        word = token[0].rstrip(".").removesuffix("'s")
        free = before is None or before[0].lower() not in word_set("topic_leads") or token[0].endswith("'s")
        known = word.lower() not in word_set("filler") and known_reader(word, is_reader)
        if ID_LIKE.fullmatch(word) or (free and known):
            start = token.start()
            if before is not None and before[0].lower() in {"for", "user", "reader", "to", "of"}:
                start = before.start()
            others, end = _others(text, token.end(), is_reader)
            return Readers(word, others, " ".join((text[:start] + " " + text[end:]).split()))
        before = token
    return Readers(None, (), text)


def _others(text: str, end: int, is_reader: Callable[[str], bool]) -> tuple[tuple[str, ...], int]:
    """The readers named from `end` on, as in "and user_8", and where they end."""
    others: list[str] = []
    while another := ANOTHER.match(text, end):
        word = another["reader"].rstrip(".")
        reader = known_reader(word, is_reader)
        if reader is None and not ID_LIKE.fullmatch(word):
            break
        others.append(reader or word)
        end = another.end()
    return tuple(others), end


def known_reader(word: str, is_reader: Callable[[str], bool]) -> str | None:
    """The reader's id that `word` is, if only in another case."""
    return next((one for one in (word, word.casefold()) if is_reader(one)), None)


def _joined(spaced: re.Match[str], is_reader: Callable[[str], bool]) -> str:
    """ "user 7" as an id: one that is known, else one that the reply can say is not."""
    forms = [f"{spaced['name']}{mark}{spaced['number']}".casefold() for mark in ("_", "-", "")]
    return next((form for form in forms if is_reader(form)), forms[0])


def leading(text: str, most: int = MOST_WORDS) -> Iterator[tuple[str, str]]:
    """(words, rest) for the first words of `text`, the longest run first; a run ends before a comma."""
    found = list(re.finditer(r"[^\s,;]+", re.split(r"[,;]", text, maxsplit=1)[0]))[:most]
    for last in reversed(found):
        yield text[: last.end()].strip(), text[last.end() :]


def bare(words: str) -> str:
    """ "food videos" -> "food"."""
    return pattern("video_end").sub("", words)


def _forms(name: str) -> set[str]:
    folded = name.casefold()
    parts = {folded, *folded.split("/")}
    return parts | {part.removesuffix("s") for part in parts}


def _alike(wanted: str, names: tuple[str, ...]) -> str | None:
    from rapidfuzz import fuzz, process

    if len(wanted) < SHORTEST:
        return None
    best = process.extractOne(wanted, names, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=ALIKE)
    return best[0] if best else None
