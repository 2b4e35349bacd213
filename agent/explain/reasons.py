"""Reasons in words: what the stage that put the video at its place knows of it.

Of the stages without which the video would have a lower place, that is the one with the largest contribution to the
final score. A stage that has nothing true and telling to say passes on to the next. Only facts of the records and of
the index are named. Of liked items that support a video nearly as much, one that the list has not named yet is named,
and an item is described at its first mention only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from shortlist.agent.batch import ItemBatch
from shortlist.agent.explain.shared_words import quoted, topic_words, words_in
from shortlist.agent.reader.describe_action import WATCHED_WHOLE, describe_action, is_bounce
from shortlist.agent.rerank.blend import RERANK
from shortlist.core.display import clock, length, ordinal
from shortlist.core.legs import LEGS
from shortlist.core.ranking import FloatArray
from shortlist.core.types import HistoryItem, Kind, Profile, Segment, Video
from shortlist.retrieval.analysis import terms
from shortlist.retrieval.legs.link_evidence import LinkEvidence
from shortlist.retrieval.objective import OBJECTIVE

NEAR = 0.3  # cosine of sentence vectors from which two items are about related things
NEARLY = 0.8  # share of the strongest support from which another liked item supports a video nearly as much
BEST_PLACE = 10  # the last place by meaning that is named as a place among the closest
SMALLEST_SHARE = 0.005  # of a category; a smaller one would be shown as 0%
JOINED = re.compile(r"[,;/&]|\band\b")
MIN_READERS = 3  # who watched two videos one after the other; fewer are a coincidence, and name a neighbour
FEW = 2  # liked items; of so few, shares of categories say nothing
LITTLE_KNOWN = "we know little about you yet"


class Reason(NamedTuple):
    """A phrase without a full stop, and the stage that it speaks of; None where nothing sets the video apart."""

    text: str
    stage: str | None


@dataclass(frozen=True, slots=True)
class ReasonContext:
    """Facts for reasons: the reader, the wish and its unit vector, the records, stored vectors by kind and id.

    `example` is the video that the request asks for more of. `idf` returns the weight of a term among all videos,
    `links` the evidence of cowatch for a video, `popularity` a phrase about a video that is popular or new, and
    `leads_to` the liked item that adds most to a video's score by a trained leg. `clicks` returns how often a video was
    chosen and shown lately. `by_student` is True if a student of the language model reranked the videos.
    """

    profile: Profile
    wish: str | None
    wish_vector: FloatArray | None
    items: ItemBatch
    vectors: Mapping[Kind, Mapping[str, FloatArray]] = field(default_factory=dict)
    example: Video | None = None
    idf: Callable[[str], float] = lambda term: 1.0
    links: Callable[[Video], LinkEvidence | None] = lambda video: None
    popularity: Callable[[Video], str | None] = lambda video: None
    clicks: Callable[[Video], tuple[int, int]] = lambda video: (0, 0)
    leads_to: Callable[[str, Video], HistoryItem | None] = lambda leg, video: None
    by_student: bool = False

    def vector(self, kind: Kind, item_id: str) -> FloatArray | None:
        """Return the item's unit vector; None if it has none."""
        return self.vectors.get(kind, {}).get(item_id)

    @property
    def is_stranger(self) -> bool:
        """True if the request says nothing and the reader has liked nothing."""
        return not (self.wish or self.example or self.profile.liked)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A video to explain, its best segment, each stage's contribution, and whether the rerank raised its rank.

    `needed` are the stages without which the video would have a lower place, `ranks` its ranks by stage, and `said` the
    reasons of the videos above it.
    """

    video: Video
    segment: Segment | None = None
    contributions: Mapping[str, float] = field(default_factory=dict)
    moved_up: bool = False
    needed: frozenset[str] = frozenset()
    ranks: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()

    def has_named(self, title: str) -> bool:
        """Return whether a reason above names `title`."""
        return any(f"“{title}”" in reason for reason in self.said)


def reason(candidate: Candidate, context: ReasonContext) -> Reason:
    """Return the reason of the first stage that raised the score and has something to say.

    Stages that the place needs come first, and among them those with the largest contribution.
    """
    parts = candidate.contributions.items()
    ranked = sorted(parts, key=lambda part: (part[0] not in candidate.needed, -part[1], part[0]))
    for stage, contribution in ranked:
        phrase = _phrase(stage) if contribution > 0 else None
        words = phrase(candidate, context) if phrase else None
        if words:
            return Reason(words, stage)
    return Reason(LITTLE_KNOWN if context.is_stranger else "nothing sets it apart from the others here", None)


def _words(candidate: Candidate, context: ReasonContext) -> str | None:
    if context.wish:
        return _said(topic_words(context.wish), candidate)
    if context.example:
        return _shared_words(candidate.video, [context.example.title])
    if context.profile.liked:
        return _words_of_liked(candidate, context)
    return _interest(candidate.video, context)


def _said(words: list[str], candidate: Candidate) -> str | None:
    """Say where most of `words` are: in the segment shown, in the title, in the summary."""
    video, segment = candidate.video, candidate.segment
    at = f" at {clock(segment.start_s)}" if segment and segment.start_s is not None else ""
    places = (
        ("says {}" + at, segment.text if segment else ""),
        ("its title says {}", video.display_title),
        ("its summary says {}", video.summary or ""),
        ("says {}", video.transcript.text),
        ("its description says {}", "" if video.transcript.text else video.description),
    )
    found = [(pattern, words_in(words, text)) for pattern, text in places]
    pattern, best = max(found, key=lambda place: sum(len(phrase.split()) for phrase in place[1]))
    return pattern.format(quoted(best)) if best else None


def _words_of_liked(candidate: Candidate, context: ReasonContext) -> str | None:
    """Name the words that the video shares with the title of a liked item that shares most of what counts."""
    text = _text(candidate.video)
    own = set(terms(text))

    def overlap(item: HistoryItem) -> float:
        title = terms(item.title)
        return item.weight / max(1, len(title)) * sum(context.idf(term) for term in title if term in own)

    supporting = _supporting([(overlap(item), item) for item in _liked(context)], candidate)
    if supporting is None:
        return None
    words = sorted(words_in(topic_words(supporting.title), text), key=lambda word: -_weight(word, context))
    return f"mentions {quoted(words)}, as does {_named(supporting, candidate, context)}" if words else None


def _shared_words(video: Video, titles: list[str]) -> str | None:
    found = [(title, words_in(topic_words(title), _text(video))) for title in titles]
    title, words = max(found, key=lambda pair: len(pair[1]))
    return f"mentions {quoted(words)}, as does “{title}”" if words else None


def _interest(video: Video, context: ReasonContext) -> str | None:
    interests = [one.strip() for interest in context.profile.interests for one in JOINED.split(interest)]
    own = set(terms(_text(video)))
    found = [one for one in dict.fromkeys(interests) if (words := terms(one)) and own.issuperset(words)]
    return f"mentions {quoted(found)}, which you named as an interest" if found else None


def _meaning(candidate: Candidate, context: ReasonContext) -> str | None:
    target = f"“{context.wish}”" if context.wish else f"“{context.example.title}”" if context.example else None
    if target:
        place = "close" if _is_near(candidate.video, context) else _closest(candidate)
        said = _said(topic_words(context.wish), candidate) if context.wish else None
        return f"{place} in meaning to {target}{f', and {said}' if said else ''}"
    near = _near_liked(candidate, context)
    if near is not None:
        return f"{_also(near, candidate)}like {_named(near, candidate, context)}"
    return f"{_closest(candidate)} in meaning to {_what_is_liked(context)}" if _liked(context) else None


def _closest(candidate: Candidate) -> str:
    """Return the place among all candidates: "closest", "2nd closest"."""
    rank = candidate.ranks.get("dense", 1)
    return "closest" if rank == 1 else f"{ordinal(rank)} closest"


def _is_near(video: Video, context: ReasonContext) -> bool:
    own = context.vector("video", video.id)
    other = context.vector("video", context.example.id) if context.example else context.wish_vector
    return own is not None and other is not None and float(own @ other) >= NEAR


def _category(candidate: Candidate, context: ReasonContext) -> str | None:
    """Name the share of the video's category, then items of it; None if a category in the sum is a guess."""
    category = candidate.video.category
    if not context.profile.liked:
        return _stated(candidate.video, context)
    share = context.profile.categories.get(category or "", 0.0)
    guessed = candidate.video.category_is_guess or category in context.profile.guessed_categories
    if guessed or share < SMALLEST_SHARE:
        return None
    whole = f"{category} is {share:.0%} of what you like"
    liked = [item for item in _liked(context) if item.category == category]
    if not liked or (whole not in candidate.said and len(_liked(context)) > FEW):
        return whole
    facts = list(_of_category(category or "", liked, candidate, context))
    return next((fact for fact in facts if fact not in candidate.said), facts[0])


