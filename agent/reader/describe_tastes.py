"""The tastes of all readers, written one after the other and kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from shortlist.agent.reader.records import profiles_of
from shortlist.agent.reader.taste import PROMPT, taste_of
from shortlist.core.config import ProfileConfig
from shortlist.core.errors import ModelFailed
from shortlist.core.types import EXTRACTIVE, Made
from shortlist.ingest.enrich.patience import RetryBudget
from shortlist.ingest.enrich.queue import Worked
from shortlist.ingest.tables.rows import Failure
from shortlist.models.llm.language_model import LanguageModel
from shortlist.prompts.loader import load
from shortlist.store.catalogue.catalogue import Catalogue


def write_tastes(
    catalogue: Catalogue,
    model: LanguageModel,
    config: ProfileConfig,
    *,
    refresh: bool = False,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Worked:
    """Put into words what every reader likes who has done or named something since, until `limit` are done.

    `refresh` also takes those whose taste another model or prompt version wrote. `progress` gets how many readers were
    looked at and how many there are. A reader for whom the model gives no answer is a failure, and the others go on.
    Raises `ModelFailed` where the first three get none, or any ten in a row.
    """
    made_by = f"{model.name}:{load(PROMPT).id}"
    waiting = list(_waiting(catalogue, made_by, refresh))
    began, patience = time.perf_counter(), RetryBudget()
    failures: list[Failure] = []
    extractive = done = 0
    for number, (user_id, described) in enumerate(waiting, 1):
        if done == limit:
            break
        profiles, shelf = profiles_of(catalogue, [user_id], config)
        taste = None
        try:
            taste = taste_of(profiles[user_id], shelf, model)
        except ModelFailed as error:
            failures.append(Failure(user_id, str(error)))
            patience.failed(error)
        if taste:
            patience.answered()
            catalogue.tastes.put(user_id, Made(taste.sentence, taste.made_by), taste.tags, described)
            done += 1
            extractive += taste.made_by == EXTRACTIVE
        if progress:
            progress(number, len(waiting))
    each = (time.perf_counter() - began) / done if done else 0.0
    return Worked(done, extractive, tuple(failures), each, made_by)


def _waiting(catalogue: Catalogue, made_by: str, refresh: bool) -> Iterator[tuple[str, int]]:
    """Yield the readers to describe, each with the number that stands for their events and interests."""
    known = catalogue.tastes.made()
    for user_id, current in catalogue.tastes.inputs().items():
        maker, described = known.get(user_id, ("", 0))
        if described != current or (refresh and maker != made_by):
            yield user_id, current
