"""Texts cut by the tokens of the model that will read them."""

from __future__ import annotations

from collections.abc import Callable

from shortlist.core.tokens import cut
from shortlist.models.language_model import LanguageModel

Cut = Callable[[str, int], str]


def cutter(model: LanguageModel) -> Cut:
    """What cuts a text to a number of tokens: by the model's own tokenizer where it has one, else by an estimate.

    Ollama and LangChain give no access to a tokenizer; the estimate rather cuts too much than too little.
    """
    own: Cut = getattr(model, "cut", cut)
    return own
