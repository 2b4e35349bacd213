"""Describes the tastes of all readers, one after another, and stores them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from shortlist.agent.reader.records import load_profiles
from shortlist.agent.reader.taste import PROMPT, describe_taste
from shortlist.core.config import ProfileConfig
from shortlist.core.errors import ModelFailed
from shortlist.core.types import EXTRACTIVE, Attributed
from shortlist.ingest.enrich.failure_limit import FailureLimit
from shortlist.ingest.enrich.run import EnrichResult
from shortlist.ingest.tables.rows import Failure
from shortlist.models.llm.language_model import LanguageModel
from shortlist.prompts.loader import load
from shortlist.store.catalogue.catalogue import Catalogue


def describe_tastes(
    catalogue: Catalogue,
    model: LanguageModel,
    config: ProfileConfig,
    *,
    refresh: bool = False,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EnrichResult:
    """Describe the taste of every reader with new events or interests, up to `limit` readers.

    `refresh` adds the readers whose taste another model or prompt version described. `progress` is called with the
    number of readers done and the total. A reader for whom the model fails is listed as a failure and the others go on.
    Raises `ModelFailed` if the first three readers fail, or any ten in a row.
    """
    made_by = f"{model.name}:{load(PROMPT).id}"
    outdated = list(_outdated(catalogue, made_by, refresh))
    start, failure_limit = time.perf_counter(), FailureLimit()
    failures: list[Failure] = []
    extractive = done = 0
    for number, (user_id, inputs) in enumerate(outdated, 1):
        if done == limit:
            break
        profiles, items = load_profiles(catalogue, [user_id], config)
        taste = None
        try:
            taste = describe_taste(profiles[user_id], items, model)
        except ModelFailed as error:
            failures.append(Failure(user_id, str(error)))
            failure_limit.failure(error)
        if taste:
            failure_limit.success()
            catalogue.tastes.put(user_id, Attributed(taste.sentence, taste.made_by), taste.tags, inputs)
            done += 1
            extractive += taste.made_by == EXTRACTIVE
        if progress:
            progress(number, len(outdated))
    seconds_each = (time.perf_counter() - start) / done if done else 0.0
    return EnrichResult(done, extractive, tuple(failures), seconds_each, made_by)


def _outdated(catalogue: Catalogue, made_by: str, refresh: bool) -> Iterator[tuple[str, int]]:
    """Yield the readers to describe, each with the number that identifies their events and interests."""
    stored = catalogue.tastes.made()
    for user_id, inputs in catalogue.tastes.inputs().items():
        stored_by, stored_inputs = stored.get(user_id, ("", 0))
        if stored_inputs != inputs or (refresh and stored_by != made_by):
            yield user_id, inputs
