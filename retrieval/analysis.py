"""Text analysis: NFKC, lower case, Unicode words, English stop words, Snowball stems, CJK bigrams.

The index stores a 64-bit BLAKE2b key per term, because a sorted array of keys can be memory-mapped and searched. The
probability that any two of a million terms share a key, and so count as one, is 3e-8.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from hashlib import blake2b
from itertools import chain
from unicodedata import normalize

import numpy as np

from shortlist.retrieval.vectors.arrays import Keys

_STOP_WORDS = """a about an and any are as at be because been but by can could did do does for from had has have he her
him his i if in into is it it's its just me my no not of on or our out she so some than that the their them then there
these they this those to too up us very was we were what when which who will with would you your"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

# Vowel signs and other marks that are parts of words but not in `\w`: Latin, Hebrew, Arabic, Indic, Thai.
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e"
)
_WORD = re.compile(rf"[\w{_MARKS}]+(?:'[\w{_MARKS}]+)*")
_CJK = re.compile("([\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+)")
_CACHED_WORDS = 1_000_000


def terms(text: str) -> list[str]:
    """Return the index terms of `text` in order, with repetitions; empty if it has only stop words."""
    if not text.isascii():
        text = normalize("NFKC", text).replace("’", "'")
    words = _WORD.findall(text.lower().replace("_", " "))
    return list(chain.from_iterable(map(_terms_of.__getitem__, words)))


def term_keys(words: Iterable[str]) -> Keys:
    """Return uint64[n], the key of each index term."""
    digests = b"".join(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest() for word in words)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


class _TermsOfWord(dict[str, tuple[str, ...]]):
    """A cache of the terms of each lower-case word, because stemming takes most of the time."""

    def __init__(self) -> None:
        super().__init__()
        from Stemmer import Stemmer

        self._stemmer = Stemmer("english", 0)
        self._lock = threading.Lock()  # a Stemmer is not thread-safe

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        found = self[word] = tuple(self._split(word))
        return found

    def _split(self, word: str) -> Iterable[str]:
        if word.isascii():
            return self._stem(word)
        # re.split with a group puts the CJK runs at the odd positions.
        pieces = enumerate(_CJK.split(word))
        return chain.from_iterable(_bigrams(piece) if at % 2 else self._stem(piece) for at, piece in pieces)

    def _stem(self, word: str) -> list[str]:
        if not word or word in STOP_WORDS:
            return []
        with self._lock:
            return [self._stemmer.stemWord(word)]


def _bigrams(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


_terms_of = _TermsOfWord()
