"""Find the numbers and names in a generated text that its source does not contain.

These are what a small model invents when it summarises: a year, an amount, a person. A rephrased sentence with a wrong
meaning is not detected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS = {word: n for n, word in enumerate(_SMALL.split())} | {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}
FACTORS = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
MAX_NUMBER_WORDS = 12  # of one number: "nine hundred and ninety nine thousand nine hundred and ninety nine" has eight
LAST_LATIN = "\u024f"
NOT_COUNTING = ["one"]  # "one of them", "this one"

_WORD = re.compile(r"[^\W_]+(?:['’.,\-][^\W_]+)*")
_PART = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")
SENTENCE_END = re.compile(r"[.!?:…\"“”]\s*$")


def unsupported(written: str, source: str) -> list[str]:
    """Return the numbers and names of `written` that `source` does not contain, in order and without duplicates.

    Numbers are compared by value: "3" matches "three", and "1,000" matches "1000". A name is a capitalised word inside
    a sentence. It also matches a source with the same stem ("Kennedys", "Berlin's").
    """
    numbers, words = set(possible_numbers(source)), {word.lower() for word in _PART.findall(_plain(source))}
    found = [n for n in numbers_of(written) if n not in numbers]
    found += [name for name in names_of(written) if not _is_supported(name, words)]
    return list(dict.fromkeys(found))


def in_other_script(written: str, source: str) -> bool:
    """Return whether `written` is in Latin script and `source` is not, so that it must be a translation."""
    return _is_latin(written) and not _is_latin(source)


def mostly_supported(written: str, source: str) -> bool:
    """Return whether `source` contains at least half of the words of `written` with four letters or more.

    Words of scripts without capitals are ignored.
    """
    words = {word.lower() for word in _PART.findall(_plain(source))}
    longer = [word.lower() for word in _PART.findall(_plain(written)) if len(word) > 3 and word.lower() != word.upper()]
    return 2 * sum(_is_supported(word, words) for word in longer) >= len(longer)


def numbers_of(text: str) -> Iterator[str]:
    """Yield every number in `text`, digits or English words, as digits: "two hundred and fifty" is "250"."""
    for run in _runs(text):
        if run != NOT_COUNTING:
            yield _figure(run[0]) if run[0][0].isdigit() else str(_value(run))


def possible_numbers(text: str) -> Iterator[str]:
    """Yield `numbers_of(text)`, the numbers in parts of them, and in pairs of them: "twenty nineteen" is "2019"."""
    before = ""
    for run in _runs(text):
        if run[0][0].isdigit():
            value = _figure(run[0])
        else:
            value = str(_value(run))
            yield from (str(_value(run[i:j])) for i in range(len(run)) for j in range(i + 1, len(run) + 1))
        yield value
        if len(before) == len(value) == 2:
            yield before + value
        before = value


def _runs(text: str) -> Iterator[list[str]]:
    """Yield the words of each number, without "and". A number in digits is a run of one."""
    run: list[str] = []
    joining = False
    for match in _PART.finditer(_plain(text).lower()):
        word = match[0]
        if run and len(run) < MAX_NUMBER_WORDS and _continues(run[-1], word):
            run.append(word)
        elif word == "and" and run and run[-1] in FACTORS and not joining:
            joining = True
            continue
        else:
            if run:
                yield run
            run = [word] if word in WORDS or word in FACTORS or word[0].isdigit() else []
        joining = False
    if run:
        yield run


def _continues(before: str, word: str) -> bool:
    """Return whether `word` belongs to the number whose last word is `before`."""
    if word in FACTORS:
        return not before[0].isdigit()
    return word in WORDS and (before in FACTORS or (before in _TENS.split() and 0 < WORDS[word] < 10))


def _value(run: Sequence[str]) -> int:
    total = current = 0
    for word in run:
        factor = FACTORS.get(word)
        if factor is None:
            current += WORDS[word]
        elif factor == 100:
            current = max(current, 1) * factor
        else:
            total, current = total + max(current, 1) * factor, 0
    return total + current


def names_of(text: str) -> Iterator[str]:
    """Yield the capitalised words that do not begin a sentence, and words with capitals after their first letter."""
    plain = _plain(text)
    for match in _WORD.finditer(plain):
        word = match[0]
        opening = not plain[: match.start()].strip() or bool(SENTENCE_END.search(plain[: match.start()]))
        if word[0].isupper() and (not opening or any(char.isupper() for char in word[1:])) and word != "I":
            yield word


def _is_latin(text: str) -> bool:
    """Return whether at least half of the letters of `text` are Latin. True for a text without letters."""
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(char < LAST_LATIN for char in letters) >= len(letters)


def _is_supported(name: str, words: set[str]) -> bool:
    parts = [part.lower() for part in _PART.findall(name) if len(part) > 1 and not part[0].isdigit()]
    return all(part in words or _inflected(part, words) for part in parts)


def _inflected(part: str, words: set[str]) -> bool:
    stem = part[: max(4, len(part) - 2)]
    return len(part) > 4 and any(word.startswith(stem) for word in words)


def _figure(word: str) -> str:
    """Remove thousands separators and write the decimals after a point."""
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", word):
        return re.sub(r"[.,]", "", word)
    figure = word.replace(",", ".")
    return (figure.rstrip("0").rstrip(".") if "." in figure else figure.lstrip("0")) or "0"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'")