def _stated(video: Video, context: ReasonContext) -> str | None:
    category = video.category or ""
    if category.casefold() not in {interest.casefold() for interest in context.profile.interests}:
        return None
    guessed = f"looks like “{category}”, which you named as an interest"
    return guessed if video.category_is_guess else f"you named “{category}” as an interest"


def _of_category(
    category: str, liked: list[HistoryItem], candidate: Candidate, context: ReasonContext
) -> Iterator[str]:
    """Yield the category with a liked item of it, with the place by meaning among the best, with the popularity.

    An item that is not near is only said to be of the category.
    """
    fresh = [item for item in liked if not candidate.has_named(item.title)]
    item = max(fresh or liked, key=lambda item: (_cosine(candidate.video.id, item, context), item.weight))
    is_near = _cosine(candidate.video.id, item, context) >= NEAR
    yield f"{f'more {category}, like' if is_near else f'{category}, as is'} {_named(item, candidate, context)}"
    ranked_by_likes = not (context.wish or context.example)
    if ranked_by_likes and candidate.ranks.get("dense", BEST_PLACE + 1) <= BEST_PLACE:
        yield f"{category}, and {_closest(candidate)} in meaning to {_what_is_liked(context)}"
    if popularity := context.popularity(candidate.video):
        yield f"{category}, and {popularity}"


