"""The identity of the model that would be loaded, without loading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.core.config import LlmConfig, ModelsConfig
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.models.llm.loader import identity, load_language_model
from tests.ollama_stand_in import MODEL, ollama_stand_in

DEAD = "http://127.0.0.1:9"
TINY = "smollm2-135m"


def test_the_embedded_model_is_its_name_and_weights(tiny_llm: LlamaCppModel, tmp_path: Path) -> None:
    for provider in ("embedded", "auto"):
        config = LlmConfig(provider=provider, model=TINY, ollama_url=DEAD)  # type: ignore[arg-type]
        assert identity(config, ModelsConfig()) == tiny_llm.name
    own = tmp_path / "own.gguf"
    found = []
    for content in (b"one", b"two"):
        own.write_bytes(content)
        found.append(identity(LlmConfig(provider="embedded", model="own"), ModelsConfig(paths={"own": own})))
    assert len(set(found)) == 2
    assert identity(LlmConfig(provider="embedded", model="absent"), ModelsConfig()) == "absent"


@pytest.mark.parametrize("provider", ["ollama", "auto"])
def test_a_server_that_answers_is_asked_for_its_digest(tiny_llm: LlamaCppModel, provider: str) -> None:
    with ollama_stand_in(tiny_llm) as server:
        config = LlmConfig(provider=provider, ollama_url=server.url, ollama_model=MODEL)  # type: ignore[arg-type]
        assert identity(config, ModelsConfig()) == load_language_model(config, ModelsConfig()).name
    gone = LlmConfig(provider="ollama", ollama_url=DEAD, ollama_model=MODEL)
    assert identity(gone, ModelsConfig()) == MODEL
