"""Numbers and names of a written text that its source does not hold. Pure.

A small model that summarises makes up exactly these: a year, an amount, a person. What it only phrases in another way
cannot be told from this and is not looked for.
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
LONGEST = 12  # words of one number: "nine hundred and ninety nine thousand nine hundred and ninety nine" has eight
LAST_LATIN = "\u024f"
NOT_COUNTING = ["one"]  # "one of them", "this one"

_WORD = re.compile(r"[^\W_]+(?:['’.,\-][^\W_]+)*")
_PART = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")
SENTENCE_END = re.compile(r"[.!?:…\"“”]\s*$")


def unsupported(written: str, source: str) -> list[str]:
    """The numbers and names of `written` that `source` does not hold, in order, each once.

    Numbers are compared by value: "3" stands in a source that says "three", "1,000" in one that says "1000". A name is
    a word with a capital inside a sentence; a source that holds its beginning holds it ("Kennedys", "Berlin's").
    """
    numbers, words = set(readings(source)), {word.lower() for word in _PART.findall(_plain(source))}
    found = [n for n in numbers_of(written) if n not in numbers]
    found += [name for name in names_of(written) if not _is_supported(name, words)]
    return list(dict.fromkeys(found))


def in_other_script(written: str, source: str) -> bool:
    """Whether `written` is in Latin letters and `source` in others."""
    return _is_latin(written) and not _is_latin(source)


def mostly_supported(written: str, source: str) -> bool:
    """Whether `source` holds at least half of the longer words of `written`; scripts without capitals do not count."""
    words = {word.lower() for word in _PART.findall(_plain(source))}
    longer = [word.lower() for word in _PART.findall(_plain(written)) if len(word) > 3 and word.lower() != word.upper()]
    return 2 * sum(_is_supported(word, words) for word in longer) >= len(longer)


def numbers_of(text: str) -> Iterator[str]:
    """Every number in `text`, figures and English words alike, as figures: "two hundred and fifty" is "250"."""
    for run in _runs(text):
        if run != NOT_COUNTING:
            yield _figure(run[0]) if run[0][0].isdigit() else str(_value(run))


def readings(text: str) -> Iterator[str]:
    """The same, and every number that may be meant by a part of one, or by two of them: "twenty nineteen" is "2019"."""
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
    """The words of each number, without "and"; a figure is a run of its own."""
    run: list[str] = []
    joining = False
    for match in _PART.finditer(_plain(text).lower()):
        word = match[0]
        if run and len(run) < LONGEST and _goes_on(run[-1], word):
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


def _goes_on(before: str, word: str) -> bool:
    """Whether `word` belongs to the number whose last word is `before`."""
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
    """Words with a capital letter that do not begin a sentence, and words of capitals or with figures in them."""
    plain = _plain(text)
    for match in _WORD.finditer(plain):
        word = match[0]
        opening = not plain[: match.start()].strip() or bool(SENTENCE_END.search(plain[: match.start()]))
        if word[0].isupper() and (not opening or any(char.isupper() for char in word[1:])) and word != "I":
            yield word


def _is_latin(text: str) -> bool:
    """Whether at least half of the letters of `text` are Latin; a text without letters is."""
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(char < LAST_LATIN for char in letters) >= len(letters)


def _is_supported(name: str, words: set[str]) -> bool:
    parts = [part.lower() for part in _PART.findall(name) if len(part) > 1 and not part[0].isdigit()]
    return all(part in words or _inflected(part, words) for part in parts)


def _inflected(part: str, words: set[str]) -> bool:
    stem = part[: max(4, len(part) - 2)]
    return len(part) > 4 and any(word.startswith(stem) for word in words)


def _figure(word: str) -> str:
    """A figure without separators of thousands, and with a point for the decimals."""
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", word):
        return re.sub(r"[.,]", "", word)
    figure = word.replace(",", ".")
    return (figure.rstrip("0").rstrip(".") if "." in figure else figure.lstrip("0")) or "0"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'")
