"""Reasons in words, from facts of the records only.

The first fact that holds is the reason: the wish, the nearest liked item, the categories that the reader spends time
on, their stated interests, popularity, date of publication.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.action_phrases import describe_action, is_bounce
from shortlist.core.ranking import FloatArray
from shortlist.core.types import HistoryItem, Kind, Profile, Video
from shortlist.retrieval.analysis import terms

NEAR = 0.3  # cosine of sentence vectors from which two items are about related things
LARGE_SHARE = 0.1
NAMED_WORDS = 3
JOINED = re.compile(r"[,;/&]|\band\b")

# Words of a wish that say nothing about its topic.
_SAYS_NOTHING = """anything best clip clips everything film films find get give good how like make need new nice now
please see show something tell today tonight video videos want watch where why"""
SAYS_NOTHING = frozenset(_SAYS_NOTHING.split())


@dataclass(frozen=True, slots=True)
class ReasonContext:
    """Facts for reasons: the reader, the wish and its unit vector, the records, stored vectors by kind and id.

    `example` is the video that the request asks for more of. `popular` holds the ids of videos that many readers liked
    lately.
    """

    profile: Profile
    wish: str | None
    wish_vector: FloatArray | None
    items: ItemBatch
    vectors: Mapping[Kind, Mapping[str, FloatArray]] = field(default_factory=dict)
    popular: frozenset[str] = frozenset()
    example: Video | None = None

    def vector(self, kind: Kind, item_id: str) -> FloatArray | None:
        """Return the item's unit vector; None if it has none."""
        return self.vectors.get(kind, {}).get(item_id)


def reason(video: Video, context: ReasonContext) -> str:
    """Return a phrase without a full stop, such as "because you watched X to the end"."""
    for fact in FACTS:
        words = fact(video, context)
        if words:
            return words
    return "one of the videos you have not seen yet"


def _wish(video: Video, context: ReasonContext) -> str | None:
    if not context.wish:
        return None
    words = [word.strip(".,;:!?\"'()“”") for word in context.wish.split()]
    telling = [word for word in words if word.lower() not in SAYS_NOTHING]
    places = (
        ("its title", video.display_title),
        ("its summary", video.summary),
        ("the transcript", video.transcript.text),
    )
    for where, text in places:
        found = _spoken_of(telling, text or "")
        if found:
            return f"{where} speaks of {_listed(found)}, as you asked"
    own = context.vector("video", video.id)
    near = own is not None and context.wish_vector is not None and float(context.wish_vector @ own) >= NEAR
    return f"close in meaning to “{context.wish}”" if near else None


def _similar(video: Video, context: ReasonContext) -> str | None:
    if context.example is None:
        return None
    own, other = context.vector("video", video.id), context.vector("video", context.example.id)
    near = own is not None and other is not None and float(own @ other) >= NEAR
    return f"close in meaning to “{context.example.title}”" if near else None


def _nearest(video: Video, context: ReasonContext) -> str | None:
    nearest = nearest_liked(video.id, context)
    if nearest is None:
        return None
    verb, manner = describe_action(nearest, context.items.length_s(nearest))
    return f"because you {verb} “{nearest.title}” {manner}".rstrip()


def _category(video: Video, context: ReasonContext) -> str | None:
    share = context.profile.categories.get(video.category or "", 0.0)
    return f"{video.category} is {share:.0%} of what you like" if share >= LARGE_SHARE else None


def _interest(video: Video, context: ReasonContext) -> str | None:
    text = " ".join(filter(None, (video.display_title, video.category, video.summary)))
    interests = [one.strip() for interest in context.profile.interests for one in JOINED.split(interest)]
    found = _spoken_of(interests, text)
    return f"you named {_listed(found)} as an interest" if found else None


def _popular(video: Video, context: ReasonContext) -> str | None:
    return "popular with other readers" if video.id in context.popular else None


def _fresh(video: Video, context: ReasonContext) -> str | None:
    return f"published on {video.published.day} {video.published:%B %Y}" if video.published else None


Fact = Callable[[Video, ReasonContext], str | None]
FACTS: tuple[Fact, ...] = (_wish, _similar, _nearest, _category, _interest, _popular, _fresh)


def nearest_liked(video_id: str, context: ReasonContext) -> HistoryItem | None:
    """Return the liked item with the largest cosine between its vector and the video's; None if it is under `NEAR`.

    Items that the reader left at once do not count.
    """
    own = context.vector("video", video_id)
    if own is None:
        return None
    stored = [(item, context.vector(item.kind, item.item_id)) for item in context.profile.liked if not is_bounce(item)]
    liked = [(float(vector @ own), item) for item, vector in stored if vector is not None]
    cosine, nearest = max(liked, key=lambda pair: pair[0], default=(0.0, None))
    return nearest if cosine >= NEAR else None


def _spoken_of(phrases: Sequence[str], text: str) -> list[str]:
    """Return those of `phrases`, as written, whose analysed terms are all in `text`."""
    in_text = set(terms(text))
    return [phrase for phrase in dict.fromkeys(phrases) if (own := set(terms(phrase))) and own <= in_text]


def _listed(words: Sequence[str]) -> str:
    shown = [f"“{word}”" for word in words[:NAMED_WORDS]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
