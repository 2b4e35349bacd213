"""A stream answers from retrieval at once, and again when the language model has reranked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.serving.api.test_answers import sent_events, without_times
from tests.serving.conftest import until
from tests.serving.http.test_bounds import WISH, Gated, gauge

pytestmark = pytest.mark.servers


STREAM = "/v1/recommend/ann/stream"


def test_the_first_answer_is_that_of_retrieval_and_the_last_is_reranked(fixed: Any) -> None:
    response = fixed.client.get(STREAM, params=WISH)
    assert response.headers["content-type"].startswith("text/event-stream")
    first, *steps, last = (answer for _, answer in sent_events(response.text))
    assert without_times(first) == without_times(fixed.get("/v1/recommend/ann", params={**WISH, "rerank": "none"}))
    assert last["recommendations"] == fixed.get("/v1/recommend/ann", params=WISH)["recommendations"]
    assert all("rerank" in item["stages"] for item in last["recommendations"][:4])
    assert "progress" not in last
    judged = [step["progress"]["judged"] for step in steps]
    assert judged == sorted(set(judged))
    assert all(step["progress"]["of"] >= step["progress"]["judged"] for step in steps)


def test_without_a_rerank_there_is_one_answer(fixed: Any) -> None:
    [(name, answer)] = sent_events(fixed.client.get(STREAM, params={"rerank": "none"}).text)
    assert name == "answer"
    assert answer["recommendations"]


def test_an_unknown_reader_is_404_before_the_stream_begins(fixed: Any) -> None:
    assert fixed.client.get("/v1/recommend/nobody/stream").status_code == 404


def test_a_late_and_a_busy_model_leave_the_first_answer_as_it_is(serve: Any, small_home: Path) -> None:
    model = Gated()
    with serve(small_home, model, deadline_s=0.5, llm_waiting=0) as api, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.client.get, STREAM, params=WISH)
        until(lambda: gauge(api, "llm_running") == 1)
        busy = sent_events(api.client.get(STREAM, params=WISH).text)
        late = sent_events(waiting.result().text)
        model.gate.set()
    for (_, first), (_, second), code in ((*busy, "model-busy"), (*late, "model-late")):
        assert first["recommendations"] == second["recommendations"]
        assert first["notes"] == []
        assert [note["code"] for note in second["notes"]] == [code]


def test_a_client_that_leaves_stops_the_rerank(serve: Any, small_home: Path) -> None:
    model = Gated()
    with serve(small_home, model) as api:
        with api.client.stream("GET", STREAM, params=WISH) as response:
            lines = response.iter_lines()
            assert next(lines) == "event: answer"
            until(lambda: model.calls == 1)
        until(lambda: gauge(api, "requests_inside") == 1)  # this one: the other has left
        model.gate.set()
        until(lambda: gauge(api, "llm_running") == 0)
        assert model.calls == 1
