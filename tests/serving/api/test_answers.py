"""The HTTP API answers as the command line does, and what is posted counts at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.errors import ModelFailed, ModelMissing
from tests.serving.conftest import until

pytestmark = pytest.mark.servers

NO_MODEL = ModelMissing("no model", expected="weights", found="none", remedy="pull them")


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what differs each time: its id and its times."""
    return {name: value for name, value in document.items() if name not in ("timings_ms", "request_id")}


def test_recommend_gives_what_the_recommender_gives(fixed: Any) -> None:
    from shortlist.core.config import Config
    from shortlist.core.json_documents import answer_document
    from shortlist.core.ranking import Request
    from shortlist.engine.build import open_recommender

    config = Config.model_validate({"home": fixed.home.path, "rerank": {"depth": 4}})
    asked = Request("ann", k=7)
    expected = answer_document(open_recommender(fixed.home, config).recommend(asked))
    answer = fixed.get("/v1/recommend/ann", params={"k": 7})
    assert without_times(answer) == without_times(json.loads(json.dumps(expected)))
    assert len(answer["recommendations"]) == 7
    assert {"v01", "v05", "v09"}.isdisjoint(item["video_id"] for item in answer["recommendations"])


def test_events_join_the_list_whose_id_is_in_a_header(api: Any) -> None:
    whole = api.client.get("/v1/recommend/ann", params={"k": 3, "rerank": "none"}, headers={"X-Request-Id": "mine"})
    stream = api.client.get("/v1/recommend/ann/stream", params={"rerank": "none"})
    ranked = api.client.post("/v1/rank", json={"user_id": "ann", "candidates": ["v02", "v03"], "rerank": "none"})
    assert whole.headers["x-request-id"] == "mine"
    ids = [one.headers["shortlist-request-id"] for one in (whole, stream, ranked)]
    assert (ids[0], ids[2]) == (whole.json()["request_id"], ranked.json()["request_id"])
    assert len(set(ids)) == 3
    assert "shortlist-request-id" not in api.client.get("/v1/search", params={"text": "moon"}).headers
    chosen = whole.json()["recommendations"][1]["video_id"]
    event = {
        "user_id": "ann",
        "item_id": chosen,
        "kind": "video",
        "action": "click",
        "request_id": ids[0],
        "position": 2,
    }
    api.post("/v1/events", {"events": [event]})
    exposure = until(lambda: api.home.catalogue.exposures.get(ids[0]))
    [joined] = api.home.catalogue.events.answering(exposure.at)[ids[0]]
    assert exposure.items[(joined.position or 0) - 1].item_id == chosen


def test_an_event_about_the_list_of_another_reader_is_refused(api: Any) -> None:
    answer = api.get("/v1/recommend/ann", params={"k": 3, "rerank": "none"})
    until(lambda: api.home.catalogue.exposures.get(answer["request_id"]))
    chosen = answer["recommendations"][0]["video_id"]
    event = {"item_id": chosen, "kind": "video", "action": "click", "request_id": answer["request_id"]}
    both = [{**event, "user_id": "tim"}, {**event, "user_id": "ann"}]
    foreign, own = api.post("/v1/events", {"events": both})["results"]
    assert (foreign["status"], own["status"]) == ("failed", "new")
    assert foreign["reason"].startswith("request_id of another reader's list: expected one of this reader's")


def test_an_event_id_belongs_to_each_reader(api: Any) -> None:
    """Nobody learns or prevents an event of another reader by choosing its id."""
    event = {"item_id": "v02", "kind": "video", "action": "like", "event_id": "phone-9"}
    results = api.post("/v1/events", {"events": [{**event, "user_id": user} for user in ("tim", "ann")]})["results"]
    assert [one["status"] for one in results] == ["new", "new"]
    ambiguous = api.client.delete("/v1/events/phone-9")
    assert (ambiguous.status_code, "an id that one reader has" in ambiguous.text) == (422, True)
    assert api.client.delete("/v1/events/phone-9", params={"user_id": "tim"}).status_code == 200
    assert api.client.delete("/v1/events/phone-9", params={"user_id": "tim"}).status_code == 404
    assert [one.user_id for one in api.home.catalogue.events.get_many(["phone-9"])] == ["ann"]


