"""The table of rerank methods: a new one is one file here and one line in it."""

from __future__ import annotations

from collections.abc import Callable

from agent.rerank.budget import Budget
from agent.rerank.reranker import Reranker
from agent.rerank.yesno import YesNo
from agent.shelf import Shelf
from core.config import RerankConfig
from models.language_model import LanguageModel

METHODS: dict[str, Callable[[LanguageModel, Shelf, RerankConfig, Budget], Reranker]] = {
    "yesno": YesNo,
}
