"""Characters that look like others: letters, brackets and bars that hide a phrase or a tag from a filter.

NFKC folds full-width and mathematical letters, but not letters of other alphabets. The look-alikes are Unicode's
"confusables" (Technical Standard 39, section 4). Costs a look-up in a cache a character that is not ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

BRACKETS = str.maketrans(
    dict.fromkeys("‹〈⟨❮❰≪⟪˂ᐸ⧼⦑", "<") | dict.fromkeys("›〉⟩❯❱≫⟫˃ᐳ⧽⦒", ">") | dict.fromkeys("∣│┃❘❙❚ǀ║‖ǁ⏐￨", "|")
)
_MARKED = re.compile(r"(?<=[A-Za-z0-9])[\u0300-\u036f\u0488\u0489\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f]+")
_WORD = re.compile(r"[^\W\d_]+")
_MIN_MIXED_WORDS = 2  # one may be a unit or a protein: "TNFα"


def drop_stray_marks(text: str) -> str:
    """Return NFKC `text` without combining marks after ASCII letters, such as those that strike a word through."""
    return text if text.isascii() else _MARKED.sub("", text)


def latin_form(text: str) -> str:
    """Return `text` with each letter that looks like an ASCII letter replaced by it, for comparison only."""
    return text if text.isascii() else "".join(map(_latin_form, text))


def has_disguised_words(text: str) -> bool:
    """Return whether several words mix ASCII letters with letters of other alphabets that look like them."""
    if text.isascii():
        return False
    return sum(map(_is_disguised, _WORD.findall(text))) >= _MIN_MIXED_WORDS


def _is_disguised(word: str) -> bool:
    others = [char for char in word if not char.isascii()]
    return 0 < len(others) < len(word) and any(
        _latin_form(char) != char and "LATIN" not in unicodedata.name(char, "") for char in others
    )


@lru_cache(maxsize=4096)
def _latin_form(char: str) -> str:
    if char.isascii() or not char.isalpha():
        return char
    from confusable_homoglyphs.confusables import is_confusable

    found = is_confusable(char, greedy=True)
    similar = [other["c"] for other in found[0]["homoglyphs"]] if found else []
    letters = [other for other in similar if len(other) == 1 and other.isascii() and other.isalpha()]
    return min(letters, key=lambda letter: letter.isupper() != char.isupper(), default=char)
