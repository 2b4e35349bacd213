"""The state of an experiment in plain words, and as a JSON document."""

from __future__ import annotations

from typing import Any

from shortlist.eval.interleaving import Standing

SIDES = {"a": "A", "b": "B"}
FEW = 10  # sessions with a winner, for a forecast


def standing_document(standing: Standing) -> dict[str, Any]:
    """Return the document of `experiment status --json`."""
    experiment, test = standing.experiment, standing.test
    return {
        "name": experiment.name,
        "a": dict(experiment.a),
        "b": dict(experiment.b),
        "started": experiment.started.isoformat(),
        "ended": experiment.ended and experiment.ended.isoformat(),
        "lists": standing.lists,
        "readers": standing.readers,
        "sessions": standing.sessions,
        "won": {"a": test.a, "b": test.b, "tied": test.ties},
        "p": test.p,
        "share_of_b": {"low": test.low, "high": test.high},
        "winner": test.winner,
        "more_sessions": test.more,
    }


def standing_lines(standing: Standing) -> list[str]:
    """Return sentences for people."""
    experiment, test = standing.experiment, standing.test
    names = {"a": experiment.a["name"], "b": experiment.b["name"]}
    since = f"since {experiment.started:%Y-%m-%d %H:%M}"
    head = f"{experiment.name}: A is {names['a']}, B is {names['b']}, {since}"
    seen = (
        f"{_count(standing.lists, 'list')} for {_count(standing.readers, 'reader')} in "
        f"{_count(standing.sessions, 'session')}; something was chosen in {test.a + test.b + test.ties:,} of them"
    )
    return [head, seen, _lead(standing, names), *_forecast(standing)]


def _lead(standing: Standing, names: dict[str, str]) -> str:
    test = standing.test
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


def _forecast(standing: Standing) -> list[str]:
    test, running = standing.test, standing.experiment.ended is None
    if not test.a + test.b:
        return ["a click, view or like counts if its event has the request id of the list"] if running else []
    share = f"B is chosen in {test.low:.0%} to {test.high:.0%} of the sessions with a winner (95 % at all times)"
    if test.winner is not None:
        return [share, f"end it with `shortlist experiment promote` ({SIDES[test.winner]})"] if running else [share]
    if not running:
        return [share]
    if test.a + test.b < FEW:
        return [share, "too few sessions for a forecast"]
    if test.more is None:
        return [share, "at this rate no difference will be found"]
    return [share, f"about {_rounded(test.more):,} more sessions with a choice to decide at this rate"]


def _rounded(number: int) -> int:
    """Return the number to two digits: a forecast is not more exact."""
    digits = max(0, len(str(number)) - 2)
    return int(round(number, -digits))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