def test_an_answer_is_kept_until_the_reader_does_something(api: Any) -> None:
    first = api.get("/v1/recommend/ann")
    again = api.get("/v1/recommend/ann")
    assert without_times(again) == without_times(first)
    assert again["timings_ms"].keys() == {"recall"}
    seen = first["recommendations"][0]["video_id"]
    event = {"user_id": "ann", "item_id": seen, "kind": "video", "action": "view", "dwell_s": 30}
    assert api.post("/v1/events", {"events": [event]})["results"][0]["status"] == "new"
    assert seen not in api.ids("/v1/recommend/ann")


def test_a_removed_event_counts_no_more(api: Any) -> None:
    """Not the newest one, so that nothing but the removal says that the cached response is out of date."""
    seen, also = api.ids("/v1/recommend/ann")[:2]
    view, newer = ({"user_id": "ann", "item_id": item, "kind": "video", "action": "view"} for item in (seen, also))
    event_id = api.post("/v1/events", {"events": [view]})["results"][0]["id"]
    api.post("/v1/events", {"events": [newer]})
    assert seen not in api.ids("/v1/recommend/ann")
    api.home.catalogue.events.remove([event_id])
    assert seen in api.ids("/v1/recommend/ann")


def test_an_event_in_the_future_fails_alone_and_one_that_is_removed_is_forgotten(api: Any) -> None:
    first = api.get("/v1/recommend/ann")
    seen = first["recommendations"][0]["video_id"]
    event = {"user_id": "ann", "item_id": seen, "kind": "video", "action": "like"}
    ahead, now = api.post("/v1/events", {"events": [event | {"at": "2099-01-01T00:00:00Z"}, event]})["results"]
    assert (ahead["status"], now["status"]) == ("failed", "new")
    assert "event in the future: expected" in ahead["reason"]
    assert seen not in api.ids("/v1/recommend/ann")
    assert api.done(api.client.delete(f"/v1/events/{now['id']}")) == {"removed": now["id"]}
    assert without_times(api.get("/v1/recommend/ann")) == without_times(first)
    gone = api.client.delete(f"/v1/events/{now['id']}")
    assert (gone.status_code, gone.json()["title"]) == (404, "unknown event")


def test_events_without_a_time_that_are_sent_again_are_stored_once(api: Any) -> None:
    view = {"user_id": "ann", "item_id": "v02", "kind": "video", "action": "view"}

    def send(*events: dict[str, Any], key: str | None) -> list[dict[str, Any]]:
        headers = {"Idempotency-Key": key} if key else {}
        answer: list[dict[str, Any]] = api.post("/v1/events", {"events": events}, headers=headers)["results"]
        return answer

    first = send(view, view, key="one")
    assert [one["status"] for one in first] == ["new", "new"]
    again = send(view, view, key="one")
    assert [(one["id"], one["status"]) for one in again] == [(one["id"], "unchanged") for one in first]
    assert send(view, key="two")[0]["status"] == "new"
    assert send(view, key=None)[0]["status"] == "new"
    [other] = send(view | {"item_id": "v03"}, key="one")
    assert (other["status"], "different event of this reader has this id" in other["reason"]) == ("failed", True)
    timed = view | {"at": "2026-11-20T11:00:00Z"}
    assert [send(timed, key=key)[0]["status"] for key in ("three", "four")] == ["new", "unchanged"]
    assert (
        api.client.post("/v1/events", json={"events": [view]}, headers={"Idempotency-Key": "x" * 256}).status_code
        == 422
    )


def test_filters_hold(fixed: Any) -> None:
    asked = {"max_duration": 50, "channel": "Channel 1", "category": "Moon", "include_seen": True}
    assert set(fixed.ids("/v1/recommend/ann", params=asked)) == {"v01", "v13"}
    assert fixed.ids("/v1/recommend/ann", params={"published_after": "2026-11-01"}) == []
    assert fixed.ids("/v1/recommend/ann", params={"published_before": "2100-01-01"}) == []  # none has a date