def _cosine(video_id: str, item: HistoryItem, context: ReasonContext) -> float:
    """Return the cosine of the vectors of a video and a liked item; -1 if one has none."""
    own, other = context.vector("video", video_id), context.vector(item.kind, item.item_id)
    return -1.0 if own is None or other is None else float(own @ other)


def _cowatch(candidate: Candidate, context: ReasonContext) -> str | None:
    evidence = context.links(candidate.video)
    if evidence is None:
        return None
    liked = {item.item_id: item for item in context.profile.liked if item.kind == "video"}
    scored = zip(evidence.values.tolist(), (liked[item_id] for item_id in evidence.liked), strict=True)
    supporting = _supporting(scored, candidate)
    if supporting is None:
        return None
    at = evidence.liked.index(supporting.item_id)
    after, before, watched = (int(counts[at]) for counts in (evidence.after, evidence.before, evidence.watched))
    readers = after or before
    if readers < MIN_READERS:
        return None
    others = max(readers, watched - 1)  # the reader is one of those who watched it
    watchers = f"{_some_of(readers, others)} who watched “{supporting.title}”"
    return f"{_also(supporting, candidate)}watched {'later' if after else 'before'} by {watchers}"


def _some_of(readers: int, others: int) -> str:
    if readers == others:
        return f"all {others} others"
    return f"at least {readers} of {others} others"


def _trained(leg: str, candidate: Candidate, context: ReasonContext) -> str | None:
    watched = context.leads_to(leg, candidate.video)
    if watched is None:
        return None
    model = "the same model also" if candidate.has_named(watched.title) else "a model of what readers watch next"
    return f"{model} puts it after {_named(watched, candidate, context)}"


def _clicks(candidate: Candidate, context: ReasonContext) -> str | None:
    chosen, shown = context.clicks(candidate.video)
    return f"chosen {chosen:,} of the {shown:,} times it was shown this week" if chosen else None


