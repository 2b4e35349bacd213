"""Readers -> Recommendations: profile, retrieval, rerank and blend, reasons. One reader is a batch of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from agent.case import Case, case_notes
from agent.explain import Explainer
from agent.gate import check_method, decide
from agent.judge import Judge, exact_prompts
from agent.query import profile_query, text_query
from agent.records import Records, profiles_of
from agent.shelf import Shelf
from agent.stopwatch import Stopwatch
from agent.wish import topic_of
from core.config import AUTO, NONE, ProfileConfig, RerankConfig
from core.ranking import Answer, Filters, Query, Request
from core.types import Profile
from models.encoder import Encoder
from models.language_model import LanguageModel, Message
from retrieval.retriever import Retriever
from retrieval.snapshot import Snapshot

NO_FILTERS = Filters()


class Recommender:
    """Answers requests over one revision of the catalogue.

    `retriever` searches `snapshot`. `encoder` and `model` are called only when a request needs them (a wish; a rerank),
    and should remember what they loaded.
    """

    def __init__(
        self,
        *,
        records: Records,
        snapshot: Snapshot,
        retriever: Retriever,
        encoder: Callable[[], Encoder],
        model: Callable[[], LanguageModel],
        profile: ProfileConfig,
        rerank: RerankConfig,
    ) -> None:
        self._records = records
        self._retriever = retriever
        self._snapshot = snapshot
        self._explainer = Explainer(snapshot)
        self._encoder = encoder
        self._model = model
        self._profile = profile
        self._rerank = rerank

    def recommend(self, request: Request) -> Answer:
        """The answer to one request. Raises `UnknownReader`, `UsageError` (method) and what `Judge.judge` raises."""
        return self.recommend_many([request])[0]

    def recommend_many(self, requests: Sequence[Request]) -> list[Answer]:
        """`[recommend(request) for request in requests]`, cheaper: the same order, scores within 1e-5.

        All or nothing: the first unknown reader raises `UnknownReader` before any work is done, so a caller with
        doubtful ids asks the catalogue first. Stages that a batch shares are timed in equal parts.
        """
        watch = Stopwatch()
        cases, shelf = self._cases(requests, watch)
        judge = Judge(self._model, self._rerank)
        shared = {stage: ms / len(cases) for stage, ms in watch.ms.items()} if cases else {}
        return [self._answer(case, shelf, judge, shared) for case in cases]

    def search(self, text: str, k: int, filters: Filters = NO_FILTERS) -> Answer:
        """The videos that `text` asks for, for nobody in particular: no profile, nothing excluded, no rerank."""
        watch = Stopwatch()
        request = Request("", k, text, NONE, filters=filters)
        with watch.stage("query"):
            query = text_query(text, k, filters, self._encoder())
        with watch.stage("retrieve"):
            ranking = self._retriever.search(query)
        case = Case(request, Profile(""), query, ranking)
        shelf = Shelf(self._records.videos(ranking.ids))
        return self._answer(case, shelf, Judge(self._model, self._rerank), watch.ms)

    def profile(self, user_id: str) -> Profile:
        """What is known of a reader's taste. Raises `UnknownReader`."""
        return profiles_of(self._records, [user_id], self._profile)[0][user_id]

    def prompts(self, request: Request) -> list[tuple[Message, ...]]:
        """The exact messages of every model call that a rerank of this request would make; no model is loaded."""
        if request.rerank == NONE:
            return []
        [case], shelf = self._cases([request], Stopwatch())
        method = self._rerank.method if request.rerank == AUTO else request.rerank
        return exact_prompts(method, case.request, case.profile, case.ranking, shelf, self._rerank)

    def _cases(self, requests: Sequence[Request], watch: Stopwatch) -> tuple[list[Case], Shelf]:
        requests = [_checked(request) for request in requests]
        with watch.stage("profile"):
            profiles, history = profiles_of(self._records, [one.user_id for one in requests], self._profile)
        with watch.stage("query"):
            queries = [self._query(request, profiles[request.user_id]) for request in requests]
        with watch.stage("retrieve"):
            rankings = self._retriever.search_many(queries)
        with watch.stage("read"):
            wanted = {item for ranking in rankings for item in ranking.ids}
            videos = self._records.videos(sorted(wanted - history.videos.keys()))
        cases = [
            Case(request, profiles[request.user_id], query, ranking)
            for request, query, ranking in zip(requests, queries, rankings, strict=True)
        ]
        return cases, Shelf({**history.videos, **videos}, history.articles)

    def _query(self, request: Request, profile: Profile) -> Query:
        # Not k alone: the head that the model judges must not depend on how many are asked for.
        depth = max(request.k, self._rerank.depth)
        if request.wish:
            return text_query(request.wish, depth, request.filters, self._encoder(), profile)
        return profile_query(profile, depth, request.filters, self._snapshot.vectors_of)

    def _answer(self, case: Case, shelf: Shelf, judge: Judge, shared: Mapping[str, float]) -> Answer:
        watch = Stopwatch()
        with watch.stage("rerank"):
            gate = decide(case.request, case.profile, self._rerank, self._profile)
            verdict = judge.judge(case.request, case.profile, case.ranking, shelf, gate)
        with watch.stage("explain"):
            recommendations = self._explainer.explain(case, verdict, shelf)
        notes = (*self._snapshot.notes, *case_notes(case, len(recommendations)), *verdict.notes)
        return Answer(case.request.user_id, recommendations, notes, {**shared, **watch.ms}, verdict.use)


def _checked(request: Request) -> Request:
    check_method(request.rerank)
    return replace(request, wish=topic_of(request.wish))
