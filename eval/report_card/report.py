"""The report card of one reader of a home, as a document and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shortlist.agent.batch import ItemBatch
from shortlist.core.config import Config
from shortlist.core.types import Event
from shortlist.eval.report_card.hidden_days import cut_of, hidden_days
from shortlist.eval.report_card.past import past_snapshot
from shortlist.eval.report_card.rankings import rank_days
from shortlist.eval.report_card.verdict import OURS, TOP, Standing, missing_days, standings
from shortlist.eval.tasks.from_home import contents, is_new_choice
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.home import Home

SEED = 0
UNKNOWN = (
    "You only watched what you were shown: a video that you would have liked, but did not see, counts as a miss.",
    "The home does not know all videos that you could have seen, so there were fewer to choose from.",
    "Trained models, your objective and the language model are left out: they may know of the hidden days.",
)


def report_card(home: Home, config: Config, user_id: str) -> dict[str, Any]:
    """Return the document of `docs/report.md` for a reader. Raises `UnknownReader`, and `UsageError` without videos."""
    home.catalogue.readers.get(user_id)
    videos, articles = contents(home)
    items = ItemBatch.of(videos, articles)
    own: list[Event] = []
    others: list[Event] = []
    for _, event in home.catalogue.events.iterate():
        (own if event.user_id == user_id else others).append(event)
    cut = cut_of([event for event in own if is_new_choice(event, items.videos)])
    days = hidden_days(own, others, items.videos, cut, SEED) if cut else []
    more = missing_days(days)
    if cut is None or more:
        return {"user_id": user_id, "more_days": more}
    known = (event for event in (*own, *others) if event.at < cut)
    past = past_snapshot(load_snapshot(home, config.retrieval), known, cut, config.retrieval)
    found = standings(days, rank_days(days, own, items, past, config, SEED), SEED)
    watched = sum(len(day.watched) for day in days)
    rows = [_row(one, len(days)) for one in found]
    return {
        "user_id": user_id, "more_days": 0, "since": cut.isoformat(), "days": len(days), "watched": watched,
        "rankings": rows, "cannot_know": list(UNKNOWN),
    }  # fmt: skip


def lines(card: Mapping[str, Any]) -> Iterator[str]:
    """Yield the report card in words."""
    if card["more_days"]:
        yield f"not enough yet: {card['more_days']} more days on which {card['user_id']} watches something new"
        return
    ours = next(row for row in card["rankings"] if row["name"] == OURS)
    yield (
        f"Of {card['watched']:,} videos that {card['user_id']} watched on {card['days']} days since "
        f"{card['since'][:10]}, Shortlist would have put {ours['hits']:,} into the {TOP} of the day."
    )
    for row in card["rankings"]:
        if row is not ours:
            low, mean, high = row["difference"]
            verdict = "" if row["differs"] else ", may be chance"
            yield f"  {row['name']:<18} {row['hits']:>5,}   difference {mean:+.0f} [{low:+.0f}, {high:+.0f}]{verdict}"
    yield from card["cannot_know"]


def _row(standing: Standing, days: int) -> dict[str, Any]:
    row: dict[str, Any] = {"name": standing.name, "hits": standing.hits}
    if standing.comparison is not None:
        between = standing.comparison.difference
        row["difference"] = [round(days * value, 1) for value in (between.low, between.mean, between.high)]
        row["differs"] = standing.differs
    return row
