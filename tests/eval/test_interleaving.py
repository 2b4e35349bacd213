"""Choices from interleaved lists are counted by session, for the variant that put the item there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shortlist.core.errors import UsageError
from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Action, Event, Reader
from shortlist.eval.interleaving import standing
from shortlist.eval.report.standing import standing_document, standing_lines
from shortlist.store.home import Home

ITEMS = (ShownItem("va", 1, 0.9, variant="a"), ShownItem("vb", 2, 0.8, variant="b"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", "hash-32") as opened:
        opened.catalogue.readers.put([Reader("ann", None), Reader("bob", None)])
        opened.catalogue.experiments.start("fresh", {"name": "default"}, {"name": "tuned"})
        yield opened


def show(home: Home, request_id: str, user: str, minute: float, *acts: tuple[str, Action]) -> None:
    """A list for a reader, and what they do with it."""
    at = datetime.now(UTC) + timedelta(minutes=minute)
    exposure = Exposure(request_id, at, Request(user, 2), ITEMS, 1, 0, "none", "hash", "fresh")
    home.catalogue.exposures.put([exposure])
    home.catalogue.events.add([Event(user, item, "video", action, at, request_id=request_id) for item, action in acts])


def test_sessions_are_won_by_the_side_of_which_more_was_chosen(home: Home) -> None:
    show(home, "r1", "ann", 1, ("vb", "click"), ("vb", "like"))  # one item
    show(home, "r2", "ann", 20, ("va", "dislike"), ("va", "skip"))  # the same session: nothing for a
    show(home, "r3", "ann", 60, ("va", "view"))
    show(home, "r4", "bob", 2, ("va", "click"), ("vb", "click"))  # a tie
    show(home, "r5", "bob", 120)  # nothing was chosen
    show(home, "r6", "bob", 200, ("vx", "click"))  # which was not in the list
    experiment = home.catalogue.experiments.current()
    assert experiment is not None
    found = standing(home.catalogue, experiment, 30)
    assert (found.lists, found.readers, found.sessions) == (6, 2, 5)
    assert (found.test.a, found.test.b, found.test.ties) == (1, 1, 1)
    assert standing_document(found)["won"] == {"a": 1, "b": 1, "tied": 1}


def test_events_of_others_and_without_a_request_do_not_count(home: Home) -> None:
    show(home, "r1", "ann", 1)
    at = datetime.now(UTC)
    home.catalogue.events.add(
        [Event("bob", "va", "video", "like", at, request_id="r1"), Event("ann", "va", "video", "like", at)]
    )
    found = standing(home.catalogue, home.catalogue.experiments.find(None), 30)
    assert (found.test.a, found.test.b, found.test.ties) == (0, 0, 0)
    assert standing_lines(found)[2] == "no session was won by either side"


def test_the_state_is_told_in_plain_words(home: Home) -> None:
    for at in range(20):
        show(home, f"r{at}", "ann", 20 * at, ("vb" if at % 4 else "va", "click"))
    running = home.catalogue.experiments.find(None)
    _, seen, lead, share, forecast = standing_lines(standing(home.catalogue, running, 10))
    assert seen == "20 lists for 1 reader in 20 sessions; something was chosen in 20 of them"
    assert lead.startswith("B leads 15 to 5; this may be chance")
    assert share.startswith("B is chosen in ")
    assert forecast.endswith("more sessions with a choice to decide at this rate")
    for at in range(20, 50):
        show(home, f"r{at}", "ann", 20 * at, ("vb" if at % 4 else "va", "click"))
    lines = standing_lines(standing(home.catalogue, running, 10))
    assert lines[2].startswith("B (tuned) wins 37 to 13 (p ")
    assert "promote" in lines[-1]


def test_one_experiment_at_a_time_and_names_are_taken_once(home: Home) -> None:
    experiments = home.catalogue.experiments
    with pytest.raises(UsageError, match="in progress"):
        experiments.start("second", {}, {})
    experiments.end("fresh", "stopped")
    assert experiments.current() is None
    with pytest.raises(UsageError, match="taken"):
        experiments.start("fresh", {}, {})
    ended = experiments.find("fresh").ended
    experiments.end("fresh", "promoted b")
    assert (experiments.find(None).ended, experiments.find(None).outcome) == (ended, "promoted b")
    with pytest.raises(UsageError, match="no such experiment"):
        experiments.find("third")


def test_readers_who_are_split_are_compared_by_their_choices_a_list(home: Home) -> None:
    home.catalogue.experiments.end("fresh", "stopped")
    experiment = home.catalogue.experiments.start("mail", {"name": "default"}, {"name": "tuned"}, "split")
    users = [f"reader {at}" for at in range(90)]
    home.catalogue.readers.put([Reader(user, None) for user in users])
    at = datetime.now(UTC) + timedelta(minutes=1)
    for number, user in enumerate(users):
        side = experiment.side_of(user)
        items = (ShownItem("va", 1, 0.9, variant=side), ShownItem("vb", 2, 0.8, variant=side))
        shown = Exposure(f"r{number}", at, Request(user, 2), items, 1, 0, "none", "hash", "mail")
        home.catalogue.exposures.put([shown])
        chosen = ["va", "vb"] if side == "b" else ["va"][: number % 2]
        home.catalogue.events.add([Event(user, one, "video", "click", at, request_id=f"r{number}") for one in chosen])
    found = standing(home.catalogue, experiment, 30)
    document = standing_document(found)
    assert document["split"]["a"] + document["split"]["b"] == 90
    assert document["choices_a_list"]["b"] == 2.0
    assert (document["winner"], document["design"]) == ("b", "split")
    lines = standing_lines(found)
    assert lines[1].startswith("90 lists for 90 readers")
    assert "B (tuned) wins" in lines[2]
    assert "B has +" in lines[3]


def test_the_side_of_a_reader_is_stable_and_drawn_anew_by_each_experiment(home: Home) -> None:
    first = home.catalogue.experiments.find("fresh")
    home.catalogue.experiments.end("fresh", "stopped")
    other = home.catalogue.experiments.start("other", {"name": "default"}, {"name": "tuned"}, "split")
    users = [str(at) for at in range(400)]
    stored = home.catalogue.experiments.find("other")
    assert [stored.side_of(user) for user in users] == [other.side_of(user) for user in users]
    in_b = sum(other.side_of(user) == "b" for user in users)
    both = sum(other.side_of(user) == first.side_of(user) for user in users)
    assert 150 < in_b < 250
    assert 150 < both < 250