def test_exclusions_hold(fixed: Any) -> None:
    asked = {
        "not_channel": ["Channel 0", "Channel 1"],
        "not_category": "Moon",
        "not_word": "trains",
        "min_duration": 45,
    }
    found = fixed.get("/v1/recommend/new", params={**asked, "k": 40})["recommendations"]
    assert found
    assert {item["channel"] for item in found} == {"Channel 2"}
    assert not {item["category"] for item in found} & {"Moon", "Trains"}
    assert min(item["duration_s"] for item in found) >= 45


def test_a_filter_with_a_slip_of_the_pen_is_not_passed_over(fixed: Any) -> None:
    refused = fixed.client.get("/v1/recommend/ann", params={"max_durations": 50})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"where": "query.max_durations", "problem": "There is no such parameter"}]


def test_a_new_reader_begins_with_a_first_event(api: Any) -> None:
    assert api.client.get("/v1/recommend/zoe").status_code == 404
    event = {"user_id": "zoe", "item_id": "v02", "kind": "video", "action": "like"}
    api.post("/v1/events", {"events": [event]})
    recommended = api.ids("/v1/recommend/zoe")
    assert recommended
    assert "v02" not in recommended
    history = api.get("/v1/readers/zoe")["history"]
    assert [(item["item_id"], item["action"]) for item in history] == [("v02", "like")]


def test_events_are_idempotent_and_fail_alone(api: Any) -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC).isoformat()
    good = {"user_id": "ann", "item_id": "v03", "kind": "video", "action": "view", "at": at}
    bad = {**good, "dwell_s": -1}
    results = api.post("/v1/events", {"events": [good, bad, good, {"user_id": "ann"}]})["results"]
    assert [one["status"] for one in results] == ["new", "failed", "unchanged", "failed"]
    assert "dwell time" in results[1]["reason"]
    assert results[0]["id"] == results[2]["id"]
    assert api.post("/v1/events", {"events": [good]})["results"][0]["status"] == "unchanged"
    assert api.get("/v1/readers/ann")["events"] == 4
    other = {**good, "event_id": results[0]["id"], "item_id": "v04"}
    [clash] = api.post("/v1/events", {"events": [other]})["results"]
    assert (clash["status"], "a different event of this reader has this id" in clash["reason"]) == ("failed", True)
    assert api.get("/v1/readers/ann")["events"] == 4


def test_an_event_happens_when_it_says_or_else_now(api: Any) -> None:
    began = datetime.now(UTC)
    event = {"user_id": "tim", "item_id": "v03", "kind": "video", "action": "view"}
    sent = [{**event, "At": "2020-01-01T00:00:00Z"}, {**event, "at": None}, {**event, "action": "like"}]
    assert {one["status"] for one in api.post("/v1/events", {"events": sent})["results"]} == {"new"}
    times = sorted(event.at for event in api.home.catalogue.events.newest(["tim"], 9)["tim"])
    assert times[0] == datetime(2020, 1, 1, tzinfo=UTC)
    assert min(times[1:]) >= began


def found(api: Any, text: str) -> set[str]:
    """All ids that a search gives; the hash encoder has no opinion on their order."""
    return {hit["video_id"] for hit in api.get("/v1/search", params={"text": text, "k": 100})["hits"]}


def test_a_posted_video_is_found_at_once(api: Any) -> None:
    video = {"id": "x/1", "title": "Zebras at night", "transcript": "Zebras sleep standing up.", "category": "Moon"}
    posted = api.post("/v1/videos", {"videos": [video, {"id": "y"}, {**video, "id": "x2"}]})["results"]
    assert [one["status"] for one in posted] == ["new", "failed", "new"]
    assert {"x/1", "x2"} <= found(api, "zebras")
    assert api.get("/v1/videos/x/1")["transcript"]["segments"][0]["text"] == "Zebras sleep standing up."
    assert "x2" in api.ids("/v1/recommend/ann", params={"k": 60})
    again = api.post("/v1/videos", {"videos": [video, {**video, "id": "x2", "title": "Zebras by day"}]})["results"]
    assert [one["status"] for one in again] == ["unchanged", "changed"]
    assert api.get("/v1/videos/x2")["title"] == "Zebras by day"


