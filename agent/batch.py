"""The records that one batch of requests speaks about, read from the catalogue once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shortlist.core.notes import Note, NoteCode
from shortlist.core.ranking import Query, Ranking, Request
from shortlist.core.types import Article, HistoryItem, Kind, Profile, Video


@dataclass(frozen=True, slots=True)
class ItemBatch:
    """Videos and articles by id. An article and a video may share an id, so both are asked for with their kind."""

    videos: Mapping[str, Video] = field(default_factory=dict)
    articles: Mapping[str, Article] = field(default_factory=dict)

    def item(self, kind: Kind, item_id: str) -> Video | Article | None:
        """The record, or None where the catalogue does not know it."""
        return self.videos.get(item_id) if kind == "video" else self.articles.get(item_id)

    def length_s(self, item: HistoryItem) -> float | None:
        """How long the video of `item` lasts; None for articles and where it is not known."""
        record = self.item(item.kind, item.item_id)
        return record.duration_s if isinstance(record, Video) else None


@dataclass(frozen=True, slots=True, eq=False)
class RankedRequest:
    """A request, its reader, what was looked for and what was retrieved."""

    request: Request
    profile: Profile
    query: Query
    ranking: Ranking


def request_notes(case: RankedRequest, n_found: int) -> list[Note]:
    """What a person should know about an answer of `n_found` videos: what it rests on, and why it is short."""
    strange = not case.profile.liked and not (case.request.wish or case.request.like)
    notes = [_lack(case.profile)] if strange else [*case.ranking.notes]
    if n_found < case.request.k:
        notes.append(Note("few-results", f"only {n_found} of {case.request.k}: no other video matches"))
    return notes


def _lack(profile: Profile) -> Note:
    code: NoteCode = "no-likes" if profile.n_events else "no-history"
    lack = "has liked nothing yet" if profile.n_events else "has no history"
    basis = "stated interests, popular and fresh" if profile.interests else "popular and fresh"
    return Note(code, f"{profile.user_id} {lack}: {basis}")
