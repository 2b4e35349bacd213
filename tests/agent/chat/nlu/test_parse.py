"""The parser against the labelled utterances, and against texts that nobody would write."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.chat.action import LIMITS, Action, build_filters
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.languages.to_english import as_written, to_english
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.parse import parse
from shortlist.core.ranking import Filters
from tools.chat.labelled import CONTEXTS, LISTED, TODAY, Labelled, list_after, load_utterances
from tools.chat.labelled import FIRST_NAMES as NAMES
from tools.chat.measure import count_right, reader_of

UTTERANCES = load_utterances()


def read(message: str, context: str = "new", names: Names = NAMES) -> Action:
    action = parse(to_english(message)[0], CONTEXTS[context], names, TODAY) or Action("help")
    return as_written(action, message)


def wrong(part: str) -> tuple[list[str], int]:
    chosen = [one for one in UTTERANCES if one.part == part]
    missed = [one.text for one in chosen if read(one.text, one.said_in, one.names) != one.action]
    return missed, len(chosen)


# "Accuracy" in docs/chat.md says who wrote each part, and how much of it was right at its first reading. The parser and
# its classifier have learned from all parts since.
PARTS = (
    "dev", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
HARD_PARTS = ("thirteenth", "fourteenth", "fifteenth")


@pytest.mark.parametrize(("part", "share"), [*((part, 0.95) for part in PARTS), *((part, 0.7) for part in HARD_PARTS)])
def test_the_labelled_utterances_are_understood(part: str, share: float) -> None:
    missed, size = wrong(part)
    assert len(missed) <= (1 - share) * size, missed


def test_messages_that_nothing_was_trained_on_are_understood() -> None:
    unseen = load_utterances(Path(__file__).with_name("unseen.jsonl"))
    assert not {one.text.lower() for one in unseen} & {
        one.text.lower() for one in UTTERANCES if one.part == "fifteenth"
    }
    for part, (right, named, _, n) in count_right(unseen, reader_of()).items():
        assert right >= 0.8 * n, part
        assert named >= 0.9 * n, part


def test_questions_about_the_list_and_the_catalogue_are_understood() -> None:
    labelled = load_utterances(Path(__file__).with_name("acts.jsonl"))
    ((right, _, wrong_writes, n),) = count_right(labelled, reader_of()).values()
    assert right >= 0.9 * n
    assert not wrong_writes


@pytest.mark.parametrize(
    ("message", "topic"),
    [
        ("busca historia de Roma", "historia de Roma"),
        ("¿por qué brilla el mar?", "por qué brilla el mar"),
        ("Was ist ein Quasar?", "Was ist ein Quasar"),
        ("etwas über die Straße", "Straße"),
    ],
)
def test_the_topic_of_a_translated_message_stays_as_written(message: str, topic: str) -> None:
    read_topic = read(message).arguments["text"]
    assert topic in read_topic


@pytest.mark.parametrize("context", ["new", "list"])
def test_who_says_their_name_gets_a_list(context: str) -> None:
    assert read("hi, I'm user_7", context) == Action("recommend", {"user": "user_7"})


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("I didn't like number 1, too boring", Action("feedback", {"action": "dislike", "numbers": [1]})),
        ("I liked 2 because it was so calm", Action("feedback", {"action": "like", "numbers": [2]})),
        ("the third", Action("describe", {"number": 3})),
        ("what should I cook tonight?", Action("recommend", {"about": "cook"})),
        ("something about bees, under a minute", Action("recommend", {"about": "bees", "max_duration_s": 60})),
        ("flurbl", Action("search", {"text": "flurbl"})),
        ("zzz", Action("search", {"text": "zzz"})),
    ],
)
def test_messages_that_were_turned_round(message: str, action: Action) -> None:
    user = {} if action.name == "search" else {"user": "user_123"}
    assert read(message, "topic") == Action(action.name, {**user, **action.arguments})


def test_a_wish_for_fewer_is_no_praise() -> None:
    action = read("I'd like just two of these", "list")
    assert action == Action("recommend", {"user": "user_123", "k": 2})


def test_every_expected_limit_is_one_that_can_be_searched_with() -> None:
    for one in UTTERANCES:
        filters = build_filters(one.action.arguments)  # refuses what retrieval would
        assert (filters != Filters()) == bool(set(LIMITS) & set(one.action.arguments)), one


def test_a_message_that_no_rule_reads_is_left_to_others() -> None:
    message = "my friend keeps going on and on at dinner and I would love to know what it is she means"
    assert parse(message, ChatState(), NAMES, TODAY) is None


def test_the_answer_to_what_do_you_feel_like() -> None:
    asked = ChatState("user_7", LISTED, "user_7", Action("recommend", {"user": "user_7"}), awaiting_preference=True)
    assert parse("food please", asked, NAMES, TODAY) == Action("recommend", {"user": "user_7", "category": "Food"})
    assert parse("old trains", asked, NAMES, TODAY) == Action("recommend", {"user": "user_7", "about": "old trains"})


def test_a_number_is_no_channel_that_begins_with_it() -> None:
    names = Names(NAMES.is_reader, NAMES.categories, ("Two Chords Down", "NASA"))
    read_now = parse("only two from NASA", CONTEXTS["list"], names, TODAY)
    assert read_now == Action("recommend", {"user": "user_123", "channel": "NASA", "k": 2})


def test_shorter_ones_after_longer_ones_are_not_both() -> None:
    longer = list_after(Action("recommend", {"user": "user_123", "min_duration_s": 60}))
    shorter = parse("shorter ones", longer, NAMES, TODAY)
    assert shorter == Action("recommend", {"user": "user_123", "max_duration_s": 49})


@pytest.mark.parametrize(
    ("today", "message", "day"),
    [
        (date(2026, 3, 1), "newer than last month", "2026-03-01"),
        (date(2026, 3, 1), "since last month", "2026-02-01"),
        (date(2026, 1, 1), "since last year", "2025-01-01"),
        (date(2026, 1, 1), "since December", "2025-12-01"),
        (date(2026, 1, 1), "from the last 2 weeks", "2025-12-18"),
    ],
)
def test_dates_are_counted_from_today(today: date, message: str, day: str) -> None:
    action = parse(message, CONTEXTS["list"], NAMES, today)
    assert action is not None
    assert action.arguments["published_after"] == day


@pytest.mark.parametrize("message", ["since 31 February", "newer than 2026-13-45", "after 0000-00-00"])
def test_a_day_that_no_calendar_has_is_no_limit(message: str) -> None:
    assert "published_after" not in read(f"recommend for alice {message}").arguments


TEXT = """why number the 2 second for user_1 about # it what is recommend not no without sports only from NASA
under a minute 1:30 half last month newer than 2026-02-30 shorter more like next five seen ٣ 三 % , ? / user_7's"""
WORDS = [*TEXT.split(), "\ud800", "\x00"]


