"""Triggers: a reason to run, once it has settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from shortlist.ops.data.arrivals import take_arrivals
from shortlist.ops.drift.report import Finding, Report, write_report
from shortlist.ops.pipeline.history import Execution, History
from shortlist.ops.pipeline.triggers import Debounce, reason_now


def test_a_reason_passes_when_it_has_settled() -> None:
    debounce = Debounce(quiet_s=30, longest_s=300)
    assert not debounce.passes("upload: 1 file", 0)
    assert not debounce.passes("upload: 1 file", 29)
    assert not debounce.passes("upload: 2 files", 30)
    assert not debounce.passes("upload: 2 files", 59)
    assert debounce.passes("upload: 2 files", 60)
    assert not debounce.passes("upload: 2 files", 61)
    assert not debounce.passes(None, 100)


def test_a_reason_that_never_settles_passes_in_the_end() -> None:
    debounce = Debounce(quiet_s=30, longest_s=300)
    passed = [now for now in range(0, 400, 10) if debounce.passes(f"upload: {now} files", now)]
    assert passed == [300]


def test_after_failures_it_pauses_longer_and_longer() -> None:
    debounce = Debounce(quiet_s=0, longest_s=0)
    now, begun = 0.0, []
    for _ in range(3):
        while not debounce.passes("unfinished files", now):
            now += 1
        begun.append(now)
        debounce.ended(failed=True, now=now)
    assert begun == [0, 60, 180]
    while not debounce.passes("unfinished files", now):
        now += 1
    debounce.ended(failed=False, now=now)
    assert debounce.passes("upload: 1 file", now)


def test_files_and_events_are_reasons(workplace: Any, put: Callable[[str, str], Path], folder: Path) -> None:
    with workplace() as place:
        history = History(folder)
        assert reason_now(place, history) is None
        put("events/day.csv", "user_id,item_id,kind,action,at\n")
        put("events/more.csv", "user_id,item_id,kind,action,at\nu,v,video,view,2026-11-20T10:00:00Z\n")
        assert reason_now(place, history) == "upload: 2 files"
        take_arrivals(place)
        assert reason_now(place, history) == "unfinished files"
        history.close()


def test_so_many_new_events_are_a_reason_until_training_was_tried(
    workplace: Any, folder: Path, sample_events: Any
) -> None:
    with workplace() as place:
        history = History(folder)
        place.home.catalogue.events.add(sample_events(place.config.pipeline.train_after))
        assert reason_now(place, history) == "events: 1,000 new"
        run = history.begin("events: 1,000 new")
        last = place.home.catalogue.events.last_number()
        history.add(run, Execution("train", "skipped", "hash", seconds=1.0, events=last, message="too few readers"))
        assert reason_now(place, history) is None
        history.close()


def test_a_drift_is_a_reason_until_training_was_tried(workplace: Any, folder: Path, sample_events: Any) -> None:
    since = date(2026, 11, 20)
    noticed = Finding("chosen videos: category", "drifting", since=since, noticed=5, retrain=True)
    lists = Finding("answers: legs", "drifting", since=since, noticed=5)
    at = datetime(2026, 11, 21, 3, tzinfo=UTC)
    with workplace() as place:
        history = History(folder)
        place.home.catalogue.events.add(sample_events(5))
        write_report(folder, Report(at, since, (since, since), 0.001, (lists,)))
        assert reason_now(place, history) is None  # training does not help
        write_report(folder, Report(at, since, (since, since), 0.001, (noticed, lists)))
        assert reason_now(place, history) == "drift: chosen videos: category since 2026-11-20"
        run = history.begin("drift")
        history.add(run, Execution("train", "done", "hash", seconds=1.0, events=5))
        assert reason_now(place, history) is None
        history.close()
