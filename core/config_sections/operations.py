"""Configuration of unattended work: the pipeline, its features and the check for drift."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shortlist.core.config_sections.section import Positive, Section, Share


class PipelineConfig(Section):
    """Unattended runs: arriving files, the checks of their rows, and training."""

    folder: str | None = Field(
        None,
        description="folder or s3://BUCKET/PREFIX with incoming/, done/, quarantine/ and failed/; the home if unset",
    )
    transcribe: bool = Field(
        True,
        description="transcribe files in incoming/media; false leaves them to `shortlist ops pipeline transcribe`, "
        "which may run on another machine",
    )
    settle_s: float = Field(10.0, ge=0, description="seconds without a change after which an uploaded file is complete")
    max_bad_share: Share = Field(0.5, description="a file with a larger share of bad rows is refused as a whole")
    max_volume: Positive = Field(10.0, description="a file with this many times the usual number of rows is refused")
    max_age_days: Positive = Field(7.0, description="events are reported as stale if the newest is older than this")
    train_after: int = Field(1000, ge=1, description="new events after which the models are trained again")
    approval: Literal["gate", "hand"] = Field(
        "gate", description="who approves a better version: the gate, or you with `shortlist models approve`"
    )
    keep_versions: int = Field(10, ge=2, description="trained versions that are kept, besides those in use or approved")
    poll_s: Positive = Field(5.0, description="seconds between two looks of `shortlist ops pipeline watch`")
    quiet_s: float = Field(30.0, ge=0, description="seconds without a new file after which a delivery is complete")
    longest_wait_s: float = Field(600.0, ge=0, description="longest wait for a delivery that never pauses")
    keep_days: Positive = Field(30.0, description="days after which tables in done/ are deleted; media stay")


Clock = Literal["arrival", "event"]


class FeaturesConfig(Section):
    """The feature store."""

    clock: Clock = Field(
        "arrival",
        description="from when on an event counts: when it was stored, which is exact, or (event) when it happened, "
        "for logs of the past that were ingested later",
    )
    online: Literal["catalogue", "sagemaker"] = Field(
        "catalogue", description="where the newest values are: in SQL, or in Amazon SageMaker Feature Store"
    )


class DriftConfig(Section):
    """The check of the newest days against those before (`shortlist ops drift`)."""

    reference_days: int = Field(28, ge=7, description="days whose spread says how far a day may be from them")
    recent_days: int = Field(7, ge=1, description="days after these, of which the newest is judged")
    false_alarms: float = Field(
        0.01, gt=0, lt=1, description="share of days without drift on which any feature is over its limit"
    )