def _objective(candidate: Candidate, context: ReasonContext) -> str | None:
    video, objective = candidate.video, context.profile.objective
    for phrase, name, pairs in (
        ("more {}", video.category, objective.categories),
        ("more from {}", video.channel, objective.channels),
    ):
        amounts = {one.casefold(): amount for one, amount in pairs}
        if name and amounts.get(name.casefold(), 0.0) > 0:
            return f"you asked for {phrase.format(name)}"
    if objective.length_s and video.duration_s is not None and video.duration_s <= objective.length_s:
        return f"no longer than {length(objective.length_s)}, as you asked"
    return None


def _popular(candidate: Candidate, context: ReasonContext) -> str | None:
    words = context.popularity(candidate.video)
    confess = words and context.is_stranger and not any(LITTLE_KNOWN in reason for reason in candidate.said)
    return f"{words}; {LITTLE_KNOWN}" if confess else words


def _model(candidate: Candidate, context: ReasonContext) -> str:
    verb = "moved up" if candidate.moved_up else "preferred"
    if context.by_student:  # it compares videos, and cannot say that one answers a wish
        return f"{verb} by the language model's student for {'your wish' if context.wish else _what_is_liked(context)}"
    fit = "answers your wish" if context.wish else f"fits {_what_is_liked(context)}"
    return f"{verb} by the language model: {fit}"


Phrase = Callable[[Candidate, ReasonContext], str | None]
PHRASES: Mapping[str, Phrase] = {
    "bm25": _words,
    "tfidf": _words,
    "dense": _meaning,
    "affinity": _category,
    "cowatch": _cowatch,
    "popular": _popular,
    OBJECTIVE: _objective,
    "clicks": _clicks,
    "svd": partial(_trained, "svd"),
    "tower": partial(_trained, "tower"),
    RERANK: _model,
}


def _phrase(stage: str) -> Phrase | None:
    if stage in PHRASES:
        return PHRASES[stage]
    return LEGS[stage].phrase if stage in LEGS else None


def _liked(context: ReasonContext) -> list[HistoryItem]:
    """Return the liked items that the reader did not leave at once."""
    return [item for item in context.profile.liked if not is_bounce(item)]


def _what_is_liked(context: ReasonContext) -> str:
    """Return "what you read and watched", with the verbs of what the reader did; "liked" only without others."""
    done = {describe_action(item)[0] for item in _liked(context)}
    verbs = " and ".join(verb for verb in ("read", "watched") if verb in done)
    return f"what you {verbs or 'liked'}"


def _near_liked(candidate: Candidate, context: ReasonContext) -> HistoryItem | None:
    """Return a liked item with nearly the largest cosine to the video, at least `NEAR`; None if all are farther.

    Items that the reader left at once do not count.
    """
    scored = [(_cosine(candidate.video.id, item, context), item) for item in _liked(context)]
    return _supporting([pair for pair in scored if pair[0] >= NEAR], candidate)


def _supporting(scored: Iterable[tuple[float, HistoryItem]], candidate: Candidate) -> HistoryItem | None:
    """Return the liked item with the largest score among those that no reason above names and that have `NEARLY` it.

    If all of these are named, it is the one with the largest score; None if no score is above 0.
    """
    above = [pair for pair in scored if pair[0] > 0]
    least = NEARLY * max((score for score, _ in above), default=0.0)
    nearly = [pair for pair in above if pair[0] >= least]
    return max(nearly, key=lambda pair: (not candidate.has_named(pair[1].title), pair[0]), default=(0.0, None))[1]


def _also(item: HistoryItem, candidate: Candidate) -> str:
    return "also " if candidate.has_named(item.title) else ""


def _named(item: HistoryItem, candidate: Candidate, context: ReasonContext) -> str:
    """Return “title”, which you watched to the end; a shorter dwell time is left out, as is all where it was named."""
    if candidate.has_named(item.title):
        return f"“{item.title}”"
    verb, manner = describe_action(item, context.items.length_s(item))
    return f"“{item.title}”, which you {verb} {manner if manner == WATCHED_WHOLE else ''}".rstrip()


def _weight(phrase: str, context: ReasonContext) -> float:
    return sum(context.idf(term) for term in terms(phrase))


def _text(video: Video) -> str:
    return "\n".join((video.display_title, video.summary or "", video.transcript.text or video.description))
