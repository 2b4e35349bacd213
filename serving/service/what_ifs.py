"""Lists after a change, and the smallest change of a history that removes a video from a list."""

from __future__ import annotations

from typing import Any

from shortlist.agent.what_if.counterfactual import counterfactuals
from shortlist.agent.what_if.what_if import what_if
from shortlist.core.errors import UnknownItem
from shortlist.core.ranking import Change, Request
from shortlist.serving.service.reloader import Reloader
from shortlist.store.catalogue.catalogue import Catalogue


class WhatIfs:
    """Answers from the newest recommender. Nothing is stored, and the language model is not asked."""

    def __init__(self, catalogue: Catalogue, reloader: Reloader) -> None:
        self._catalogue = catalogue
        self._reloader = reloader

    def what_if(self, request: Request, change: Change) -> dict[str, Any]:
        """Return the document of `whatif --json`. Raises like `what_if`."""
        return what_if(self._reloader.recommender(), self._catalogue, request, change).document

    def counterfactual(self, request: Request, video_id: str) -> dict[str, Any]:
        """Return what keeps a video in the list. Raises `UnknownItem` if the list does not have it."""
        found = counterfactuals(self._reloader.recommender(), request, [video_id])
        if not found:
            expected, remedy = f"a video of the best {request.k}", "ask for a longer list with k"
            raise UnknownItem("not in the list", expected=expected, found=repr(video_id), remedy=remedy)
        return found[0].document

    def weights(self) -> dict[str, float]:
        """Return the weight of each leg that runs."""
        return self._reloader.recommender().weights
