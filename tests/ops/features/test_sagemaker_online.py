"""The online store in SageMaker: batches, what is left out, throttling, event times, and what is erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
from botocore.config import Config as BotoConfig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.core.errors import ServiceError
from shortlist.ops.features.feature_groups import group_name
from shortlist.ops.features.online import CatalogueOnline
from shortlist.ops.features.sagemaker_online import SageMakerOnline
from shortlist.ops.features.views import ITEM, READER_CATEGORY, READER_ITEM, VIEWS, View
from shortlist.store.home import Home
from tests.feature_store_stand_in import SERVICE, FeatureStoreStandIn, Group
from tests.ops.features.conftest import HOUR, START

Entry = tuple[tuple[str, ...], int, int]  # keys, microseconds after the start, value of every count


def rows(view: View, *entries: Entry) -> pl.DataFrame:
    """Rows by keys and time. What is no count is missing."""
    found = [
        dict(zip(view.keys, keys, strict=True)) | {"at": START + after} | dict.fromkeys(view.counts, value)
        for keys, after, value in entries
    ]
    return pl.DataFrame(found, view.schema).sort(*view.keys, "at")


def ids(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"item_id": names}, {"item_id": pl.String})


@pytest.fixture
def client(feature_groups: FeatureStoreStandIn) -> Any:
    return boto3.client(SERVICE, config=BotoConfig(retries={"mode": "standard", "max_attempts": 3}))


@pytest.fixture
def online(client: Any) -> SageMakerOnline:
    return SageMakerOnline(client, pause_s=0.0)


@pytest.fixture
def items(feature_groups: FeatureStoreStandIn) -> Group:
    return feature_groups.groups[group_name(ITEM)]


def values(online: SageMakerOnline, *names: str) -> dict[str, int]:
    """The newest counts of items."""
    return dict(online.get(ITEM, ids(*names)).select("item_id", "plays_1h").iter_rows())


def test_many_records_are_read_by_100_and_written_by_25(
    online: SageMakerOnline, feature_groups: FeatureStoreStandIn
) -> None:
    many = {f"v{number:03}": number + 1 for number in range(230)}
    online.put(ITEM, rows(ITEM, *(((name,), 0, number) for name, number in many.items())))
    assert values(online, *many) == many
    read = [
        len(one["Identifiers"][0]["RecordIdentifiersValueAsString"]) for one in feature_groups.called("BatchGetRecord")
    ]
    assert sorted(read) == [30, 30, 100, 100, 100, 100]
    written = [len(one["Entries"]) for one in feature_groups.called("BatchWriteRecord")]
    assert sorted(written) == [5, 25, 25, 25, 25, 25, 25, 25, 25, 25]


def test_records_that_are_left_out_are_asked_for_again(
    online: SageMakerOnline, feature_groups: FeatureStoreStandIn
) -> None:
    many = {f"v{number:02}": number + 1 for number in range(60)}
    feature_groups.partly = 3
    online.put(ITEM, rows(ITEM, *(((name,), 0, number) for name, number in many.items())))
    feature_groups.partly = 3
    assert values(online, *many) == many


def test_a_store_that_leaves_records_out_for_ever_is_given_up(
    online: SageMakerOnline, feature_groups: FeatureStoreStandIn
) -> None:
    feature_groups.partly = 1_000
    with pytest.raises(ServiceError, match=f"{group_name(ITEM)}.*left out 8 times; run the same again later"):
        online.get(ITEM, ids("a", "b"))


def test_throttled_requests_are_repeated(online: SageMakerOnline, feature_groups: FeatureStoreStandIn) -> None:
    online.put(ITEM, rows(ITEM, (("a",), 0, 1)))
    feature_groups.throttled = 1
    assert values(online, "a") == {"a": 1}


def test_a_missing_group_says_what_to_do(online: SageMakerOnline, feature_groups: FeatureStoreStandIn) -> None:
    feature_groups.reset([])
    for use in (lambda: values(online, "a"), online.clear, lambda: online.put(ITEM, rows(ITEM, (("a",), 0, 1)))):
        with pytest.raises(ServiceError, match=r"feature group shortlist-.*deploy the stack of this version"):
            use()


def test_an_older_writer_reaches_only_the_offline_store(client: Any, online: SageMakerOnline, items: Group) -> None:
    online.put(ITEM, rows(ITEM, (("a",), 3 * HOUR, 3)))
    [late] = [dict(one) for one in items.offline]
    late |= {"event_time": "2026-11-01T02:00:00.000Z", "plays_1h": "2"}
    del late["is_deleted"]
    record = [{"FeatureName": name, "ValueAsString": value} for name, value in late.items()]
    client.put_record(FeatureGroupName=group_name(ITEM), Record=record)
    assert values(online, "a") == {"a": 3}
    assert [row["plays_1h"] for row in items.offline] == ["3", "2"]


def test_the_same_rows_again_are_not_written(
    online: SageMakerOnline, feature_groups: FeatureStoreStandIn, items: Group
) -> None:
    known = rows(ITEM, (("a",), 0, 1), (("a",), HOUR, 2), (("b",), 0, 5))
    online.put(ITEM, known)
    online.put(ITEM, known)
    assert len(feature_groups.called("BatchWriteRecord")) == 1
    assert [row["plays_1h"] for row in items.offline] == ["2", "5"]


def test_of_two_rows_in_one_millisecond_the_later_wins(online: SageMakerOnline, items: Group) -> None:
    online.put(ITEM, rows(ITEM, (("a",), 100, 1)))
    online.put(ITEM, rows(ITEM, (("a",), 900, 2)))
    online.put(ITEM, rows(ITEM, (("a",), 900, 3)))  # corrected, at the same time
    assert values(online, "a") == {"a": 3}
    assert [row["event_time"][-4:] for row in items.offline] == ["000Z", "001Z", "002Z"]
    assert [row["at"] for row in items.offline] == [str(START + after) for after in (100, 900, 900)]


def test_an_entity_without_events_is_erased_and_marked_in_the_history(online: SageMakerOnline, items: Group) -> None:
    online.put(ITEM, rows(ITEM, (("a",), 0, 1), (("b",), 0, 1)))
    online.put(ITEM, rows(ITEM, (("a",), HOUR, 0), (("nobody",), HOUR, 0)))
    assert values(online, "a", "b", "nobody") == {"b": 1}
    assert set(items.online) == {"b"}
    assert items.offline[-1] == {"entity": "a", "event_time": "2026-11-01T01:00:00.000Z", "is_deleted": True}
    online.put(ITEM, rows(ITEM, (("a",), 2 * HOUR, 4)))
    assert values(online, "a") == {"a": 4}


def test_clearing_erases_every_record_and_names_nobody_again(
    online: SageMakerOnline, feature_groups: FeatureStoreStandIn
) -> None:
    for view in VIEWS.values():
        known = [((f"a{number:03}", f"b{number}")[: len(view.keys)], 0, 1) for number in range(101)]
        online.put(view, rows(view, *known))
    history = {name: list(group.offline) for name, group in feature_groups.groups.items()}
    online.clear()
    assert not any(group.online for group in feature_groups.groups.values())
    assert {name: group.offline for name, group in feature_groups.groups.items()} == history
    online.put(ITEM, rows(ITEM, (("a001",), 0, 1)))  # at the same time as before
    assert values(online, "a001") == {"a001": 1}


def test_ids_of_all_kinds_come_back(online: SageMakerOnline) -> None:
    keys = [("a b", "ü/…?&=+%"), ("a", 'b","c'), ("a,b", "c"), ('a","b', "c")]
    online.put(READER_ITEM, rows(READER_ITEM, *((one, 0, 1 + number) for number, one in enumerate(sorted(keys)))))
    asked = pl.DataFrame(keys, list(READER_ITEM.entity), orient="row")
    found = online.get(READER_ITEM, asked).select(*READER_ITEM.keys, "choices_28d").rows()
    assert sorted(found) == [(*one, 1 + number) for number, one in enumerate(sorted(keys))]
    online.clear()
    assert online.get(READER_ITEM, asked).is_empty()


ENTRIES = st.tuples(
    st.tuples(st.sampled_from("uv"), st.sampled_from("xyz")),
    st.integers(0, 3).map(lambda step: step * 400),  # microseconds: several in one millisecond
    st.integers(0, 2),
)


@pytest.fixture
def sql(tmp_path: Path) -> Iterator[CatalogueOnline]:
    with Home.open(tmp_path / "home", "none") as home:
        yield CatalogueOnline(home.catalogue.features)


@pytest.mark.parametrize("view", [READER_CATEGORY, READER_ITEM], ids=lambda view: view.name)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(puts=st.lists(st.lists(ENTRIES, min_size=1, max_size=5, unique_by=lambda entry: entry[:2]), max_size=4))
def test_sagemaker_and_sql_agree(
    view: View, online: SageMakerOnline, sql: CatalogueOnline, puts: list[list[Entry]]
) -> None:
    asked = pl.DataFrame([(user, item) for user in "uv" for item in "xyz"], view.keys, orient="row")
    asked = asked.select(view.entity).unique()
    for store in (online, sql):
        store.clear()
        for entries in puts:
            store.put(view, rows(view, *entries))
    assert online.get(view, asked).sort(view.keys).equals(sql.get(view, asked).sort(view.keys))
