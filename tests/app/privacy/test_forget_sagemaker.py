"""Readers are forgotten whose newest features are in SageMaker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shortlist.app.privacy.export_reader import export_reader
from shortlist.app.privacy.forget import forget
from shortlist.core.config import Config
from shortlist.core.types import Event, Video
from shortlist.ops.features.build import build
from shortlist.ops.features.open_store import open_store
from shortlist.store.catalogue.erasure.subject import READER, Subject
from shortlist.store.home import Home
from tests.feature_store_stand_in import FeatureStoreStandIn

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def identifiers(groups: FeatureStoreStandIn) -> set[str]:
    """The identifiers of all records online."""
    return {name for group in groups.groups.values() for name in group.online}


def test_a_forgotten_reader_is_in_no_online_store(tmp_path: Path, feature_groups: FeatureStoreStandIn) -> None:
    path = tmp_path / "home"
    config = Config.model_validate({"home": path, "features": {"clock": "event", "online": "sagemaker"}})
    with Home.open(path, "none") as home:
        with home.writing():
            home.catalogue.videos.put([Video("v1", "One"), Video("v2", "Two")])
        watched = [("ann-of-york", "v1"), ("ann-of-york", "v2"), ("ben-of-bath", "v2")]
        home.catalogue.events.add([Event(user, item, "video", "view", NOW) for user, item in watched])
        store = open_store(home, config)
        build(home, config, store, NOW + timedelta(hours=1))
        exported = export_reader(home, config, "ann-of-york")["features"]
        assert [(row["view"], row.get("item_id")) for row in exported] == [
            ("reader", None), ("reader_item", "v1"), ("reader_item", "v2"),
        ]  # fmt: skip
        receipt = forget(home, config, [Subject(READER, "ann-of-york")], prove=True).receipt
        assert identifiers(feature_groups) == set()
        assert receipt["proof"]["holds"]
        assert any("offline store of SageMaker" in place for place in receipt["outside"])
        assert export_reader(home, config, "ben-of-bath")["features"] == []
        build(home, config, store, NOW + timedelta(hours=1))
    assert identifiers(feature_groups) == {"ben-of-bath", "v2", '["ben-of-bath","v2"]'}
