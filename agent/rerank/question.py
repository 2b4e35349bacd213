"""What is asked of a model for one reader: a prompt with the reader's part filled in, the candidates still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shortlist.agent.batch import ItemBatch
from shortlist.agent.prompt_safety.sanitize import clean
from shortlist.agent.reader.history_text import reader_values
from shortlist.core.config import RerankConfig
from shortlist.core.types import Profile
from shortlist.models.llm.language_model import Message
from shortlist.prompts.loader import Prompt, load

WISH_TOKENS = 80


@dataclass(frozen=True, slots=True)
class Question:
    """`values` are the variables of `prompt` that describe the reader: the prefix that all candidates share."""

    prompt: Prompt
    values: Mapping[str, str]

    def messages(self, **candidates: str) -> list[Message]:
        """The chat that asks about `candidates`, the prompt's other variables."""
        return [Message(role, text) for role, text in self.prompt.render(**self.values, **candidates)]


def question(name: str, profile: Profile, wish: str | None, shelf: ItemBatch, config: RerankConfig) -> Question:
    """The question of `prompts/NAME.md` for this reader and wish.

    Beside a wish the history gets `config.wish_history_tokens`, elsewhere `config.history_tokens`.
    """
    tokens = config.wish_history_tokens if wish else config.history_tokens
    return Question(load(name), {**reader_values(profile, shelf, tokens), "wish": clean(wish or "", WISH_TOKENS)})
