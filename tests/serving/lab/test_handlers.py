"""The handlers of the laboratory, without a browser."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.config_sections.serving import ServeConfig
from shortlist.core.ranking import Request
from shortlist.serving.lab.handlers import PageHandlers, try_call
from shortlist.serving.limits.llm_queue import QueueFull
from shortlist.serving.service.service import Service
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over

pytestmark = pytest.mark.servers


def test_a_variant_whose_model_hangs_ends_at_the_deadline(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    release = threading.Event()

    class Hanging(scripted_model):  # type: ignore[misc]
        def choice_logprobs(self, messages: Any, choices: Any) -> Any:
            release.wait(120)
            return super().choice_logprobs(messages, choices)

    encoder = new_hash_encoder()
    limits = ServeConfig(deadline_s=0.5, llm_at_once=1, llm_waiting=0)
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), serve=limits, **GATES)  # type: ignore[arg-type]
    request = Request("ann", 5, "the moon")
    with Home.open(small_home, encoder.name) as home:
        context = context_over(home, config, encoder, Hanging([-0.1, -3.0]))
        handlers = PageHandlers(context, Service(context))
        with pytest.raises(TimeoutError):
            handlers.recommend_with("default+yesno", request)
        release.set()
        handlers.service.close()


def test_a_variant_whose_model_is_busy_is_refused_and_others_answer(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    release = threading.Event()
    encoder = new_hash_encoder()
    limits = ServeConfig(llm_at_once=1, llm_waiting=0)
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), serve=limits, **GATES)  # type: ignore[arg-type]
    request = Request("ann", 5, "the moon")
    with Home.open(small_home, encoder.name) as home:
        context = context_over(home, config, encoder, scripted_model([-0.1, -3.0]))
        handlers = PageHandlers(context, Service(context))
        handlers.service.queue.submit(lambda _: release.wait(120))
        with pytest.raises(QueueFull):
            handlers.recommend_with("default+yesno", request)
        _, message = try_call(lambda: handlers.recommend_with("default+yesno", request))
        assert "busy" in message
        assert handlers.recommend_with("default", request)["recommendations"]
        answer = handlers.service.recommend(request)
        assert answer["recommendations"]
        assert [note["code"] for note in answer["notes"]] == ["model-busy"]
        assert b'reason="model-busy"} 1.0' in handlers.service.metrics.export()
        release.set()
        handlers.service.close()


def test_uploads_are_limited_and_deleted(small_home: Path, serve_site: Any) -> None:
    with serve_site(small_home, body_bytes=10_000, upload_bytes=50_000) as site:

        def upload(size: int) -> httpx.Response:
            return site.client.post("/lab/gradio_api/upload", files={"files": ("t.csv", b"a" * size)})  # type: ignore[no-any-return]

        assert site.client.post("/lab/gradio_api/queue/join", content=b"[" * 20_000).status_code == 413
        assert upload(100_000).status_code == 413
        [table] = upload(40_000).json()
        assert Path(table).stat().st_size == 40_000
    assert not Path(table).exists()
