"""Words that a text and a wish, an interest or a title have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shortlist.retrieval.analysis import terms

NAMED_WORDS = 3
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*")

# Words of a wish that say nothing about its topic.
_SAYS_NOTHING = """anything best clip clips everything film films find get give good how like make need new nice now
please see show something tell today tonight video videos want watch where why"""
SAYS_NOTHING = frozenset(_SAYS_NOTHING.split())


def topic_words(text: str) -> list[str]:
    """Return the words of `text` in order, with "" for each that says nothing about a topic."""
    words = [word.strip(".,;:!?\"'()“”") for word in text.split()]
    return ["" if word.lower() in SAYS_NOTHING else word for word in words]


def words_in(words: Sequence[str], text: str) -> list[str]:
    """Return those of `words` whose analysed terms are all in `text`, each in the form that `text` has.

    Neighbours that follow each other in `text` too are joined to a phrase.
    """
    in_text = set(terms(text))
    forms = {tuple(terms(token)): token for token in reversed(_TOKEN.findall(text))}
    found: list[str] = []
    seen: set[tuple[str, ...]] = set()
    previous = -2
    for at, word in enumerate(words):
        own = tuple(terms(word))
        if not own or own in seen or not in_text.issuperset(own):
            continue
        form = forms.get(own, word)
        if previous == at - 1 and f"{found[-1]} {form}".casefold() in text.casefold():
            found[-1] += f" {form}"
        else:
            found.append(form)
        seen.add(own)
        previous = at
    return found


def quoted(words: Sequence[str]) -> str:
    """Return the first `NAMED_WORDS` of `words` as “a”, “b” and “c”."""
    shown = [f"“{word}”" for word in words[:NAMED_WORDS]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
