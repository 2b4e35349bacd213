"""Records shared by one batch of requests, and a request with its retrieved ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shortlist.core.notes import Note, NoteCode
from shortlist.core.ranking import Query, Ranking, Request
from shortlist.core.types import Article, HistoryItem, Kind, Outline, Profile, Video


@dataclass(frozen=True, slots=True)
class ItemBatch:
    """Records read from the catalogue once: whole `videos`, which may be recommended, and `outlines` of histories.

    An article and a video may share an id.
    """

    videos: Mapping[str, Video] = field(default_factory=dict)
    outlines: Mapping[tuple[Kind, str], Outline] = field(default_factory=dict)

    @classmethod
    def of(cls, videos: Iterable[Video], articles: Iterable[Article] = ()) -> ItemBatch:
        """Return a batch with the whole `videos`, and with outlines of all records."""
        by_id = {video.id: video for video in videos}
        outlines: dict[tuple[Kind, str], Outline] = {("article", one.id): Outline.of(one) for one in articles}
        return cls(by_id, outlines | {("video", one.id): Outline.of(one) for one in by_id.values()})

    def outline(self, kind: Kind, item_id: str) -> Outline | None:
        """Return the outline of an item of a history; None if the catalogue has no such item."""
        return self.outlines.get((kind, item_id))

    def length_s(self, item: HistoryItem) -> float | None:
        """Return the duration of the video `item` in seconds; None for articles and unknown durations."""
        outline = self.outline(item.kind, item.item_id)
        return outline.duration_s if outline else None


@dataclass(frozen=True, slots=True, eq=False)
class RankedRequest:
    """A request with its reader's profile, its query and the ranking that was retrieved for it.

    `last_event` is the number of the event stored last when the profile was read.
    """

    request: Request
    profile: Profile
    query: Query
    ranking: Ranking
    last_event: int = 0


def request_notes(ranked: RankedRequest, n_results: int) -> list[Note]:
    """Return notes on an answer of `n_results` videos: what it is based on, and that it is short."""
    cold_start = not ranked.profile.liked and not (ranked.request.wish or ranked.request.like)
    notes = [_cold_start_note(ranked.profile)] if cold_start else [*ranked.ranking.notes]
    if n_results < ranked.request.k:
        notes.append(few_results_note(n_results, ranked.request.k))
    return notes


def few_results_note(n_results: int, k: int) -> Note:
    """Return the note that fewer videos match than were asked for."""
    return Note("few-results", f"only {n_results} of {k}: no other video matches")


def _cold_start_note(profile: Profile) -> Note:
    code: NoteCode = "no-likes" if profile.n_events else "no-history"
    lack = "has liked nothing yet" if profile.n_events else "has no history"
    basis = "stated interests, popular and fresh" if profile.interests else "popular and fresh"
    return Note(code, f"{profile.user_id} {lack}: {basis}")
