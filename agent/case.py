"""One request on its way to an answer."""

from __future__ import annotations

from dataclasses import dataclass

from shortlist.core.ranking import Query, Ranking, Request
from shortlist.core.types import Profile


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A request, its reader, what was looked for and what was retrieved."""

    request: Request
    profile: Profile
    query: Query
    ranking: Ranking


def case_notes(case: Case, n_found: int) -> list[str]:
    """What a person should know about an answer of `n_found` videos: what it rests on, and why it is short."""
    notes, profile = [], case.profile
    if not profile.liked and not (case.request.wish or case.request.like):
        lack = "has liked nothing yet" if profile.n_events else "has no history"
        basis = "stated interests, popular and fresh" if profile.interests else "popular and fresh"
        notes.append(f"{profile.user_id} {lack}: {basis}")
    else:
        notes.extend(case.ranking.notes)
    if n_found < case.request.k:
        notes.append(f"only {n_found} of {case.request.k}: no other video matches")
    return notes
