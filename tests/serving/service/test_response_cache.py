"""Kept answers: the last ones asked for, each as it was given."""

from __future__ import annotations

from shortlist.serving.service.response_cache import ResponseCache


def test_the_one_not_asked_for_the_longest_makes_room() -> None:
    answers = ResponseCache(2)
    for key in "ab":
        answers.put(key, {"said": f"{key} \ud800"})
    assert answers.get("a") == {"said": "a \ud800"}
    answers.put("c", {})
    assert answers.get("b") is None
    assert answers.get("a") is not None
    assert answers.get("c") == {}


def test_what_a_caller_changes_is_not_kept() -> None:
    answers = ResponseCache(1)
    answers.put("a", {"notes": []})
    first = answers.get("a")
    assert first is not None
    first["notes"].append("mine")
    assert answers.get("a") == {"notes": []}


def test_nothing_is_kept_where_nothing_may_be() -> None:
    answers = ResponseCache(0)
    answers.put("a", {})
    assert answers.get("a") is None


def test_the_oldest_makes_room_where_all_are_too_large_together() -> None:
    answers = ResponseCache(size=100, max_bytes=2500)
    for name in ("a", "b", "a", "c"):
        answers.put(name, {"said": name * 1000})
    assert answers.get("b") is None
    assert answers.get("a") == {"said": "a" * 1000}
    assert answers.get("c") == {"said": "c" * 1000}


def test_a_document_that_is_large_by_itself_is_not_kept() -> None:
    answers = ResponseCache(size=100)
    answers.put("all", {"said": "a" * 200_000})
    assert answers.get("all") is None
