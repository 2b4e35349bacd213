"""Readers -> Recommendations: profile, retrieval, rerank and blend, reasons. One reader is a batch of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from shortlist.agent.batch import ItemBatch, RankedRequest, request_notes
from shortlist.agent.explain.explain import Explainer
from shortlist.agent.ranked import Ranked
from shortlist.agent.reader.query import alike_query, profile_query, text_query, topic_of
from shortlist.agent.reader.records import Records, profiles_of
from shortlist.agent.rerank.policy import RerankPolicy, check_method, decide
from shortlist.agent.rerank.runner import RerankRunner, exact_prompts
from shortlist.agent.stopwatch import Stopwatch
from shortlist.core.config import AUTO, NONE, ProfileConfig, RerankConfig
from shortlist.core.errors import UnknownItem, UsageError
from shortlist.core.ranking import Answer, Filters, Query, Request
from shortlist.core.types import Profile
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever

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
        self.snapshot = snapshot
        self._explainer = Explainer(snapshot)
        self._encoder = encoder
        self._model = model
        self._profile = profile
        self._rerank = rerank

    def recommend(self, request: Request) -> Answer:
        """Answer one request.

        Raises `UnknownReader`, `UsageError` for an unknown method, and what `RerankRunner.judge` raises.
        """
        return self.recommend_many([request])[0]

    def recommend_many(self, requests: Sequence[Request]) -> list[Answer]:
        """`[recommend(request) for request in requests]`, cheaper: the same order, scores within 1e-5.

        All or nothing: the first unknown reader raises `UnknownReader` before any work is done, so a caller with
        doubtful ids asks the catalogue first. Stages that a batch shares are timed in equal parts.
        """
        ranked, shelf = self._ranked(requests, explained=True)
        return [self._explained(one, shelf) for one in ranked]

    def rank_many(self, requests: Sequence[Request]) -> list[Ranked]:
        """What `recommend_many` makes its answers of, without reasons and evidence. Raises the same errors."""
        return self._ranked(requests, explained=False)[0]

    def search(self, text: str, k: int, filters: Filters = NO_FILTERS) -> Answer:
        """The videos that `text` asks for, for nobody in particular: no profile, nothing excluded, no rerank.

        Raises `UsageError` for a text that is blank.
        """
        topic = topic_of(text)
        if topic is None:
            raise UsageError("nothing to look for", expected="a text", found="a blank one", remedy="say what")
        request = Request("", k, topic, NONE, filters=filters)
        return self._for_nobody(request, lambda: text_query(topic, k, filters, self._encoder()))

    def alike(self, video_id: str, k: int, filters: Filters = NO_FILTERS) -> Answer:
        """The videos that resemble `video_id`, for nobody in particular. Raises `UnknownItem`."""
        request = Request("", k, None, NONE, filters=filters, like=video_id)
        return self._for_nobody(request, lambda: self._alike(request, request.k, None))

    def profile(self, user_id: str) -> Profile:
        """What is known of a reader's taste. Raises `UnknownReader`."""
        return profiles_of(self._records, [user_id], self._profile)[0][user_id]

    def prompts(self, request: Request) -> list[tuple[Message, ...]]:
        """The exact messages of every model call that a rerank of this request would make; no model is loaded."""
        if request.rerank == NONE:
            return []
        [case], shelf = self._cases([request], Stopwatch(), explained=True)
        method = self._rerank.method if request.rerank == AUTO else request.rerank
        return exact_prompts(method, case.request, case.profile, case.ranking, shelf, self._rerank)

    def _for_nobody(self, request: Request, ask: Callable[[], Query]) -> Answer:
        watch = Stopwatch()
        with watch.stage("query"):
            query = ask()
        with watch.stage("retrieve"):
            ranking = self._retriever.search(query)
        case = RankedRequest(request, Profile(""), query, ranking)
        shelf = ItemBatch(self._records.videos.get_many([*ranking.ids, *filter(None, (request.like,))]))
        return self._explained(self._judged(case, shelf, RerankRunner(self._model, self._rerank), watch.ms), shelf)

    def _ranked(self, requests: Sequence[Request], *, explained: bool) -> tuple[list[Ranked], ItemBatch]:
        watch = Stopwatch()
        with self._records.snapshot():
            cases, shelf = self._cases(requests, watch, explained=explained)
        judge = RerankRunner(self._model, self._rerank)
        shared = {stage: ms / len(cases) for stage, ms in watch.ms.items()} if cases else {}
        # Requests whose prompts begin alike come one after another: the model reads that beginning once.
        reading_order = sorted(range(len(cases)), key=lambda at: (requests[at].wish or "", requests[at].user_id))
        judged = {at: self._judged(cases[at], shelf, judge, shared) for at in reading_order}
        return [judged[at] for at in range(len(cases))], shelf

    def _cases(
        self, requests: Sequence[Request], watch: Stopwatch, *, explained: bool
    ) -> tuple[list[RankedRequest], ItemBatch]:
        requests = [_checked(request) for request in requests]
        with watch.stage("profile"):
            profiles, history = profiles_of(self._records, [one.user_id for one in requests], self._profile)
        with watch.stage("query"):
            queries = [self._query(request, profiles[request.user_id]) for request in requests]
        with watch.stage("retrieve"):
            rankings = self._retriever.search_many(queries)
        with watch.stage("read"):
            read = [
                {*ranking.ids, *filter(None, (request.like,))}
                for request, ranking in zip(requests, rankings, strict=True)
                if explained or self._gate(request, profiles[request.user_id]).method
            ]
            videos = self._records.videos.get_many(sorted(set().union(*read) - history.videos.keys()))
        cases = [
            RankedRequest(request, profiles[request.user_id], query, ranking)
            for request, query, ranking in zip(requests, queries, rankings, strict=True)
        ]
        return cases, ItemBatch({**history.videos, **videos}, history.articles)

    def _query(self, request: Request, profile: Profile) -> Query:
        # Not k alone: the head that the model judges must not depend on how many are asked for.
        depth = max(request.k, self._rerank.depth)
        if request.like:
            query = self._alike(request, depth, profile)
        elif request.wish:
            query = text_query(request.wish, depth, request.filters, self._encoder(), profile)
        else:
            query = profile_query(profile, depth, request.filters, self.snapshot.vectors_of)
        return query if request.only is None else replace(query, only=request.only)

    def _alike(self, request: Request, depth: int, profile: Profile | None) -> Query:
        video = self._records.videos.get_many([request.like or ""]).get(request.like or "")
        if video is None:
            remedy = "look for it with `shortlist search TEXT`"
            raise UnknownItem("unknown video", expected="the id of a video", found=repr(request.like), remedy=remedy)
        return alike_query(video, depth, request.filters, self.snapshot.vectors_of, profile)

    def _judged(
        self, case: RankedRequest, shelf: ItemBatch, judge: RerankRunner, shared: Mapping[str, float]
    ) -> Ranked:
        watch = Stopwatch()
        with watch.stage("rerank"):
            gate = self._gate(case.request, case.profile)
            verdict = judge.judge(case.request, case.profile, case.ranking, shelf, gate)
        return Ranked(case, verdict, {**shared, **watch.ms})

    def _gate(self, request: Request, profile: Profile) -> RerankPolicy:
        return decide(request, profile, self._rerank, self._profile)

    def _explained(self, ranked: Ranked, shelf: ItemBatch) -> Answer:
        case, verdict, watch = ranked.case, ranked.verdict, Stopwatch()
        with watch.stage("explain"):
            recommendations = self._explainer.explain(case, verdict, shelf)
        notes = (*self.snapshot.notes, *request_notes(case, len(recommendations)), *verdict.notes)
        timings = {**ranked.timings_ms, **watch.ms}
        return Answer(case.request.user_id, recommendations, notes, timings, verdict.use)


def _checked(request: Request) -> Request:
    check_method(request.rerank)
    return replace(request, wish=topic_of(request.wish))
