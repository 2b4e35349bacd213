"""Extract tags without a model: the words and pairs of words that a text repeats."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from shortlist.core.stuffing import prose
from shortlist.core.types import Video

MAX_TAGS = 6
MIN_COUNT = 2
_WORD = re.compile(r"[^\W\d_]{4,}")
# Words of four letters or more that describe no topic. Shorter words are never tags.
_STOP_WORDS = """
    about above across after again against almost also although always among another applause around back because
    become been before being below between both cannot come comes could does doing done down during each easy eight
    either else even ever every everyone everything first five four from getting give goes going gonna good half
    have having hello here hers himself hour hours into itself just keep know last laughter least left less like
    little look lots made make makes making many maybe mean might minute minutes more most much must myself need
    never next nine nothing often okay once ones only onto other others ours over people perhaps please pretty quite
    rather really right said same says second seconds seem seven shall should since some something still such sure
    take tell than that their theirs them then there these they thing things think this those though three through
    time times today together told took toward under until upon used using very wait want wants well went were what
    whatever when where whether which while whole whom whose will with within without would yeah year years your
    yours yourself
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def keywords(video: Video) -> tuple[str, ...]:
    """Return up to six tags of an English video, the most frequent first; none if its prose repeats no word."""
    if (video.language or video.transcript.language or "en").split("-")[0] != "en":
        return ()
    text = "\n".join(map(prose, (video.title, video.description, video.transcript.text)))
    words = [word.lower() for word in _WORD.findall(text)]
    counts = Counter(word for word in words if word not in STOP_WORDS)
    pairs = Counter(f"{one} {other}" for one, other in pairwise(words) if one in counts and other in counts)
    scores = {word: float(n) for word, n in counts.items() if n >= MIN_COUNT}
    scores |= {pair: 1.5 * n for pair, n in pairs.items() if n >= MIN_COUNT}
    chosen: list[str] = []
    for tag in sorted(scores, key=lambda tag: (-scores[tag], tag)):
        if len(chosen) < MAX_TAGS and not any(
            tag in other.split() or set(tag.split()) & set(other.split()) for other in chosen
        ):
            chosen.append(tag)
    return tuple(chosen)