def test_what_another_process_ingests_is_found(serve: Any, small_home: Path, new_hash_encoder: Any) -> None:
    from shortlist.core.types import Video
    from shortlist.store.home import Home
    from shortlist.store.outbox import deliver

    with serve(small_home, refresh_s=0.05) as api, Home.open(small_home) as other:
        encoder = new_hash_encoder()
        with other.writing():
            other.catalogue.videos.put([Video("late", "Volcanoes of the north")])
            deliver(other, lambda: encoder)
        until(lambda: "late" in found(api, "volcanoes"))


def test_two_servers_of_one_home_agree(serve: Any, small_home: Path) -> None:
    with serve(small_home, refresh_s=0.05) as one, serve(small_home, refresh_s=0.05) as other:
        best = one.ids("/v1/recommend/ann")[0]
        event = {"user_id": "ann", "item_id": best, "kind": "video", "action": "dislike"}
        one.post("/v1/events", {"events": [event]})
        assert best not in other.ids("/v1/recommend/ann")
        other.post("/v1/videos", {"videos": [{"id": "w", "title": "Walruses of the west"}]})
        assert "w" in found(other, "walruses")
        until(lambda: "w" in found(one, "walruses"))
        one.post("/v1/videos", {"videos": [{"id": "w2", "title": "More walruses"}]})
        until(lambda: {"w", "w2"} <= found(other, "walruses"))


def test_while_another_process_writes_videos_are_refused_and_the_rest_goes_on(serve: Any, small_home: Path) -> None:
    from filelock import FileLock

    video = {"id": "z", "title": "Z"}
    with serve(small_home, write_wait_s=0.1) as api:
        with FileLock(api.home.path / "writer.lock", thread_local=False):
            refused = api.client.post("/v1/videos", json={"videos": [video]})
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            event = {"user_id": "ann", "item_id": "v07", "kind": "video", "action": "like"}
            api.post("/v1/events", {"events": [event]})
            assert "v07" not in api.ids("/v1/recommend/ann")
        assert api.post("/v1/videos", {"videos": [video]})["results"][0]["status"] == "new"


def test_rank_orders_the_candidates_and_names_the_rest(fixed: Any) -> None:
    asked = {"user_id": "ann", "candidates": ["v01", "v02", "nothing", "v13", "v02"]}
    answer = fixed.post("/v1/rank", asked)
    assert {hit["video_id"] for hit in answer["ranking"]} == {"v01", "v02", "v13"}
    assert [hit["rank"] for hit in answer["ranking"]] == [1, 2, 3]
    assert answer["not_ranked"] == ["nothing"]
    assert all("fusion" in hit["stages"] for hit in answer["ranking"])
    assert answer["ranking"][0]["video_id"] != "v02"


def test_a_wish_is_reranked_by_the_language_model(fixed: Any) -> None:
    answer = fixed.get("/v1/recommend/ann", params={"about": "the moon", "k": 3})
    assert answer["llm"]["calls"] + answer["llm"]["cached_calls"] > 0
    assert all("rerank" in item["stages"] for item in answer["recommendations"])
    plain = fixed.get("/v1/recommend/ann", params={"about": "the moon", "rerank": "none"})
    assert plain["llm"]["model"] is None


