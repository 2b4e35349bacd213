"""A rerank prompt with the reader filled in: the prefix that all candidates share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shortlist.agent.batch import ItemBatch
from shortlist.agent.prompt_safety.sanitize import clean
from shortlist.agent.reader.prompt_variables import reader_variables
from shortlist.core.config import RerankConfig
from shortlist.core.types import Profile
from shortlist.models.llm.language_model import Message
from shortlist.prompts import loader

WISH_TOKENS = 80


@dataclass(frozen=True, slots=True)
class ReaderPrompt:
    """A prompt file and the values of the variables that describe the reader; those of candidates are still open."""

    prompt: loader.Prompt
    values: Mapping[str, str]

    @classmethod
    def load(
        cls, name: str, profile: Profile, wish: str | None, items: ItemBatch, config: RerankConfig
    ) -> ReaderPrompt:
        """Return the prompt of `prompts/NAME.md` for this reader and wish.

        The history gets `config.wish_history_tokens` with a wish, else `config.history_tokens`.
        """
        tokens = config.wish_history_tokens if wish else config.history_tokens
        values = {**reader_variables(profile, items, tokens), "wish": clean(wish or "", WISH_TOKENS)}
        return cls(loader.load(name), values)

    def messages(self, **candidates: str) -> list[Message]:
        """Return the chat messages with `candidates`, the values of the remaining variables."""
        return [Message(role, text) for role, text in self.prompt.render(**self.values, **candidates)]
