"""Lists after a change, and the smallest change of a history that removes a video from a list.

Nothing is stored, and the language model is not asked.
"""

from __future__ import annotations

from typing import Any

from shortlist.agent.what_if.counterfactual import Counterfactual, counterfactuals
from shortlist.agent.what_if.what_if import what_if
from shortlist.core.ranking import Change, Request
from shortlist.engine.engine import Engine


def what_if_document(engine: Engine, request: Request, change: Change) -> dict[str, Any]:
    """Return the document of `whatif --json`. Raises like `what_if`."""
    return what_if(engine.recommender(), engine.home.catalogue, request, change).document


def counterfactual_document(engine: Engine, request: Request, video_id: str) -> dict[str, Any]:
    """Return what keeps a video in the list, or that the list does not have it. Raises `UnknownItem`."""
    engine.home.catalogue.videos.get(video_id)
    found = counterfactuals(engine.recommender(), request, [video_id])
    return found[0].document if found else Counterfactual.outside(video_id, request.k).document


def what_if_settings(engine: Engine) -> dict[str, Any]:
    """Return the weight of each leg that runs, and the half-life of an event's weight."""
    recommender = engine.recommender()
    return {"weights": recommender.weights, "half_life_days": recommender.half_life_days}
