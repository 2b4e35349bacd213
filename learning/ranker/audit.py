"""The leakage audit: legs that have seen the hidden acts look excellent, and fail on new ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shortlist.core.errors import RecordError
from shortlist.learning.acts import HiddenActs
from shortlist.retrieval.index.snapshot import Snapshot


def require_unseen(snapshot: Snapshot, hidden: HiddenActs, trained_on: Mapping[str, str]) -> None:
    """Raise `RecordError` if the links, popularity or towers of `snapshot` were made with any hidden act.

    `trained_on` has the digest of the acts that each tower was trained on, by the name of its leg. Links must count
    each act that is left once, and no video may be more popular than the acts that are left make it.
    """
    acts = hidden.acts
    left = np.bincount(acts.items, minlength=len(acts.ids))
    counts = {video_id: int(count) for video_id, count in zip(acts.ids, left, strict=True)}
    links = snapshot.links
    seen_by = [name for name in snapshot.trained.towers if trained_on.get(name) != acts.digest]
    if any(count > counts.get(one, 0) for one, count in zip(links.ids, links.watched.tolist(), strict=True)):
        seen_by.append("cowatch")
    if any(value > counts.get(one, 0) + 1e-6 for one, value in snapshot.popular.items()):
        seen_by.append("popular")
    if seen_by:
        raise RecordError(
            "the ranker would learn from the answers",
            expected=f"legs made without the {len(hidden.targets):,} hidden acts",
            found=f"legs that have seen some: {', '.join(sorted(seen_by))}",
            remedy="train the legs on the acts that are left",
        )
