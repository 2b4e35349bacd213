"""One engine behind every face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Request
from shortlist.engine.engine import Engine
from shortlist.store.home import Home


def opened(folder: Path, encoder: Any, model: Any) -> Engine:
    config = Config(home=folder, encoder=EncoderConfig(name=encoder.name))
    return Engine(Home.open(folder, encoder.name), config, encoder=lambda: encoder, model=lambda: model)


def test_an_answer_has_the_id_of_its_exposure(small_home: Path, hash_encoder: Any, scripted_model: Any) -> None:
    with opened(small_home, hash_encoder, scripted_model([-0.1])) as engine:
        user = next(iter(engine.home.catalogue.readers.ids()))
        answer = engine.recommend(Request(user, 3, rerank="none"))
        engine.exposures.flush()
        stored = engine.home.catalogue.exposures.get(answer.request_id or "")
        assert stored is not None
        assert [item.item_id for item in stored.items] == [item.video.id for item in answer.recommendations]


def test_a_list_shown_in_a_thread_is_what_its_messages_refer_to(
    small_home: Path, hash_encoder: Any, scripted_model: Any
) -> None:
    with opened(small_home, hash_encoder, scripted_model([-0.1])) as engine:
        user = next(iter(engine.home.catalogue.readers.ids()))
        request = Request(user, 3, rerank="none")
        answer = engine.recommender().recommend(request)
        engine.show(request, answer_document(answer), "phone")
        reply = engine.chat(rerank=False).turn("what is number 2 about?", None, "phone")
        assert reply.action.name == "describe"
        assert answer.recommendations[1].video.display_title in reply.text


def test_the_chat_is_that_of_the_newest_recommender(small_home: Path, hash_encoder: Any, scripted_model: Any) -> None:
    with opened(small_home, hash_encoder, scripted_model([-0.1])) as engine:
        first = engine.chat()
        assert engine.chat() is first
        assert engine.chat(rerank=False) is not first
        engine.reloader._load()
        assert engine.chat() is not first