@given(st.text() | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join), st.sampled_from(sorted(CONTEXTS)))
def test_no_text_raises_and_every_limit_is_usable(message: str, context: str) -> None:
    action = read(message, context)
    assert isinstance(build_filters(action.arguments), Filters)
    assert action.arguments.get("k", 1) >= 1
    json.dumps(dict(action.arguments))  # a thread keeps it


@given(st.sampled_from(UTTERANCES), st.sampled_from(["  {}  ", "{}!!", "{} .", "\n{}\t"]))
def test_space_and_marks_around_a_message_change_nothing(one: Labelled, around: str) -> None:
    assert read(around.format(one.text), one.said_in) == read(one.text, one.said_in)


@pytest.mark.parametrize(
    "word",
    ["it ", "the ", "# ", "about ", "show me ", "1", "user_1 ", "why ", "🍅", "not ", "no a ", "only ", "from ", "and ",
     ", ", "more ", "one ", "seen ", "half a ", "in ", "1:30 ", "is ", "please "],
)  # fmt: skip
def test_long_messages_are_read_quickly(word: str) -> None:
    start = process_time()  # other processes do not count
    for opening in ("why ", "what is ", "search ", "without ", "show me 3 ", ""):
        read(opening + word * 20_000 + "x", "list")
    assert process_time() - start < 4
