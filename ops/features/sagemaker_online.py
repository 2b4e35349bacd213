"""The newest values in the online store of Amazon SageMaker Feature Store.

SageMaker copies each record that it stores to the offline store of the group. So a record is read first, and written
only if it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import polars as pl
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from shortlist.core.errors import ServiceError
from shortlist.ops.features.feature_groups import (
    Record,
    event_time,
    from_features,
    group_name,
    identifier,
    merged,
    records_of,
    to_features,
)
from shortlist.ops.features.online import newest_rows
from shortlist.ops.features.views import VIEWS, View

READ, WRITTEN = 100, 25  # most records of a request
THREADS = 8
ROUNDS, LONGEST_PAUSE_S = 8, 20.0  # of requests for what a busy SageMaker left out
REMEDY = "check credentials and region, and deploy the stack of this version (docs/aws.md)"

Item = TypeVar("Item")
Result = TypeVar("Result")
Entry = dict[str, Any]


class SageMakerOnline:
    """The `OnlineStore` in the feature groups of deploy/aws. `client` is of boto3, and repeats what is throttled.

    Records that SageMaker leaves out are sent again after a random time up to `pause_s`, which is doubled each time.
    All methods raise `ServiceError` if a group is missing, may not be used, or stays busy.
    """

    def __init__(self, client: Any, pause_s: float = 0.2) -> None:
        self._client = client
        self._pauses = wait_random_exponential(pause_s, max=LONGEST_PAUSE_S)

    def put(self, view: View, rows: pl.DataFrame) -> None:
        """See `OnlineStore`."""
        batch = pl.struct(view.entity).rle_id() // READ  # the rows of an entity are together, because they are sorted
        batches = newest_rows(view, rows).with_columns(batch=batch).partition_by("batch", include_key=False)
        _in_threads(partial(self._update, view), batches)

    def get(self, view: View, entities: pl.DataFrame) -> pl.DataFrame:
        """See `OnlineStore`."""
        names = [identifier(entity) for entity in entities.select(view.entity).iter_rows()]
        found = _in_threads(partial(self._read, view), _batches(names, READ))
        rows = [row for records in found for record in records.values() for row in record.rows.values()]
        return pl.DataFrame(rows, view.schema)

    def clear(self) -> None:
        """See `OnlineStore`. The offline stores are left as they are: a mark of a deletion would name the entity."""
        for view in VIEWS.values():
            with _reaching(view):
                pages = self._client.get_paginator("list_records").paginate(
                    FeatureGroupName=group_name(view), PaginationConfig={"PageSize": READ}
                )
                for page in pages:
                    stored = self._read(view, page["RecordIdentifiers"])
                    last = [(name, record.time + 1) for name, record in stored.items()]
                    _in_threads(partial(self._delete, view, ("OnlineStore",)), last)

    def _update(self, view: View, rows: pl.DataFrame) -> None:
        """Merge rows of at most `READ` entities with what is stored of them."""
        new = records_of(view, rows)
        stored = self._read(view, list(new))
        changed: list[Entry] = []
        for name, record in new.items():
            before = stored.get(name)
            after = merged(view, record, before)
            if after.rows and (before is None or after.rows != before.rows):
                changed.append({"FeatureGroupName": group_name(view), "Record": to_features(view, after)})
            elif before and not after.rows:
                self._delete(view, ("OnlineStore", "OfflineStore"), (name, after.time))
        for entries in _batches(changed, WRITTEN):
            self._repeat(view, partial(self._write, view), entries)

    def _read(self, view: View, names: Sequence[str]) -> Mapping[str, Record]:
        """Return the records of at most `READ` identifiers, by identifier."""
        found: dict[str, Record] = {}

        def ask(left: Sequence[str]) -> Sequence[str]:
            asked = {"FeatureGroupName": group_name(view), "RecordIdentifiersValueAsString": list(left)}
            answer = self._client.batch_get_record(Identifiers=[asked])
            _refuse(view, answer["Errors"])
            for one in answer["Records"]:
                found[one["RecordIdentifierValueAsString"]] = from_features(view, one["Record"])
            return [name for of in answer["UnprocessedIdentifiers"] for name in of["RecordIdentifiersValueAsString"]]

        if names:
            self._repeat(view, ask, names)
        return found

    def _write(self, view: View, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Write at most `WRITTEN` records, and return those that SageMaker left out."""
        answer = self._client.batch_write_record(Entries=list(entries))
        _refuse(view, answer["Errors"])
        left: Sequence[Entry] = answer["UnprocessedEntries"]
        return left

    def _delete(self, view: View, stores: Sequence[str], last: tuple[str, int]) -> None:
        """Erase a record, given its identifier and a time in milliseconds that is later than its event time."""
        name, time = last
        with _reaching(view):
            self._client.delete_record(
                FeatureGroupName=group_name(view), RecordIdentifierValueAsString=name, EventTime=event_time(time),
                TargetStores=stores, DeletionMode="HardDelete",
            )  # fmt: skip

    def _repeat(self, view: View, send: Callable[[Sequence[Item]], Sequence[Item]], items: Sequence[Item]) -> None:
        """Send items, and those that `send` returns again, until it returns none."""
        left = items

        def send_left() -> bool:
            nonlocal left
            left = send(left)
            return bool(left)

        with _reaching(view):
            Retrying(stop=stop_after_attempt(ROUNDS), wait=self._pauses, retry=retry_if_result(bool))(send_left)


def _in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, items))


def _batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _refuse(view: View, errors: Sequence[Mapping[str, str]]) -> None:
    """Raise `ServiceError` for the first error that an answer has about single records."""
    for error in errors:
        raise _failed(view, f"{error['ErrorCode']}: {error['ErrorMessage']}")


@contextmanager
def _reaching(view: View) -> Iterator[None]:
    """Raise the errors of boto3 in the body as `ServiceError`."""
    try:
        yield
    except RetryError as error:
        raise _failed(view, f"records that were left out {ROUNDS} times", "run the same again later") from error
    except (BotoCoreError, ClientError) as error:
        raise _failed(view, str(error)) from error


def _failed(view: View, found: str, remedy: str = REMEDY) -> ServiceError:
    group = group_name(view)
    expected = "a group that may be read and written"
    return ServiceError(f"cannot use the feature group {group}", expected=expected, found=found, remedy=remedy)
