"""Joins the parts of a server: one home, one encoder and one language model, whatever is loaded anew above them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.build import chat_over, encoder_of, language_model_of, mend, recommender_over
from core.config import Config
from models.encoder import Encoder
from models.language_model import LanguageModel
from store.home import Home

if TYPE_CHECKING:
    from agent.recommend import Recommender
    from eval.variants import Variant
    from serving.parts import Parts

OTHER_HOMES = frozenset({"enrichment", "encoder", "ingest", "llm"})


def parts_of(home: Home, config: Config) -> Parts:
    """What the servers are made of. Whatever a crash left undone is mended first; models are loaded when needed."""
    mend(home, config)
    # A server of language models that hangs may not hold a request beyond its deadline.
    patience = min(config.llm.timeout_s, config.serve.deadline_s)
    hurried = config.model_copy(update={"llm": config.llm.model_copy(update={"timeout_s": patience})})
    return parts_with(home, config, encoder_of(config), language_model_of(home, hurried))


def parts_with(home: Home, config: Config, encoder: Callable[[], Encoder], model: Callable[[], LanguageModel]) -> Parts:
    """The same with these models."""
    from eval.variants import load_variants
    from serving.parts import Parts
    from serving.stop import kept

    stoppable = kept(model)
    variants = {name: one for name, one in load_variants().items() if _comparable(one)}

    def variant(name: str) -> tuple[Recommender, str]:
        chosen = variants[name].configured(config)
        return recommender_over(home, chosen, encoder=encoder, model=stoppable), variants[name].method

    return Parts(
        home=home,
        config=config,
        encoder=encoder,
        recommender=lambda: recommender_over(home, config, encoder=encoder, model=stoppable),
        chat=lambda recommender: chat_over(recommender, home, config, stoppable),
        variants=tuple(variants),
        variant=variant,
    )


def _comparable(variant: Variant) -> bool:
    """Whether a variant ranks the videos of a home as they are."""
    return variant.peer is None and not variant.model_fields_set & OTHER_HOMES
