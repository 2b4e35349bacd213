"""Readers, ingest steps and chat threads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shortlist.core.errors import UnknownReader
from shortlist.core.types import Event, Made, Reader, Video
from shortlist.store.catalogue.records import Put
from shortlist.store.catalogue.threads import KEPT
from shortlist.store.home import Home


def test_an_unknown_reader_names_the_nearest(home: Home) -> None:
    home.catalogue.put_readers([Reader(name) for name in ("user_12", "user_123", "anna", "zoe")])
    with pytest.raises(UnknownReader) as caught:
        home.catalogue.reader("User_123 ".strip() + "4")
    assert caught.value.nearest[:2] == ("user_123", "user_12")


def test_without_readers_there_is_no_nearest(home: Home) -> None:
    with pytest.raises(UnknownReader, match="no readers are known yet"):
        home.catalogue.reader("ann")


def test_putting_readers(home: Home) -> None:
    ann = Reader("ann", interests=("space",))
    assert home.catalogue.put_readers([ann, Reader("bob")]) == Put(new=2)
    assert home.catalogue.put_readers([ann, Reader("bob", interests=("food",))]) == Put(changed=1, unchanged=1)
    assert home.catalogue.reader("bob").interests == ("food",)
    assert home.catalogue.revision() == 0


def test_what_there_is_to_tell_of_a_reader_changes_with_events_and_interests(home: Home) -> None:
    home.catalogue.put_readers([Reader("ann", interests=("space",)), Reader("bob"), Reader("cy")])
    home.catalogue.add_events([Event("cy", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))])
    first = home.catalogue.to_tell()
    assert list(first) == ["ann", "cy"]
    for user_id, number in first.items():
        home.catalogue.put_taste(user_id, Made("Likes what they say.", "a-model:taste@1"), ["one"], number)
    assert home.catalogue.tastes_made() == {user_id: ("a-model:taste@1", first[user_id]) for user_id in first}
    home.catalogue.put_readers([Reader("ann", interests=("food",)), Reader("cy", interests=("food",))])
    second = home.catalogue.to_tell()
    assert not set(first.items()) & set(second.items())
    home.catalogue.add_events([Event("ann", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))])
    assert home.catalogue.to_tell() == {"ann": home.catalogue.to_tell()["ann"], "cy": second["cy"]}
    assert home.catalogue.to_tell()["ann"] != second["ann"]


def test_an_event_does_not_replace_its_reader(home: Home) -> None:
    ann = Reader("ann", interests=("space",))
    home.catalogue.put_readers([ann])
    home.catalogue.add_events([Event("ann", "a", "video", "view", datetime(2026, 1, 1, tzinfo=UTC))])
    assert home.catalogue.reader("ann") == ann


def test_reader_ids_are_sorted(home: Home) -> None:
    names = [f"u{number}" for number in range(12_000)]
    home.catalogue.put_readers([Reader(name) for name in names])
    assert list(home.catalogue.reader_ids()) == sorted(names)


def test_steps(home: Home) -> None:
    catalogue = home.catalogue
    catalogue.record_step("clip.mp4", "transcribe", "failed", "no audio")
    catalogue.record_step("b", "enrich", "failed", "timed out")
    catalogue.record_step("b", "enrich", "done")
    assert [(failure.item, failure.step, failure.reason) for failure in catalogue.failures()] == [
        ("clip.mp4", "transcribe", "no audio")
    ]
    assert catalogue.step_counts() == {"transcribe": {"failed": 1}, "enrich": {"done": 1}}
    assert catalogue.clear_steps(item="clip.mp4") == 1
    assert catalogue.failures() == []
    assert catalogue.clear_steps() == 1


def test_threads(home: Home) -> None:
    home.catalogue.append_thread("mine", {"role": "user", "content": "recommend for ann"})
    home.catalogue.append_thread("other", {"role": "user", "content": "help"})
    home.catalogue.append_thread("mine", {"role": "assistant", "content": "…", "items": ["a", "b"]})
    assert [message["role"] for message in home.catalogue.thread("mine")] == ["user", "assistant"]
    assert home.catalogue.thread("mine")[1]["items"] == ["a", "b"]
    assert home.catalogue.thread("new") == []


def test_of_a_long_thread_the_newest_messages_are_read_and_kept(home: Home) -> None:
    home.catalogue.append_thread("other", {"content": "stays"})
    for number in range(KEPT + 3):
        home.catalogue.append_thread("long", {"number": number})
    assert [message["number"] for message in home.catalogue.thread("long", 2)] == [KEPT + 1, KEPT + 2]
    assert [message["number"] for message in home.catalogue.thread("long", 2 * KEPT)] == list(range(3, KEPT + 3))
    assert home.catalogue.thread("other") == [{"content": "stays"}]


def test_the_state_of_a_reader_changes_with_all_that_their_answers_depend_on(home: Home) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    seen = {home.catalogue.state_of("u")}

    def is_new() -> bool:
        state = home.catalogue.state_of("u")
        assert home.catalogue.state_of("u") == state
        fresh = state not in seen
        seen.add(state)
        return fresh

    home.catalogue.put_readers([Reader("u")])
    assert is_new()
    home.catalogue.put_readers([Reader("u", interests=("space",))])
    assert is_new()
    home.catalogue.add_events([Event("u", "v", "video", "like", at)])
    assert is_new()
    home.catalogue.add_events([Event("other", "v", "video", "like", at)])
    assert not is_new()
    with home.writing():
        home.catalogue.put_videos([Video("v", "A title")])
    assert is_new()
