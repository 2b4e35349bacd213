"""The state of an experiment in plain words, and as a JSON document."""

from __future__ import annotations

from math import isfinite
from typing import Any

from shortlist.eval.interleaving import Standing
from shortlist.eval.stats.sequential import SignTest
from shortlist.eval.stats.split_test import LEAST, SplitTest

SIDES = {"a": "A", "b": "B"}
NEVER = "at this rate no difference will be found"
FEW = 10  # sessions with a winner, for a forecast


def standing_document(standing: Standing) -> dict[str, Any]:
    """Return the document of `experiment status --json`."""
    experiment, test = standing.experiment, standing.test
    return {
        "name": experiment.name,
        "design": experiment.design,
        "a": dict(experiment.a),
        "b": dict(experiment.b),
        "started": experiment.started.isoformat(),
        "ended": experiment.ended and experiment.ended.isoformat(),
        "lists": standing.lists,
        "readers": standing.readers,
        "sessions": standing.sessions,
        "p": test.p,
        "winner": test.winner,
        **(_split_document(test) if isinstance(test, SplitTest) else _sign_document(test)),
    }


def _sign_document(test: SignTest) -> dict[str, Any]:
    return {
        "won": {"a": test.a, "b": test.b, "tied": test.ties},
        "share_of_b": {"low": test.low, "high": test.high},
        "more_sessions": test.more,
    }


def _split_document(test: SplitTest) -> dict[str, Any]:
    bounds = {"low": test.low, "high": test.high} if isfinite(test.low) else {"low": None, "high": None}
    return {
        "split": {"a": test.a, "b": test.b},
        "choices_a_list": {"a": test.mean_a, "b": test.mean_b},
        "difference": bounds,
        "more_readers": test.more,
    }


def standing_lines(standing: Standing) -> list[str]:
    """Return sentences for people."""
    experiment, test = standing.experiment, standing.test
    names = {"a": experiment.a["name"], "b": experiment.b["name"]}
    since = f"since {experiment.started:%Y-%m-%d %H:%M}"
    head = f"{experiment.name}: A is {names['a']}, B is {names['b']}, {since}"
    shown = f"{_count(standing.lists, 'list')} for {_count(standing.readers, 'reader')}"
    if isinstance(test, SplitTest):
        split = f"{shown}: {test.a:,} have the lists of A, {test.b:,} those of B"
        return [head, split, _split_lead(test, names), *_split_forecast(test, experiment.ended is None)]
    seen = f"something was chosen in {test.a + test.b + test.ties:,} of them"
    sessions = f"{shown} in {_count(standing.sessions, 'session')}; {seen}"
    return [head, sessions, _lead(test, names), *_forecast(test, experiment.ended is None)]


def _split_lead(test: SplitTest, names: dict[str, str]) -> str:
    leader = "b" if test.mean_b > test.mean_a else "a"
    means = sorted((test.mean_a, test.mean_b), reverse=True)
    if not means[0]:
        return "nothing was chosen yet"
    rates = f"{means[0]:.3g} choices a list to {means[1]:.3g}"
    if test.winner is not None:
        return f"{SIDES[test.winner]} ({names[test.winner]}) wins (p {test.p:.2g}); now {SIDES[leader]} has {rates}"
    if means[0] == means[1]:
        return f"A and B are even, {means[0]:.3g} choices a list"
    return f"{SIDES[leader]} leads with {rates}; this may be chance (p {test.p:.2g})"


def _split_forecast(test: SplitTest, running: bool) -> list[str]:
    if not isfinite(test.low):
        return [f"the test begins with {LEAST} readers on each side"] if running else []
    bounds = f"B has {test.low:+.3g} to {test.high:+.3g} choices a list more than A (95 % at all times)"
    if not running:
        return [bounds]
    if test.winner is not None:
        return [bounds, _promote(test.winner)]
    if test.more is None:
        return [bounds, NEVER]
    return [bounds, f"about {_rounded(test.more):,} more readers to decide at this rate"]


def _promote(winner: str) -> str:
    return f"end it with `shortlist ops experiment promote` ({SIDES[winner]})"


def _lead(test: SignTest, names: dict[str, str]) -> str:
    ties = f", {test.ties:,} tied" if test.ties else ""
    if not test.a + test.b:
        return f"no session was won by either side{ties}"
    if test.winner is not None:
        won, lost = (test.a, test.b) if test.winner == "a" else (test.b, test.a)
        return f"{SIDES[test.winner]} ({names[test.winner]}) wins {won:,} to {lost:,}{ties} (p {test.p:.2g})"
    if test.a == test.b:
        return f"A and B are even, {test.a:,} to {test.b:,}{ties}"
    leader, won, lost = ("a", test.a, test.b) if test.a > test.b else ("b", test.b, test.a)
    return f"{SIDES[leader]} leads {won:,} to {lost:,}{ties}; this may be chance (p {test.p:.2g})"


def _forecast(test: SignTest, running: bool) -> list[str]:
    if not test.a + test.b:
        return ["a click, view or like counts if its event has the request id of the list"] if running else []
    share = f"B is chosen in {test.low:.0%} to {test.high:.0%} of the sessions with a winner (95 % at all times)"
    if test.winner is not None:
        return [share, _promote(test.winner)] if running else [share]
    if not running:
        return [share]
    if test.a + test.b < FEW:
        return [share, "too few sessions for a forecast"]
    if test.more is None:
        return [share, NEVER]
    return [share, f"about {_rounded(test.more):,} more sessions with a choice to decide at this rate"]


def _rounded(number: int) -> int:
    """Return the number to two digits: a forecast is not more exact."""
    digits = max(0, len(str(number)) - 2)
    return int(round(number, -digits))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