def test_without_a_model_a_note_says_so_and_a_named_method_is_503(
    serve: Any, small_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(small_home, model=NO_MODEL) as api:
        answer = api.get("/v1/recommend/ann", params={"about": "the moon"})
        assert [note["code"] for note in answer["notes"]] == ["no-model"]
        assert "weights" not in str(answer["notes"])
        assert "weights" in caplog.text  # why is for whoever runs the server
        named = api.client.get("/v1/recommend/ann", params={"rerank": "yesno"})
        assert named.status_code == 503
        assert "weights" not in named.text
        assert 'shortlist_fallbacks_total{reason="no-model"} 1.0' in api.client.get("/metrics").text


@pytest.mark.parametrize(("budget_ms", "reason"), [(None, "model-failed"), (0, "out-of-time")])
def test_a_rerank_that_judges_nothing_is_counted(
    serve: Any, small_home: Path, scripted_model: Any, budget_ms: int | None, reason: str
) -> None:
    down = ModelFailed("no answer", expected="an answer", found="nothing", remedy="start it")
    with serve(small_home, scripted_model(down)) as api:
        asked = {
            "about": "the moon",
            **({} if budget_ms is None else {"rerank": "yesno", "rerank_budget_ms": budget_ms}),
        }
        assert api.ids("/v1/recommend/ann", params=asked)
        assert f'shortlist_fallbacks_total{{reason="{reason}"}} 1.0' in api.client.get("/metrics").text


def test_what_the_chat_asks_the_model_is_counted(serve: Any, small_home: Path) -> None:
    with serve(small_home) as api:
        api.client.post("/v1/chat", json={"message": "recommend something about the moon for ann"})
        calls = len(api.model.calls)
        page = api.client.get("/metrics").text
        assert f'shortlist_model_calls_total{{source="asked"}} {calls:.1f}' in page
        assert f"shortlist_model_prompt_tokens_total {100 * calls:.1f}" in page
        assert calls


def sent_events(text: str) -> list[tuple[str, Any]]:
    blocks = [block.splitlines() for block in text.split("\n\n") if block and not block.startswith(":")]
    return [(block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: "))) for block in blocks]


def test_chat_streams_lines_then_the_whole_reply(api: Any) -> None:
    with api.client.stream("POST", "/v1/chat", json={"message": "recommend for ann"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = sent_events("".join(answer.iter_text()))
    *lines, (name, reply) = events
    assert {kind for kind, _ in lines} == {"text"}
    assert name == "reply"
    assert "\n".join(line["text"] for _, line in lines) == reply["reply"]
    assert reply["action"]["name"] == "recommend"
    why = sent_events(api.client.post("/v1/chat", json={"message": "why number 2?"}).text)[-1][1]
    assert reply["recommendations"][1]["title"] in why["reply"]


def test_a_chat_without_rerank_asks_no_model(api: Any) -> None:
    asked = {"message": "three about the moon", "user": "ann"}
    assert "about" in api.client.post("/v1/chat", json={**asked, "rerank": "none"}).text
    assert not api.model.calls
    assert "about" in api.client.post("/v1/chat", json=asked).text
    assert api.model.calls


def test_an_empty_home_is_served_and_filled(serve: Any, tmp_path: Path) -> None:
    with serve(tmp_path / "nothing") as api:
        assert api.get("/readyz")["status"] == "ready"
        assert api.get("/v1/search", params={"text": "moon"})["hits"] == []
        assert api.client.get("/v1/recommend/ann").status_code == 404
        api.post("/v1/videos", {"videos": [{"id": "a", "title": "The moon"}]})
        api.post("/v1/events", {"events": [{"user_id": "u", "item_id": "b", "kind": "video", "action": "like"}]})
        assert api.ids("/v1/recommend/u") == ["a"]


def test_metrics_count_what_happened(api: Any) -> None:
    api.get("/v1/recommend/ann")
    api.get("/v1/recommend/ann")
    api.client.get("/v1/nowhere")
    page = api.client.get("/metrics").text
    assert 'shortlist_answers_total{source="kept"} 1.0' in page
    assert 'shortlist_requests_total{method="GET",route="/v1/recommend/{user:path}",status="200"} 2.0' in page
    assert 'shortlist_stage_seconds_count{stage="retrieve"} 1.0' in page
    assert "shortlist_llm_waiting 0.0" in page
    assert "shortlist_videos 40.0" in page


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json"])
def test_the_state_is_reported(fixed: Any, path: str) -> None:
    assert fixed.client.get(path).status_code == 200
