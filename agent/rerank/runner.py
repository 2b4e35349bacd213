"""Runs the rerank of a request: policy, language model if needed, blend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shortlist.agent.batch import ItemBatch, RankedRequest
from shortlist.agent.rerank.blend import blend
from shortlist.agent.rerank.budget import Budget
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.metered_model import MeteredModel
from shortlist.agent.rerank.methods import make_reranker
from shortlist.agent.rerank.policy import RerankPolicy
from shortlist.agent.students.student import Student, no_student
from shortlist.core.config import STUDENT, RerankConfig
from shortlist.core.errors import ServiceError
from shortlist.core.notes import Note
from shortlist.core.ranking import ModelUse, Ranking
from shortlist.models.llm.language_model import LanguageModel


@dataclass(frozen=True, slots=True, eq=False)
class RerankResult:
    """The final ranking; the ranking by the model's score alone, None without a model; notes; and the model's use."""

    final: Ranking
    model_ranking: Ranking | None = None
    notes: tuple[Note, ...] = ()
    use: ModelUse = field(default_factory=ModelUse)


OnProgress = Callable[[RerankResult, int], None]


def ignore(_result: RerankResult, _total: int) -> None:
    """Do nothing with the progress of a rerank."""


def ignore_time(_seconds: float) -> None:
    """Do nothing with the time of a judgement."""


class RerankRunner:
    """Reranks a batch of requests. Language model and student are loaded by the first request that needs them."""

    def __init__(
        self,
        load: Callable[[], LanguageModel],
        config: RerankConfig,
        student: Callable[[], Student] = no_student,
        keep_time: Callable[[float], None] = ignore_time,
    ) -> None:
        """Rerank by the model that `load` returns. `keep_time` gets the seconds of one judgement of a request."""
        self._load = load
        self._student = student
        self._keep_time = keep_time
        self._config = config
        self._model: LanguageModel | ServiceError | None = None

    def rerank(
        self, ranked: RankedRequest, items: ItemBatch, policy: RerankPolicy, on_progress: OnProgress = ignore
    ) -> RerankResult:
        """Return the retrieved ranking as `policy` reranks it.

        `on_progress` gets the result by the candidates judged so far, and the number of candidates. The budget of the
        request includes loading the model. Raises `ModelMissing` or `ModelFailed` if the model cannot be loaded for a
        method that the request named. Otherwise, and if a model fails later, the retrieval order is kept and a note
        says why.
        """
        if policy.method is None or not len(ranked.ranking):
            return RerankResult(ranked.ranking)
        budget = Budget(_shorter(ranked.request.budget_ms, policy.budget_ms))
        try:
            return self._rerank(ranked, items, policy, policy.method, budget, on_progress)
        except ServiceError as error:
            if policy.method != STUDENT:
                self._model = error  # remembered, so that a batch does not try again for each reader
            if policy.named:
                raise
            judge = "student" if policy.method == STUDENT else "language model"
            note = Note("no-model", f"no {judge}, retrieval order kept", str(error))
            return RerankResult(ranked.ranking, notes=(note,))

    def _rerank(
        self,
        ranked: RankedRequest,
        items: ItemBatch,
        policy: RerankPolicy,
        method: str,
        budget: Budget,
        on_progress: OnProgress,
    ) -> RerankResult:
        if method != STUDENT:
            self._load_once()  # its errors are those of the request, not of a candidate
        model = MeteredModel(self._load_once)

        def result(reranked: Ranking) -> RerankResult:
            final = blend(ranked.ranking, reranked.sources[0], policy.weight, self._config)
            return RerankResult(final, reranked.sources[0], reranked.notes, model.use)

        def judged(reranked: Ranking, total: int) -> None:
            on_progress(result(reranked), total)

        context = RerankContext(
            model, items, self._config, budget, policy.weight, judged, self._student, policy.depth, policy.least
        )
        reranked = make_reranker(method, context).rerank(ranked.profile, ranked.request.wish, ranked.ranking)
        if model.judgement_s is not None:
            self._keep_time(model.judgement_s)
        return result(reranked)

    def _load_once(self) -> LanguageModel:
        if isinstance(self._model, ServiceError):
            raise self._model
        self._model = self._model or self._load()
        return self._model


def _shorter(first_ms: float | None, second_ms: float | None) -> float | None:
    return min((ms for ms in (first_ms, second_ms) if ms is not None), default=None)
