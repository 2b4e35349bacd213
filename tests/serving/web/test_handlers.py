"""What the page asks for, without a browser."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from shortlist.core.config import Config, EncoderConfig, ServeConfig
from shortlist.core.ranking import Request
from shortlist.serving.limits.llm_queue import QueueFull
from shortlist.serving.web.handlers import PageHandlers, guarded
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over, running

pytestmark = pytest.mark.servers


def test_a_way_to_rank_that_asks_a_hanging_model_ends_at_the_deadline(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    release = threading.Event()

    class Hanging(scripted_model):  # type: ignore[misc]
        def choice_logprobs(self, messages: Any, choices: Any) -> Any:
            release.wait(20)
            return super().choice_logprobs(messages, choices)

    encoder = new_hash_encoder()
    limits = ServeConfig(deadline_s=0.5, llm_at_once=1, llm_waiting=0)
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), serve=limits, **GATES)  # type: ignore[arg-type]
    asked = Request("ann", 5, "the moon")
    with Home.open(small_home, encoder.name) as home:
        handlers = PageHandlers(context_over(home, config, encoder, Hanging([-0.1, -3.0])))
        with pytest.raises(TimeoutError):
            handlers.ranked("default+yesno", asked)
        release.set()
        handlers.service.close()


def test_a_way_to_rank_that_asks_a_busy_model_is_refused_and_the_others_answer(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    release = threading.Event()
    encoder = new_hash_encoder()
    limits = ServeConfig(llm_at_once=1, llm_waiting=0)
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), serve=limits, **GATES)  # type: ignore[arg-type]
    asked = Request("ann", 5, "the moon")
    with Home.open(small_home, encoder.name) as home:
        handlers = PageHandlers(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        handlers.service.queue.submit(lambda _: release.wait(20))
        with pytest.raises(QueueFull):
            handlers.ranked("default+yesno", asked)
        _, said = guarded(lambda: handlers.ranked("default+yesno", asked))
        assert "busy" in said
        assert handlers.ranked("default", asked)["recommendations"]
        answer = handlers.recommend(asked)
        assert answer["recommendations"]
        assert [note["code"] for note in answer["notes"]] == ["model-busy"]
        assert b'reason="model-busy"} 1.0' in handlers.service.metrics.page()
        release.set()
        handlers.service.close()


def test_the_page_loads_nothing_from_elsewhere_and_the_chat_shows_no_markup(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    from shortlist.serving.web.app import web_application

    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home, encoder.name) as home:
        app = web_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _), httpx.Client(base_url=url, timeout=30) as client:
            assert "img-src 'self' data:;" in client.get("/").headers["content-security-policy"]
            parts = client.get("/config").json()["components"]
            [chat] = [one["props"] for one in parts if one["type"] == "chatbot"]
            assert chat["render_markdown"] is False


def test_what_is_sent_to_the_page_is_bounded_and_uploaded_tables_do_not_stay(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    from shortlist.serving.web.app import web_application

    encoder = new_hash_encoder()
    limits = ServeConfig(body_bytes=10_000, upload_bytes=50_000)
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), serve=limits, **GATES)  # type: ignore[arg-type]

    def upload(client: httpx.Client, size: int) -> httpx.Response:
        return client.post("/gradio_api/upload", files={"files": ("t.csv", b"a" * size)})

    with Home.open(small_home, encoder.name) as home:
        app = web_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _), httpx.Client(base_url=url, timeout=30) as client:
            assert client.post("/gradio_api/queue/join", content=b"[" * 20_000).status_code == 413
            assert upload(client, 100_000).status_code == 413
            [table] = upload(client, 40_000).json()
            assert Path(table).stat().st_size == 40_000
        assert not Path(table).exists()
