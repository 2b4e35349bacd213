"""Open the feature store of the settings."""

from __future__ import annotations

from shortlist.core.config import Config
from shortlist.core.object_storage import aws_client
from shortlist.ops.features.feature_store import FeatureStore
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.ops.features.online import CatalogueOnline, OnlineStore
from shortlist.store.home import Home

ATTEMPTS, TIMEOUT_S = 8, 10.0  # of a request: those of a large build are throttled now and then


def open_store(home: Home, config: Config) -> FeatureStore:
    """Return the store with the history in `home`, and the newest values where `features.online` says.

    Raises `ServiceError` if boto3 is needed and not installed, or lacks a region.
    """
    return LocalFeatureStore(home, open_online(home, config))


def open_online(home: Home, config: Config) -> OnlineStore:
    """Return the online store of the settings. Raises the errors of `open_store`."""
    if config.features.online == "catalogue":
        return CatalogueOnline(home.catalogue.features)
    client = aws_client("sagemaker-featurestore-runtime", ATTEMPTS, TIMEOUT_S)  # raises if boto3 is not installed
    from shortlist.ops.features.sagemaker_online import SageMakerOnline

    return SageMakerOnline(client)
