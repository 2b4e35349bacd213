"""The contract of `FeatureStore`: no value from the future, the later time wins, and online is offline now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from shortlist.core.config import Config, StoreConfig
from shortlist.core.errors import UsageError
from shortlist.core.types import Event, Video
from shortlist.ops.features.build import build
from shortlist.ops.features.feature_store import TIME, FeatureStore
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.ops.features.open_store import open_store
from shortlist.ops.features.progress import Progress
from shortlist.ops.features.views import ITEM, READER_CATEGORY, VIEWS, View
from shortlist.store.home import Home
from tests.database_servers import Postgres
from tests.feature_store_stand_in import FeatureStoreStandIn

VERSIONS = {view.name: view.version for view in VIEWS.values()}
DAY = date(2026, 11, 1)
START = datetime(2026, 11, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def rows(view: View, *entries: tuple[tuple[str, ...], float, int]) -> pl.DataFrame:
    """Rows of (keys, hours after the start, value of every count), by keys and time."""
    schema = {**dict.fromkeys(view.keys, pl.String), **dict.fromkeys(("at", *view.state), pl.Int64)}
    found = [
        dict(zip(view.keys, keys, strict=True)) | {"at": micros(hours(at))} | dict.fromkeys(view.counts, value)
        for keys, at, value in entries
    ]
    return pl.DataFrame(found, schema).sort(*view.keys, "at")


def items(*points: tuple[str, float]) -> pl.DataFrame:
    """Questions about (item, hours after the start)."""
    return pl.DataFrame([(key, hours(at)) for key, at in points], {"item_id": pl.String, "at": TIME}, orient="row")


class FeatureStoreContract:
    """A subclass has the fixture `store`, which is empty."""

    @pytest.fixture
    def filled(self, store: FeatureStore) -> FeatureStore:
        """Item a has 1 from hour 1 on, and 3 from hour 30 on; b has 2 from hour 2 on, and nothing from hour 26 on."""
        store.put(ITEM, DAY, rows(ITEM, (("a",), 1, 1), (("b",), 2, 2)))
        store.put(ITEM, DAY + timedelta(days=1), rows(ITEM, (("a",), 30, 3), (("b",), 26, 0)))
        store.commit(Progress(micros(hours(72)), VERSIONS))
        return store

    def test_nothing_is_seen_before_its_time(self, filled: FeatureStore) -> None:
        asked = items(("a", 30), ("a", 0.5), ("a", 1), ("a", 2), ("nobody", 9), ("a", 31), ("b", 25), ("b", 27))
        found = filled.as_of(ITEM, asked)
        assert found["plays_1h"].to_list() == [1, 0, 0, 1, 0, 3, 2, 0]
        assert found.select("item_id", "at").equals(asked)

    def test_means_of_nothing_are_unknown(self, filled: FeatureStore) -> None:
        assert filled.as_of(ITEM, items(("a", 0.5), ("nobody", 1)))["completion_24h"].to_list() == [None, None]

    def test_nothing_asked_nothing_found(self, filled: FeatureStore) -> None:
        assert len(filled.as_of(ITEM, items())) == 0
        assert len(filled.latest(ITEM, items().select("item_id"), START)) == 0

    def test_a_day_ends_with_its_last_values(self, filled: FeatureStore) -> None:
        first, second, third = (filled.day(ITEM, DAY + timedelta(days=n)) for n in range(3))
        assert first.select("item_id", "plays_1h").rows() == [("a", 1), ("b", 2)]
        assert second.select("item_id", "plays_1h").rows() == third.select("item_id", "plays_1h").rows() == [("a", 3)]
        assert first["at"].unique().to_list() == [hours(24)]
        assert list(filled.days(ITEM)) == [DAY, DAY + timedelta(days=1)]

    def test_online_is_offline_now(self, filled: FeatureStore) -> None:
        asked = items(("b", 72), ("a", 72), ("nobody", 72), ("a", 72))
        assert filled.latest(ITEM, asked.select("item_id"), hours(72)).equals(filled.as_of(ITEM, asked))

    def test_the_later_time_wins_online_whatever_is_put_last(self, filled: FeatureStore) -> None:
        filled.put(ITEM, DAY, rows(ITEM, (("a",), 1, 7), (("a",), 30, 3)))
        assert filled.latest(ITEM, items(("a", 0)).select("item_id"), START)["plays_1h"].to_list() == [3]

    def test_days_that_are_put_again_are_replaced(self, filled: FeatureStore) -> None:
        filled.put(ITEM, DAY + timedelta(days=1), rows(ITEM, (("a",), 29, 5)))
        assert filled.as_of(ITEM, items(("a", 5), ("a", 29.5), ("a", 40)))["plays_1h"].to_list() == [1, 5, 5]

    def test_a_question_without_the_inner_key_finds_all_of_its_values(self, store: FeatureStore) -> None:
        known = rows(READER_CATEGORY, (("u", "Food"), 1, 1), (("u", "Music"), 2, 3), (("w", "Food"), 1, 1))
        store.put(READER_CATEGORY, DAY, known)
        store.commit(Progress(micros(hours(24)), VERSIONS))
        asked = pl.DataFrame({"user_id": ["u", "x", "u"], "at": [hours(3), hours(3), hours(1.5)]})
        found = store.as_of(READER_CATEGORY, asked)
        assert found.select("user_id", "category", "share_24h").rows() == [
            ("u", "Food", 0.25), ("u", "Music", 0.75), ("u", "Food", 1.0),
        ]  # fmt: skip
        online = store.latest(READER_CATEGORY, pl.DataFrame({"user_id": ["u"]}), hours(3))
        assert online.equals(found.head(2))

    def test_the_unknown_is_refused(self, filled: FeatureStore) -> None:
        with pytest.raises(UsageError, match="features build"):
            filled.as_of(ITEM, items(("a", 73)))

    def test_an_empty_store_says_what_to_do(self, store: FeatureStore) -> None:
        assert store.progress() is None
        for read in (
            lambda: store.as_of(ITEM, items(("a", 1))),
            lambda: store.day(ITEM, DAY),
            lambda: store.days(ITEM),
            lambda: store.latest(ITEM, items(("a", 1)).select("item_id"), START),
        ):
            with pytest.raises(UsageError, match="shortlist ops features build"):
                read()

    def test_values_of_another_definition_are_refused(self, filled: FeatureStore) -> None:
        filled.commit(Progress(micros(hours(72)), {**VERSIONS, "item": "older"}))
        with pytest.raises(UsageError, match="found item of version older; run `shortlist ops features build`"):
            filled.as_of(ITEM, items(("a", 2)))

    def test_clearing_removes_everything(self, filled: FeatureStore) -> None:
        filled.clear()
        assert filled.progress() is None
        filled.commit(Progress(micros(hours(72)), VERSIONS))
        assert list(filled.days(ITEM)) == []
        assert filled.latest(ITEM, items(("a", 0)).select("item_id"), START)["plays_1h"].to_list() == [0]
        filled.clear()


class TestLocalFeatureStore(FeatureStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[LocalFeatureStore]:
        with Home.open(tmp_path / "home", "none") as home:
            yield LocalFeatureStore(home)

    def test_files_are_private_and_by_day(self, filled: FeatureStore, tmp_path: Path) -> None:
        paths = sorted(path for path in (tmp_path / "home/features").rglob("*") if path.is_file())
        names = [str(path.relative_to(tmp_path / "home/features")) for path in paths]
        assert names == ["item/2026-11-01.parquet", "item/2026-11-02.parquet", "progress.json"]
        assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}


class TestOnPostgres(FeatureStoreContract):
    @pytest.fixture
    def home(self, tmp_path: Path, postgres: Postgres) -> Iterator[Home]:
        servers = StoreConfig(catalogue=SecretStr(postgres.new_database()))
        with Home.open(tmp_path / "home", "none", servers) as home:
            yield home

    @pytest.fixture
    def store(self, home: Home) -> LocalFeatureStore:
        return LocalFeatureStore(home)

    def test_events_and_items_are_read_for_a_build(self, home: Home, store: LocalFeatureStore) -> None:
        with home.writing():
            home.catalogue.videos.put([Video("a", "A", duration_s=60.0)])
        home.catalogue.events.add([Event("u", "a", "video", "view", hours(n), 30.0) for n in (1, 2)])
        config = Config.model_validate({"features": {"clock": "event"}})
        assert build(home, config, store, hours(24)).events == 2
        assert store.latest(ITEM, items(("a", 0)).select("item_id"), START)["completion_24h"].to_list() == [0.5]


class TestOnSageMaker(FeatureStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path, feature_groups: FeatureStoreStandIn) -> Iterator[FeatureStore]:
        with Home.open(tmp_path / "home", "none") as home:
            yield open_store(home, Config.model_validate({"features": {"online": "sagemaker"}}))

    def test_nothing_is_in_the_catalogue(self, store: FeatureStore, tmp_path: Path) -> None:
        store.put(ITEM, DAY, rows(ITEM, (("a",), 1, 1)))
        with Home.open(tmp_path / "home", "none") as home:
            assert home.catalogue.features.get_many(ITEM.name, "item_id", ["a"]) == []
