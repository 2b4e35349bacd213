"""Requests -> recommendations: profile, retrieval, rerank and blend, reasons. One reader is a batch of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

from shortlist.agent.batch import ItemBatch, RankedRequest, request_notes
from shortlist.agent.explain.explain import Explainer
from shortlist.agent.reader.query import profile_query, similar_query, text_query
from shortlist.agent.reader.records import Records, load_changed_profiles, load_profiles
from shortlist.agent.reader.topic import extract_topic
from shortlist.agent.rerank.policy import RerankPolicy, check_method, chosen_method, decide
from shortlist.agent.rerank.prompt_recorder import record_prompts
from shortlist.agent.rerank.runner import OnProgress, RerankResult, RerankRunner, ignore_time
from shortlist.agent.rerank.runner import ignore as ignore_result
from shortlist.agent.stopwatch import Stopwatch
from shortlist.agent.students.student import Student, no_student
from shortlist.core.config import AUTO, NONE, ProfileConfig, RerankConfig, RetrievalConfig
from shortlist.core.errors import UnknownItem, UsageError
from shortlist.core.notes import Note
from shortlist.core.ranking import Answer, Filters, FloatArray, Query, Recommendation, Request
from shortlist.core.types import Profile, Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.learned_fusion.fusion import LONG
from shortlist.retrieval.relevance import is_about
from shortlist.retrieval.retriever import Retriever

NO_FILTERS = Filters()
RELEVANCE_DEPTH = 10  # best videos that are searched for words of the wish


@dataclass(frozen=True, slots=True, eq=False)
class RerankedRequest:
    """A retrieved request, the result of its rerank, and the milliseconds of each stage."""

    ranked: RankedRequest
    result: RerankResult
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """The retrieval's answer to one request. `Recommender.finish` makes the final answer of it.

    `reranks` is false if the language model is not asked, so that `answer` is final. `timings_ms` has its stages.
    """

    answer: Answer
    reranks: bool
    ranked: RankedRequest
    items: ItemBatch
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Progress:
    """A rerank that goes on: the candidates judged so far, all that may be judged, and the list as it is now.

    `answer` takes milliseconds, so call it only for what you show.
    """

    judged: int
    total: int
    answer: Callable[[], Answer]


def ignore(_progress: Progress) -> None:
    """Do nothing with the progress of a rerank."""


class Recommender:
    """Answers requests over one revision of the catalogue.

    `retriever` searches `snapshot`. `encoder`, `model` and `student` are called whenever a request needs them (a wish;
    a rerank), so they should cache what they load. `keep_time` gets the seconds of a judgement by the model.
    """

    def __init__(
        self,
        *,
        records: Records,
        snapshot: Snapshot,
        retriever: Retriever,
        encoder: Callable[[], Encoder],
        model: Callable[[], LanguageModel],
        retrieval: RetrievalConfig,
        profile: ProfileConfig,
        rerank: RerankConfig,
        student: Callable[[], Student] = no_student,
        keep_time: Callable[[float], None] = ignore_time,
    ) -> None:
        self._records = records
        self._retriever = retriever
        self.snapshot = snapshot
        self._explainer = Explainer(snapshot, retrieval)
        self._encoder = encoder
        self._model = model
        self._student = student
        self._keep_time = keep_time
        self._retrieval = retrieval
        self._profile = profile
        self._rerank = rerank

    def without_model(self) -> Recommender:
        """Return a recommender over the same snapshot that asks the language model only by a method's name."""
        copied = copy(self)
        copied._rerank = self._rerank.model_copy(update={"weight_plain": 0.0, "weight_wish": 0.0, "weight_thin": 0.0})
        return copied

    @property
    def weights(self) -> dict[str, float]:
        """The configured weight of each leg that runs; 1 for those of a trained ranker that have none."""
        tables = (self._retrieval.text_weights, self._retrieval.weights)
        weights = {name: weight for table in tables for name, weight in table.items() if weight > 0}
        ranker = self.snapshot.trained.ranker if self._retrieval.fusion == "learned" else None
        return {**dict.fromkeys(ranker.depths if ranker else (), 1.0), **weights}

    @property
    def half_life_days(self) -> float:
        """The configured age at which an event counts half."""
        return self._profile.half_life_days

    @property
    def full_list(self) -> int:
        """The largest `k` with which the legs find the same candidates as with a small one."""
        return min(LONG, self._retrieval.depth)

    def recommend(self, request: Request) -> Answer:
        """Answer one request.

        Raises `UnknownReader`, `UsageError` for an unknown method, and what `RerankRunner.rerank` raises.
        """
        return self.recommend_many([request])[0]

    def recommend_many(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer several requests at once: the same order as one by one, scores within 1e-5.

        The first unknown reader raises `UnknownReader` before anything is ranked, so check doubtful ids first. The time
        of a stage that the batch shares is divided equally.
        """
        return [answer for _, answer in self.rank_and_explain_many(requests)]

    def rank_and_explain_many(self, requests: Sequence[Request]) -> list[tuple[RerankedRequest, Answer]]:
        """Return what `rank_many` and `recommend_many` do, as pairs. Raises the same errors."""
        reranked, items = self._rank(requests, explained=True)
        return [(one, self._explain(one, items)) for one in reranked]

    def draft(self, request: Request) -> Draft:
        """Answer one request without the language model. Raises like `recommend`, but no error of the model."""
        watch = Stopwatch()
        with self._records.snapshot():
            [ranked], items = self._retrieve([request], watch, explained=True)
        answer = self._explain(RerankedRequest(ranked, RerankResult(ranked.ranking), watch.ms), items)
        return Draft(answer, self._policy(ranked).method is not None, ranked, items, watch.ms)

    def finish(self, draft: Draft, show: Callable[[Progress], None] = ignore) -> Answer:
        """Return the final answer to a draft's request, as `recommend` does; calls `show` after each judgement.

        Raises what `RerankRunner.rerank` raises.
        """
        if not draft.reranks:
            return draft.answer

        def answer(result: RerankResult) -> Answer:
            return self._explain(RerankedRequest(draft.ranked, result, draft.timings_ms), draft.items)

        def progress(result: RerankResult, total: int) -> None:
            judged = len(result.model_ranking or ())
            show(Progress(judged, total, lambda: answer(result)))

        runner = self._runner()
        return self._explain(
            self._rerank_one(draft.ranked, draft.items, runner, draft.timings_ms, progress), draft.items
        )

    def rank_many(self, requests: Sequence[Request]) -> list[RerankedRequest]:
        """Rank as `recommend_many` does, without reasons and evidence. Raises the same errors."""
        return self._rank(requests, explained=False)[0]

    def explain(self, request: Request, video_id: str) -> Recommendation | None:
        """Explain `video_id` by its place among the best `k` for `request`; None if it is not one of them.

        Raises the same errors as `recommend`.
        """
        [reranked], items = self._rank([request], explained=False)
        videos = self._records.videos.get_many([video_id, *filter(None, (request.like,))])
        known = replace(items, videos={**items.videos, **videos})
        return self._explainer.explain_one(video_id, reranked.ranked, reranked.result, known)

    def search(self, text: str, k: int, filters: Filters = NO_FILTERS) -> Answer:
        """Return the best `k` videos for `text` alone: no profile, no exclusions, no rerank.

        Raises `UsageError` if `text` is blank.
        """
        topic = extract_topic(text)
        if topic is None:
            found = repr(text) if text.split() else "a blank one"
            raise UsageError("nothing to search for", expected="a text", found=found, remedy="write a topic")
        request = Request("", k, topic, NONE, filters=filters)
        return self._answer_without_reader(request, lambda: text_query(topic, k, filters, self._encoder()))

    def similar(self, video_id: str, k: int, filters: Filters = NO_FILTERS) -> Answer:
        """Return the `k` videos most similar to `video_id`, without a reader. Raises `UnknownItem`."""
        request = Request("", k, None, NONE, filters=filters, like=video_id)
        return self._answer_without_reader(request, lambda: self._similar_query(request, request.k, None))

    def profile(self, user_id: str) -> Profile:
        """Return a reader's profile. Raises `UnknownReader`."""
        return load_profiles(self._records, [user_id], self._profile)[0][user_id]

    def encode(self, text: str) -> FloatArray:
        """Return the vector of `text`, float32[dim]. Raises `ServiceError` if the encoder is missing."""
        vector: FloatArray = self._encoder().encode([text])[0]
        return vector

    def prompts(self, request: Request) -> list[tuple[Message, ...]]:
        """Return the exact messages of every model call that a rerank of this request may make; no model is loaded."""
        if request.rerank == NONE:
            return []
        [ranked], items = self._retrieve([request], Stopwatch(), explained=True)
        method = chosen_method(self._rerank) if request.rerank == AUTO else request.rerank
        return record_prompts(method, ranked, items, self._rerank)

    def _answer_without_reader(self, request: Request, make_query: Callable[[], Query]) -> Answer:
        watch = Stopwatch()
        with watch.stage("query"):
            query = make_query()
        with watch.stage("retrieve"):
            ranking = self._retriever.search(query)
        ranked = RankedRequest(request, Profile(""), query, ranking)
        with self._records.snapshot() as revision, watch.stage("read"):
            items = ItemBatch(self._read_videos([ranked], revision, explained=True))
        runner = self._runner()
        return self._explain(self._rerank_one(ranked, items, runner, watch.ms), items)

    def _rank(self, requests: Sequence[Request], *, explained: bool) -> tuple[list[RerankedRequest], ItemBatch]:
        watch = Stopwatch()
        ranked, items = self._retrieve(requests, watch, explained=explained)
        runner = self._runner()
        shared_ms = {stage: ms / len(ranked) for stage, ms in watch.ms.items()} if ranked else {}
        # Requests whose prompts share a prefix follow each other: the model reads that prefix once.
        by_prefix = sorted(range(len(ranked)), key=lambda row: (requests[row].wish or "", requests[row].user_id))
        reranked = {row: self._rerank_one(ranked[row], items, runner, shared_ms) for row in by_prefix}
        return [reranked[row] for row in range(len(ranked))], items

    def _retrieve(
        self, requests: Sequence[Request], watch: Stopwatch, *, explained: bool
    ) -> tuple[list[RankedRequest], ItemBatch]:
        requests = [_normalise(request) for request in requests]
        with self._records.snapshot() as revision:
            with watch.stage("profile"):
                wanted = [(one.user_id, one.change) for one in requests]
                profiles, items = load_changed_profiles(self._records, wanted, self._profile)
                last_event = self._records.events.last_number()
            with watch.stage("query"):
                queries = [self._query(one, profiles[one.user_id, one.change]) for one in requests]
            with watch.stage("retrieve"):
                rankings = self._retriever.search_many(queries)
            ranked = [
                RankedRequest(request, profiles[request.user_id, request.change], query, ranking, last_event)
                for request, query, ranking in zip(requests, queries, rankings, strict=True)
            ]
            with watch.stage("read"):
                return ranked, replace(items, videos=self._read_videos(ranked, revision, explained=explained))

    def _read_videos(self, ranked: Sequence[RankedRequest], revision: int, *, explained: bool) -> Mapping[str, Video]:
        """Return the videos that the language model judges and, if `explained`, those that the answers show."""
        heads = [self._head(one, explained=explained) for one in ranked]
        found = dict(self._records.videos.get_many_at(revision, {video_id for head in heads for video_id in head}))
        # Videos removed since the searched revision are left out: the next ones take their places.
        short = [one for one, head in zip(ranked, heads, strict=True) if not found.keys() >= set(head)]
        rest = {video_id for one in short for video_id in one.ranking.ids}
        return found | dict(self._records.videos.get_many_at(revision, rest - found.keys()))

    def _head(self, ranked: RankedRequest, *, explained: bool) -> Sequence[str]:
        method = self._policy(ranked).method
        if not (explained or method):
            return ()
        ids = ranked.ranking.ids if method else ranked.ranking.ids[: ranked.request.k]
        return [*ids, *filter(None, (ranked.request.like,))]

    def _query(self, request: Request, profile: Profile) -> Query:
        # Not k alone: the head that the model judges must not depend on how many videos are requested.
        depth = max(request.k, self._rerank.depth)
        if request.like:
            query = self._similar_query(request, depth, profile)
        elif request.wish:
            query = text_query(request.wish, depth, request.filters, self._encoder(), profile)
        else:
            query = profile_query(profile, depth, request.filters, self.snapshot.vectors_of)
        query = replace(query, at=request.at, weights=request.change.weights)
        if request.only is None:
            return query
        # Candidates that the caller chose are ranked even if the reader disliked them.
        exclude = frozenset() if request.filters.include_seen else query.exclude
        return replace(query, only=request.only, exclude=exclude, filters=request.filters)

    def _similar_query(self, request: Request, depth: int, profile: Profile | None) -> Query:
        video = self._records.videos.get_many([request.like or ""]).get(request.like or "")
        if video is None:
            remedy = "look for it with `shortlist search TEXT`"
            raise UnknownItem("unknown video", expected="the id of a video", found=repr(request.like), remedy=remedy)
        return similar_query(video, depth, request.filters, self.snapshot.vectors_of, profile)

    def _rerank_one(
        self,
        ranked: RankedRequest,
        items: ItemBatch,
        runner: RerankRunner,
        shared_ms: Mapping[str, float],
        on_progress: OnProgress = ignore_result,
    ) -> RerankedRequest:
        watch = Stopwatch()
        with watch.stage("rerank"):
            result = runner.rerank(ranked, items, self._policy(ranked), on_progress)
        return RerankedRequest(ranked, result, {**shared_ms, **watch.ms})

    def _runner(self) -> RerankRunner:
        return RerankRunner(self._model, self._rerank, self._student, self._keep_time)

    def _policy(self, ranked: RankedRequest) -> RerankPolicy:
        return decide(ranked.request, ranked.profile, self._rerank, self._profile)

    def _explain(self, reranked: RerankedRequest, items: ItemBatch) -> Answer:
        ranked, result, watch = reranked.ranked, reranked.result, Stopwatch()
        with watch.stage("explain"):
            recommendations = self._explainer.explain(ranked, result, items)
        relevance = self._relevance_notes(ranked, items)
        notes = (*self.snapshot.notes, *relevance, *request_notes(ranked, len(recommendations)), *result.notes)
        timings_ms = {**reranked.timings_ms, **watch.ms}
        return Answer(
            ranked.request.user_id, recommendations, notes, timings_ms, result.use,
            revision=self.snapshot.revision, last_event=ranked.last_event, models=self.snapshot.trained.version,
        )  # fmt: skip

    def _relevance_notes(self, ranked: RankedRequest, items: ItemBatch) -> list[Note]:
        wish, floor = ranked.request.wish, self._retrieval.relevance_floor
        if not wish or not floor or not len(ranked.ranking):
            return []
        found = [items.videos[item] for item in ranked.ranking.ids[:RELEVANCE_DEPTH] if item in items.videos]
        if is_about(wish, ranked.ranking, found, self.snapshot.lexicon, floor):
            return []
        return [Note("nothing-relevant", f"nothing here is about “{wish}”; these are the closest")]


def _normalise(request: Request) -> Request:
    check_method(request.rerank)
    return replace(request, wish=extract_topic(request.wish))
