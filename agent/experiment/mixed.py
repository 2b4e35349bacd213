"""A recommender whose lists are made for an experiment: interleaved from two recommenders, and explored at random."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from time import perf_counter

from shortlist.agent.batch import few_results_note
from shortlist.agent.experiment.exploration import POOL, explore
from shortlist.agent.experiment.team_draft import team_draft
from shortlist.agent.recommend import Draft, Progress, Recommender, ignore
from shortlist.core.config import AUTO
from shortlist.core.exposures import request_document
from shortlist.core.notes import Note
from shortlist.core.ranking import MAX_K, Answer, ModelUse, Request
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.experiments import A

SeedOf = Callable[[Request, int], str]


@dataclass(frozen=True, slots=True)
class Contender:
    """A recommender of an experiment, and the rerank method of requests that leave it open."""

    recommender: Recommender
    method: str = AUTO

    def request(self, request: Request) -> Request:
        """Return `request` with the method of this contender."""
        return replace(request, rerank=self.method) if request.rerank == AUTO else request


@dataclass(frozen=True, slots=True, eq=False)
class MixedDraft(Draft):
    """The drafts of all contenders for `request`. `ranked` is that of the first."""

    request: Request
    drafts: tuple[Draft, ...]


class MixedRecommender(Recommender):
    """Answers with the interleaved lists of two contenders, or the list of one; a `share` of places is explored.

    Searches, profiles, explanations and rankings of many readers are those of the first contender. Each answer costs as
    much as those of all contenders; they share the budget of a rerank. `seed_of` decides what is drawn for a request.
    """

    def __init__(
        self, contenders: Sequence[Contender], seed_of: SeedOf, share: float = 0.0, experiment: str | None = None
    ) -> None:
        vars(self).update(vars(contenders[0].recommender))
        self._contenders = tuple(contenders)
        self._seed_of = seed_of
        self._share = share
        self._experiment = experiment

    def without_model(self) -> Recommender:
        """Return a recommender that mixes the same lists without the language model."""
        contenders = [Contender(one.recommender.without_model()) for one in self._contenders]
        return MixedRecommender(contenders, self._seed_of, self._share, self._experiment)

    def recommend_many(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer several requests, one by one."""
        return [self._mix(request, self._answer_each(request)) for request in requests]

    def draft(self, request: Request) -> Draft:
        """Mix the drafts of the contenders."""
        drafts = [one.recommender.draft(self._wide(one, request)) for one in self._contenders]
        answer = self._mix(request, [one.answer for one in drafts])
        first, reranks = drafts[0], any(one.reranks for one in drafts)
        return MixedDraft(answer, reranks, first.ranked, first.items, first.timings_ms, request, tuple(drafts))

    def finish(self, draft: Draft, show: Callable[[Progress], None] = ignore) -> Answer:
        """Finish the drafts of the contenders, one after the other, and mix their answers."""
        if not isinstance(draft, MixedDraft):  # of a recommender that was replaced meanwhile
            return super().finish(draft, show)
        answers = [one.answer for one in draft.drafts]
        shares = self._shares(draft.ranked.request.budget_ms)
        for at, (contender, one, budget_ms) in enumerate(zip(self._contenders, draft.drafts, shares, strict=False)):
            ranked = replace(one.ranked, request=replace(one.ranked.request, budget_ms=budget_ms))

            def step(progress: Progress, at: int = at) -> None:
                known: list[Answer | Progress] = [*answers[:at], progress, *answers[at + 1 :]]
                show(Progress(progress.judged, progress.total, lambda: self._mix(draft.request, _answers(known))))

            answers[at] = contender.recommender.finish(replace(one, ranked=ranked), step)
        return self._mix(draft.request, answers)

    def _answer_each(self, request: Request) -> list[Answer]:
        wide = ((one.recommender, self._wide(one, request)) for one in self._contenders)
        shares = self._shares(request.budget_ms)
        return [
            recommender.recommend(replace(asked, budget_ms=budget_ms))
            for (recommender, asked), budget_ms in zip(wide, shares, strict=False)
        ]

    def _wide(self, contender: Contender, request: Request) -> Request:
        """Return the request for as many videos as may be shown."""
        k = min(request.k + POOL, MAX_K) if self._share else request.k
        return replace(contender.request(request), k=k)

    def _shares(self, budget_ms: float | None) -> Iterator[float | None]:
        """Yield the budget of each contender in turn: an equal part of what those before it have left of `budget_ms`.

        So a contender whose judgements come from the cache leaves its time to the next one.
        """
        start = perf_counter()
        for left in range(len(self._contenders), 0, -1):
            spent_ms = 1000 * (perf_counter() - start)
            yield None if budget_ms is None else max(0.0, budget_ms - spent_ms) / left

    def _mix(self, request: Request, answers: Sequence[Answer]) -> Answer:
        first = answers[0]
        seed = self._seed_of(request, first.revision)
        found = [{item.video.id: item for item in answer.recommendations} for answer in answers]
        chosen = dict.fromkeys(found[0], found[0])
        variants: dict[str, str] = {}
        if len(answers) > 1:
            n_found = len({**found[0], **found[1]})
            drafted = team_draft(list(found[0]), list(found[1]), n_found, _random(f"{seed} draft"))
            variants = dict(drafted)
            chosen = {item: found[0] if variant == A else found[1] for item, variant in drafted}
        shown = explore(list(chosen)[: request.k + POOL], request.k, self._share, _random(f"{seed} explore"))
        items = tuple(
            replace(chosen[item][item], rank=rank, variant=variants.get(item), propensity=propensity)
            for rank, (item, propensity) in enumerate(shown, start=1)
        )
        return Answer(
            first.user_id, items, _notes(answers, len(items), request.k), _sums(answers), _use(answers),
            revision=first.revision, last_event=first.last_event,
            models=" and ".join(dict.fromkeys(answer.models for answer in answers)), experiment=self._experiment,
        )  # fmt: skip


def seed_of(catalogue: Catalogue, experiment: str | None, until: int | None = None) -> SeedOf:
    """Return a function from a request, and the revision of its answer, to the seed of what is drawn for it.

    The seed stays the same, so that a list does not change when it is shown again, or longer, or reranked, until the
    reader does something. As it cannot be foreseen, each session has coins of its own. Events with a number above
    `until` do not count, so that a list of the past can be drawn again.
    """

    def seed(request: Request, revision: int) -> str:
        asked = request_document(replace(request, k=1, budget_ms=None, rerank=AUTO))
        state = json.dumps([experiment, asked, revision, catalogue.events.last_number(request.user_id, until)])
        return hashlib.sha256(state.encode()).hexdigest()

    return seed


def _random(seed: str) -> Random:
    return Random(seed)  # noqa: S311  (it draws lists, not secrets)


def _answers(known: Sequence[Answer | Progress]) -> list[Answer]:
    return [one.answer() if isinstance(one, Progress) else one for one in known]


def _notes(answers: Sequence[Answer], n_results: int, k: int) -> tuple[Note, ...]:
    notes = dict.fromkeys(note for answer in answers for note in answer.notes if note.code != "few-results")
    return (*notes, *([few_results_note(n_results, k)] if n_results < k else []))


def _sums(answers: Sequence[Answer]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for answer in answers:
        total.update(answer.timings_ms)
    return dict(total)


def _use(answers: Sequence[Answer]) -> ModelUse:
    used = [answer.llm for answer in answers]
    return ModelUse(
        next((use.model for use in used if use.model), None),
        sum(use.calls for use in used),
        sum(use.prompt_tokens for use in used),
        sum(use.cached_calls for use in used),
        sum(use.output_tokens for use in used),
    )
