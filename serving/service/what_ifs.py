"""Lists after a change, and the smallest change of a history that removes a video from a list."""

from __future__ import annotations

from typing import Any

from shortlist.agent.what_if.counterfactual import Counterfactual, counterfactuals
from shortlist.agent.what_if.what_if import what_if
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
        """Return what keeps a video in the list, or that the list does not have it. Raises `UnknownItem`."""
        self._catalogue.videos.get(video_id)
        found = counterfactuals(self._reloader.recommender(), request, [video_id])
        return found[0].document if found else Counterfactual.outside(video_id, request.k).document

    def settings(self) -> dict[str, Any]:
        """Return the weight of each leg that runs, and the half-life of an event's weight."""
        recommender = self._reloader.recommender()
        return {"weights": recommender.weights, "half_life_days": recommender.half_life_days}
