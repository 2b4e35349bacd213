"""SPEC `mind:DIR`: MIND's news.tsv and behaviors.tsv. Only the candidates of each impression are ranked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shortlist.eval.data.dataset import DataSet, EvalQuery, Item, Shown, dataset_name, hash_files
from shortlist.eval.data.line_reader import check_id, numbered_lines, refuse, split_fields

KIND = "mind"
TIME = "%m/%d/%Y %I:%M:%S %p"
NO_TIMES = "every impression carries the same time: times are unknown"

Impression = tuple[EvalQuery, dict[str, int]]


def read_mind(folder: Path) -> DataSet:
    """Read the impressions in `folder`: each is a query, and its clicked candidates are relevant. Times are UTC.

    A candidate that appears twice in one impression counts once, as clicked if one of the two was. If all impressions
    have the same time it is a placeholder: `at` is then None everywhere, with a note. `log.tsv`, impressions of other
    readers in the same format, is the log if there is one, else the impressions themselves are. Raises `RecordError`
    or `UsageError` with the file and line.
    """
    news, behaviors, log = folder / "news.tsv", folder / "behaviors.tsv", folder / "log.tsv"
    impressions = list(_read_impressions(behaviors))
    logged = list(_read_impressions(log)) if log.exists() else impressions
    notes: tuple[str, ...] = ()
    if len(impressions) > 1 and len({query.at for query, _ in impressions}) == 1:
        impressions = [(replace(query, at=None), clicks) for query, clicks in impressions]
        notes, logged = (NO_TIMES,), []
    return DataSet(
        name=dataset_name(KIND, folder),
        kind=KIND,
        items=tuple(_read_news(news)),
        queries=tuple(query for query, _ in impressions),
        qrels={query.id: clicks for query, clicks in impressions},
        data_hash=hash_files(KIND, (news, behaviors, *((log,) if log.exists() else ()))),
        notes=notes,
        log=tuple(_shown(logged)),
    )


def _read_news(path: Path) -> Iterator[Item]:
    for where, line in numbered_lines(path):
        columns = line.split("\t")
        if len(columns) < 4:
            refuse(where, "id, category, subcategory, title[, abstract, ...] between tabs", f"{len(columns)} columns")
        item, category, subcategory, title = columns[:4]
        abstract = columns[4] if len(columns) > 4 else ""
        yield Item(check_id(item, where, "news id"), title, abstract, category or None, subcategory or None)


def _read_impressions(path: Path) -> Iterator[Impression]:
    for where, line in numbered_lines(path):
        impression, user, time, history, shown = split_fields(
            line, where, 5, "impression user time history shown", "\t"
        )
        clicks = _clicks(shown, where)
        query = EvalQuery(
            id=check_id(impression, where, "impression id"),
            user_id=check_id(user, where, "user id"),
            history=tuple(history.split()),
            at=_time(time, where),
            candidates=tuple(clicks),
        )
        yield query, clicks


def _shown(impressions: Iterable[Impression]) -> Iterator[Shown]:
    for query, clicks in impressions:
        if query.at is not None:
            yield from ((item, query.at, clicked > 0) for item, clicked in clicks.items())


def _clicks(shown: str, where: str) -> dict[str, int]:
    clicks: dict[str, int] = {}
    for entry in shown.split():
        item, _, label = entry.rpartition("-")
        if not item or label not in ("0", "1"):
            refuse(where, "candidates as `N1-0` or `N1-1`", repr(entry), "use a split with labels")
        clicks[item] = max(clicks.get(item, 0), int(label))
    return clicks


def _time(text: str, where: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        refuse(where, "a time as 11/15/2019 8:55:22 AM, or none", repr(text))
