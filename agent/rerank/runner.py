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
from shortlist.core.config import RerankConfig
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


class RerankRunner:
    """Reranks a batch of requests. The language model is loaded by the first request that needs it."""

    def __init__(self, load: Callable[[], LanguageModel], config: RerankConfig) -> None:
        self._load = load
        self._config = config
        self._model: LanguageModel | ServiceError | None = None

    def rerank(self, ranked: RankedRequest, items: ItemBatch, policy: RerankPolicy) -> RerankResult:
        """Return the retrieved ranking as `policy` reranks it.

        Raises `ModelMissing` or `ModelFailed` if the model cannot be loaded for a method that the request named.
        Otherwise, and if a model fails later, the retrieval order is kept and a note says why.
        """
        request, ranking = ranked.request, ranked.ranking
        if policy.method is None or not len(ranking):
            return RerankResult(ranking)
        try:
            model = MeteredModel(self._load_once())
        except ServiceError as error:
            if policy.named:
                raise
            note = Note("no-model", "no language model, retrieval order kept", str(error))
            return RerankResult(ranking, notes=(note,))
        context = RerankContext(model, items, self._config, Budget(request.budget_ms), policy.weight)
        reranked = make_reranker(policy.method, context).rerank(ranked.profile, request.wish, ranking)
        model_ranking = reranked.sources[0]
        final = blend(ranking, model_ranking, policy.weight, self._config.depth)
        return RerankResult(final, model_ranking, reranked.notes, model.use)

    def _load_once(self) -> LanguageModel:
        if self._model is None:
            try:
                self._model = self._load()
            except ServiceError as error:  # remembered, so that a batch does not try again for each reader
                self._model = error
        if isinstance(self._model, ServiceError):
            raise self._model
        return self._model
