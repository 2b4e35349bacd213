"""Readers, ingest steps and chat threads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shortlist.core.errors import UnknownReader
from shortlist.core.types import Attributed, Event, Objective, Reader, Video
from shortlist.store.catalogue.catalogue import MAX_MESSAGES
from shortlist.store.catalogue.results import Put
from shortlist.store.home import Home


def test_an_unknown_reader_names_the_nearest(home: Home) -> None:
    home.catalogue.readers.put([Reader(name) for name in ("user_12", "user_123", "anna", "zoe")])
    with pytest.raises(UnknownReader) as caught:
        home.catalogue.readers.get("User_123 ".strip() + "4")
    assert caught.value.nearest[:2] == ("user_123", "user_12")


def test_without_readers_there_is_no_nearest(home: Home) -> None:
    with pytest.raises(UnknownReader, match="no readers are known yet"):
        home.catalogue.readers.get("ann")


def test_putting_readers(home: Home) -> None:
    ann = Reader("ann", interests=("space",))
    assert home.catalogue.readers.put([ann, Reader("bob")]) == Put(new=2)
    assert home.catalogue.readers.put([ann, Reader("bob", interests=("food",))]) == Put(changed=1, unchanged=1)
    assert home.catalogue.readers.get("bob").interests == ("food",)
    assert home.catalogue.revision() == 0


def test_what_there_is_to_tell_of_a_reader_changes_with_events_and_interests(home: Home) -> None:
    home.catalogue.readers.put([Reader("ann", interests=("space",)), Reader("bob"), Reader("cy")])
    home.catalogue.events.add([Event("cy", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))])
    first = home.catalogue.tastes.inputs()
    assert list(first) == ["ann", "cy"]
    for user_id, number in first.items():
        home.catalogue.tastes.put(user_id, Attributed("Likes what they say.", "a-model:taste@1"), ["one"], number)
    assert home.catalogue.tastes.made() == {user_id: ("a-model:taste@1", first[user_id]) for user_id in first}
    home.catalogue.readers.put([Reader("ann", interests=("food",)), Reader("cy", interests=("food",))])
    second = home.catalogue.tastes.inputs()
    assert not set(first.items()) & set(second.items())
    home.catalogue.events.add([Event("ann", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))])
    assert home.catalogue.tastes.inputs() == {"ann": home.catalogue.tastes.inputs()["ann"], "cy": second["cy"]}
    assert home.catalogue.tastes.inputs()["ann"] != second["ann"]


def test_an_event_does_not_replace_its_reader(home: Home) -> None:
    ann = Reader("ann", interests=("space",))
    home.catalogue.readers.put([ann])
    home.catalogue.events.add([Event("ann", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))])
    assert home.catalogue.readers.get("ann") == ann


def test_an_objective_replaces_the_older_one_and_changes_the_state_of_the_reader(home: Home) -> None:
    home.catalogue.readers.put([Reader("ann"), Reader("bob")])
    before = home.catalogue.reader_state("ann")
    objective = Objective((("Food", 1.0), ("Sports", -0.5)), (("A channel", -1.0),), 60.0)
    home.catalogue.objectives.put("ann", objective)
    assert home.catalogue.objectives.get_many(["ann", "bob", "nobody"]) == {"ann": objective}
    assert home.catalogue.reader_state("ann") != before
    shorter = Objective(length_s=30.0)
    home.catalogue.objectives.put("ann", shorter)
    assert home.catalogue.objectives.get_many(["ann"]) == {"ann": shorter}
    home.catalogue.objectives.put("ann", Objective())
    assert home.catalogue.objectives.get_many(["ann"]) == {}
    with pytest.raises(UnknownReader):
        home.catalogue.objectives.put("nobody", objective)


def test_reader_ids_are_sorted(home: Home) -> None:
    names = [f"u{number}" for number in range(12_000)]
    home.catalogue.readers.put([Reader(name) for name in names])
    assert list(home.catalogue.readers.ids()) == sorted(names)


def test_steps(home: Home) -> None:
    catalogue = home.catalogue
    catalogue.steps.put("clip.mp4", "transcribe", "failed", "no audio", cause="damaged-media")
    catalogue.steps.put("b", "enrich", "failed", "timed out")
    catalogue.steps.put("b", "enrich", "done")
    assert [(failure.item, failure.step, failure.cause, failure.reason) for failure in catalogue.steps.failures()] == [
        ("clip.mp4", "transcribe", "damaged-media", "no audio")
    ]
    assert catalogue.steps.counts() == {"transcribe": {"failed": 1}, "enrich": {"done": 1}}
    assert catalogue.steps.remove(item="clip.mp4") == 1
    assert catalogue.steps.failures() == []
    assert catalogue.steps.remove() == 1


def test_threads(home: Home) -> None:
    home.catalogue.threads.add("mine", {"role": "user", "content": "recommend for ann"})
    home.catalogue.threads.add("other", {"role": "user", "content": "help"})
    home.catalogue.threads.add("mine", {"role": "assistant", "content": "…", "items": ["a", "b"]})
    assert [message["role"] for message in home.catalogue.threads.get("mine")] == ["user", "assistant"]
    assert home.catalogue.threads.get("mine")[1]["items"] == ["a", "b"]
    assert home.catalogue.threads.get("new") == []


def test_of_a_long_thread_the_newest_messages_are_read_and_kept(home: Home) -> None:
    home.catalogue.threads.add("other", {"content": "stays"})
    total = MAX_MESSAGES + 3
    for number in range(total):
        home.catalogue.threads.add("long", {"number": number})
    assert [message["number"] for message in home.catalogue.threads.get("long", 2)] == [total - 2, total - 1]
    stored = [message["number"] for message in home.catalogue.threads.get("long", 2 * MAX_MESSAGES)]
    assert stored == list(range(3, total))
    assert home.catalogue.threads.get("other") == [{"content": "stays"}]


def test_the_state_of_a_reader_changes_with_all_that_their_answers_depend_on(home: Home) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    seen = {home.catalogue.reader_state("u")}

    def is_new() -> bool:
        state = home.catalogue.reader_state("u")
        assert home.catalogue.reader_state("u") == state
        fresh = state not in seen
        seen.add(state)
        return fresh

    home.catalogue.readers.put([Reader("u")])
    assert is_new()
    home.catalogue.readers.put([Reader("u", interests=("space",))])
    assert is_new()
    older = Event("u", "v", "video", "like", at)
    home.catalogue.events.add([older, Event("u", "w", "video", "like", at)])
    assert is_new()
    home.catalogue.events.add([Event("other", "v", "video", "like", at)])
    assert not is_new()
    with home.writing():
        home.catalogue.videos.put([Video("v", "A title")])
    assert is_new()
    home.catalogue.events.remove([older.event_id])
    assert is_new()
