"""From a retrieved ranking to the final one: the gate, the language model where it is wanted, the blend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.blend import blend
from shortlist.agent.rerank.context import Budget, RerankContext
from shortlist.agent.rerank.metered import Listener, MeteredModel
from shortlist.agent.rerank.methods import reranker
from shortlist.agent.rerank.policy import RerankPolicy
from shortlist.core.config import RerankConfig
from shortlist.core.errors import ServiceError
from shortlist.core.notes import Note
from shortlist.core.ranking import ModelUse, Ranking, Request
from shortlist.core.types import Profile
from shortlist.models.llm.language_model import LanguageModel, Message


@dataclass(frozen=True, slots=True, eq=False)
class RerankResult:
    """The final ranking; what the model alone thought of the candidates it judged; what asking it cost."""

    final: Ranking
    judged: Ranking | None = None
    notes: tuple[Note, ...] = ()
    use: ModelUse = field(default_factory=ModelUse)


class RerankRunner:
    """Asks a language model that is loaded at the first request that needs it; one object a batch of requests."""

    def __init__(self, load: Callable[[], LanguageModel], config: RerankConfig) -> None:
        self._load = load
        self._config = config
        self._model: LanguageModel | ServiceError | None = None

    def judge(
        self, request: Request, profile: Profile, ranking: Ranking, shelf: ItemBatch, gate: RerankPolicy
    ) -> RerankResult:
        """`ranking` as the gate wants it.

        Raises `ModelMissing` or `ModelFailed` where no model is to be had for a method that was asked for by name;
        otherwise, and when a model fails later, the retrieval order stands and a note says why.
        """
        if gate.method is None or not len(ranking):
            return RerankResult(ranking)
        try:
            model = MeteredModel(self._loaded())
        except ServiceError as error:
            if gate.named:
                raise
            note = Note("no-model", "no language model, retrieval order kept", str(error))
            return RerankResult(ranking, notes=(note,))
        setting = RerankContext(model, shelf, self._config, Budget(request.budget_ms), gate.weight)
        reranked = reranker(gate.method, setting).rerank(profile, request.wish, ranking)
        judged = reranked.sources[0]
        return RerankResult(blend(ranking, judged, gate.weight, self._config.depth), judged, reranked.notes, model.use)

    def _loaded(self) -> LanguageModel:
        if self._model is None:
            try:
                self._model = self._load()
            except ServiceError as error:  # remembered: a batch does not knock at a closed door once a reader
                self._model = error
        if isinstance(self._model, ServiceError):
            raise self._model
        return self._model


def exact_prompts(
    method: str, request: Request, profile: Profile, ranking: Ranking, shelf: ItemBatch, config: RerankConfig
) -> list[tuple[Message, ...]]:
    """Every prompt that `method` may send for this request, in order, without a model."""
    listener, whole = Listener(), config.model_copy(update={"top": config.depth})
    reranker(method, RerankContext(listener, shelf, whole)).rerank(profile, request.wish, ranking)
    return listener.heard
