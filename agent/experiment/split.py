"""A recommender that shows each reader the lists of one of two contenders, for experiments that split readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from shortlist.agent.experiment.mixed import Contender, MixedRecommender, SeedOf
from shortlist.agent.recommend import Draft, Progress, Recommender, RerankedRequest, ignore
from shortlist.core.ranking import Answer, Request
from shortlist.store.catalogue.experiments import A

SideOf = Callable[[str], str]
T = TypeVar("T")


class SplitRecommender(Recommender):
    """Answers with the list of the contender on the side of the request's reader, by `side_of`.

    A `share` of places is explored, except in rankings of many readers. Searches, profiles and explanations are those
    of the first contender. `experiment` is the name of the experiment.
    """

    def __init__(
        self, contenders: Mapping[str, Contender], side_of: SideOf, seed_of: SeedOf, share: float, experiment: str
    ) -> None:
        vars(self).update(vars(contenders[A].recommender))
        self._contenders = contenders
        self._side_of = side_of
        self._seed_of, self._share, self._experiment = seed_of, share, experiment
        self._mixed = {
            side: MixedRecommender([contender], seed_of, share, experiment) for side, contender in contenders.items()
        }

    def without_model(self) -> Recommender:
        """Return a recommender that splits the same readers without the language model."""
        contenders = {side: Contender(one.recommender.without_model()) for side, one in self._contenders.items()}
        return SplitRecommender(contenders, self._side_of, self._seed_of, self._share, self._experiment)

    def recommend_many(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer several requests, one by one."""
        return [self._marked(self._mixed[self._side_of(one.user_id)].recommend(one)) for one in requests]

    def draft(self, request: Request) -> Draft:
        """Return the draft of the reader's contender."""
        draft = self._mixed[self._side_of(request.user_id)].draft(request)
        return replace(draft, answer=self._marked(draft.answer))

    def finish(self, draft: Draft, show: Callable[[Progress], None] = ignore) -> Answer:
        """Finish a draft."""

        def marked(progress: Progress) -> None:
            show(replace(progress, answer=lambda: self._marked(progress.answer())))

        return self._marked(self._mixed[self._side_of(draft.answer.user_id)].finish(draft, marked))

    def rank_many(self, requests: Sequence[Request]) -> list[RerankedRequest]:
        """Rank each request by the contender of its reader."""
        return self._by_side(requests, lambda recommender, own: recommender.rank_many(own))

    def rank_and_explain_many(self, requests: Sequence[Request]) -> list[tuple[RerankedRequest, Answer]]:
        """Rank and explain each request by the contender of its reader."""
        return self._by_side(requests, lambda recommender, own: recommender.rank_and_explain_many(own))

    def _by_side(
        self, requests: Sequence[Request], work: Callable[[Recommender, Sequence[Request]], Sequence[T]]
    ) -> list[T]:
        done: dict[int, T] = {}
        for side, contender in self._contenders.items():
            places = [at for at, request in enumerate(requests) if self._side_of(request.user_id) == side]
            own = [contender.request(requests[at]) for at in places]
            done.update(zip(places, work(contender.recommender, own) if own else (), strict=True))
        return [done[at] for at in range(len(requests))]

    def _marked(self, answer: Answer) -> Answer:
        variant = self._side_of(answer.user_id)
        return replace(answer, recommendations=tuple(replace(one, variant=variant) for one in answer.recommendations))
