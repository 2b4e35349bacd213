"""A language model that is down, slow or broken costs a note, never the recommendations and never a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shortlist.models.llm.llama_cpp import LlamaCppModel
from tests.ollama_stand_in import MODEL, Reply, StandIn, as_json, ollama_stand_in

pytestmark = pytest.mark.servers

CHAT = "/api/chat"
LOST = {"no-model", "model-failed", "partly-judged", "unusable-answers"}
ASK = ("recommend", "ann", "-k", "5", "--about", "the moon")


def said(content: str) -> Reply:
    return as_json({"model": MODEL, "message": {"role": "assistant", "content": content}, "done": True})


# How the server answers a chat; each is a way in which it fails.
BROKEN: dict[str, Callable[[StandIn], Reply]] = {
    "hangs": lambda server: server.hang(),
    "lost the model": lambda _: as_json({"error": "model not found"}, 404),
    "fails": lambda _: as_json({"error": "out of memory\nstack"}, 500),
    "half JSON": lambda _: (200, b'{"message": {"role": "assi'),
    "a web page": lambda _: (200, b"<html>hello</html>"),
    "no log-probabilities": lambda _: said("yes"),
    "nothing": lambda _: said(""),
}


@pytest.fixture
def server(tiny_llm: LlamaCppModel) -> Iterator[StandIn]:
    with ollama_stand_in(tiny_llm) as state:
        yield state


@pytest.fixture
def shortlist(here: Callable[..., Any], hashed: Any, small_home: Path, tmp_path: Path, server: StandIn) -> Any:
    """Runs a command that asks the server for a language model."""
    home = shutil.copytree(small_home, tmp_path / "home")
    settings = {
        "SHORTLIST_LLM__PROVIDER": "ollama", "SHORTLIST_LLM__OLLAMA_URL": server.url,
        "SHORTLIST_LLM__OLLAMA_MODEL": MODEL, "SHORTLIST_LLM__TIMEOUT_S": "0.4",
        "SHORTLIST_RERANK__WEIGHT_WISH": "0.5", "SHORTLIST_RERANK__DEPTH": "2",
    }  # fmt: skip
    return lambda *words, **more: here(*words, home=home, **{**settings, **more})


def order(document: Any) -> list[str]:
    return [item["video_id"] for item in document["recommendations"]]


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("version", ["0.12.11", "0.9.0"])  # an older server is asked for JSON
def test_a_broken_server_keeps_the_order_of_retrieval(shortlist: Any, server: StandIn, how: str, version: str) -> None:
    if (how, version) == ("no log-probabilities", "0.9.0"):
        pytest.skip("an old server is not asked for them")
    plain = order(shortlist(*ASK, "--rerank", "none", "--json").document)
    server.replies["/api/version"] = lambda: as_json({"version": version})
    server.replies[CHAT] = lambda: BROKEN[how](server)
    for method in ("auto", "yesno"):
        answer = shortlist(*ASK, "--rerank", method, "--json").document
        assert order(answer) == plain
        assert {note["code"] for note in answer["notes"]} & LOST, answer["notes"]


@pytest.mark.parametrize("path", ["/api/version", "/api/tags"])
@pytest.mark.parametrize("reply", [(500, b"broken"), (200, b"<html>"), (404, b"")])
def test_what_is_no_server_counts_as_none(shortlist: Any, server: StandIn, path: str, reply: Reply) -> None:
    plain = order(shortlist(*ASK, "--rerank", "none", "--json").document)
    server.replies[path] = lambda: reply
    answer = shortlist(*ASK, "--json").document
    assert order(answer) == plain
    assert [note["code"] for note in answer["notes"]] == ["no-model"]
    shortlist(*ASK, "--rerank", "yesno").says(3, "Ollama")


def test_a_dead_server_stops_only_who_asked_for_it(shortlist: Any) -> None:
    dead = {"SHORTLIST_LLM__OLLAMA_URL": "http://127.0.0.1:9"}
    done = shortlist(*ASK, "--json", **dead)
    assert len(done.document["recommendations"]) == 5
    assert [note["code"] for note in done.document["notes"]] == ["no-model"]
    assert "ollama serve" in done.stderr
    assert "127.0.0.1" not in done.stdout
    shortlist(*ASK, "--rerank", "yesno", **dead).says(3, "ollama serve")
    done = shortlist("recommend", "ann", **dead)  # without a wish no model is asked
    assert (done.returncode, "note" in done.stderr) == (0, False)


def test_a_slow_start_within_the_time_limit_is_waited_for(shortlist: Any, server: StandIn) -> None:
    answer = shortlist(*ASK, "--rerank", "yesno", "--json", SHORTLIST_LLM__TIMEOUT_S="60").document
    assert answer["llm"]["calls"] == 2
    assert all("rerank" in item["stages"] for item in answer["recommendations"][:2])
    assert answer["notes"] == []


def test_an_export_tells_of_readers_that_the_model_did_not_judge(
    shortlist: Any, server: StandIn, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    export = ("export", "--out", str(out), "-k", "3", "--rerank", "yesno")
    plain = shortlist("export", "--out", str(tmp_path / "plain.jsonl"), "-k", "3", "--rerank", "none", "--json")
    assert (plain.document["unjudged"], plain.document["notes"]) == (0, [])
    server.replies[CHAT] = lambda: (500, b"out of memory")
    done = shortlist(*export, "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["unjudged"] == document["readers"] > 0
    assert [(note["code"], note["readers"]) for note in document["notes"]] == [("model-failed", document["readers"])]
    assert document["rows"] == plain.document["rows"]
    assert "stopped by the language model" in shortlist(*export).stderr
    del server.replies[CHAT]
    again = shortlist(*export, "--json", SHORTLIST_LLM__TIMEOUT_S="60")
    assert (again.returncode, again.document["unjudged"]) == (0, 0)
