"""Features of a message for the intent classifier and the topic tagger: words, n-grams and context."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.vocabulary import word_set

TOKEN = re.compile(r"<place>|[\w'&/+-]+|[^\w\s]")
PLACE, READER = "<place>", "<reader>"  # what the classifier reads for them
MAX_TOKENS = 60  # of a message; the rest of a longer one is not read
MAX_NGRAM = 3
MARKERS = frozenset({"about", "on", "of", "with", "for", "to", "sobre", "de", "über", "zu", "von"})  # before a topic
LEXICONS = ("praise", "blame", "having_seen", "explaining", "describing", "opening", "asks_for_videos")
ENDING = 3  # letters of a word's ending, which stands for a word that the tagger has not learned


def intent_features(msg: ParsedMessage) -> list[str]:
    """Return the binary features of `msg`: n-grams of its words, with places and reader masked, and its context."""
    text = pattern("each_judged").sub(f" {PLACE} ", msg.rest.lower())
    words = ["^", *([READER] if msg.reader else []), *TOKEN.findall(text)[:MAX_TOKENS], "$"]
    grams = [
        " ".join(words[start : start + size])
        for size in range(1, MAX_NGRAM + 1)
        for start in range(len(words) - size + 1)
    ]
    facts = {"@list": msg.state.last_request, "@reader": msg.user, "@lifts": None in msg.limits.values()}
    context = [*(f"@limit {name}" for name in msg.limits), *(name for name, holds in facts.items() if holds)]
    return list(dict.fromkeys([*grams, *context, *_lexical(words), f"@length {min(len(words) // 3, 5)}"]))


def text_to_encode(msg: ParsedMessage) -> str:
    """Return the text whose vector the classifier reads: the message without its reader and limits, if more is left."""
    return msg.rest or msg.text


def _lexical(words: Sequence[str]) -> list[str]:
    """Return the word lists that `words` hit, each also with the negation that is among them."""
    hit = [f"@{kind}" for kind in LEXICONS if not word_set(kind).isdisjoint(words)]
    negated = any(word in word_set("negations") or word.endswith("n't") for word in words)
    return [*hit, *(f"{kind}, negated" for kind in hit if negated)]


def tokens(text: str) -> list[re.Match[str]]:
    """Return the words and marks of `text`, as matches with their positions."""
    return list(TOKEN.finditer(text))[:MAX_TOKENS]


def token_features(words: Sequence[str], at: int, learned: Collection[str]) -> list[str]:
    """Return the binary features of the word at `at` of lower-case `words`: itself and its neighbours.

    Words that are not `learned` share one feature, so that a new topic looks like the topics of the training.
    """
    masked = [word if word in learned else "<new>" for word in words]
    near = {shift: masked[at + shift] if 0 <= at + shift < len(words) else "<end>" for shift in range(-3, 4)}
    features = [f"{shift} {word}" for shift, word in near.items()]
    features += [f"{shift},{shift + 1} {near[shift]} {near[shift + 1]}" for shift in (-2, -1, 0, 1)]
    features += [f"-1,1 {near[-1]} {near[0]} {near[1]}"]
    before = [word for word in words[:at] if word in MARKERS]
    features += [f"after {before[-1]}"] if before else ["no marker before"]
    features += [] if any(word in MARKERS for word in words[at + 1 :]) else ["no marker after"]
    if words[at] not in learned:
        features += [f"ending {words[at][-ENDING:]}"]
    features += [f"{shift} filler" for shift in (-1, 0, 1) if _is_filler(words, at + shift)]
    return features


def _is_filler(words: Sequence[str], at: int) -> bool:
    return 0 <= at < len(words) and words[at] in word_set("filler")
