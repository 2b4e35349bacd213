"""Configuration of work in batches: evaluation and export."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shortlist.core.config_sections.section import Section


class TunedConfig(Section):
    """Data that the settings were tuned on; reports label their figures on the same data."""

    on: dict[str, str] = Field(default_factory=dict, description="data set = hash of its files")
    keys: tuple[str, ...] = Field((), description="settings that were tuned, as retrieval.weights")


class EvalConfig(Section):
    """Evaluation."""

    cache: Path | None = Field(
        None, description="folder of ingested data sets and finished runs; in the user's cache folder if unset"
    )
    seed: int = Field(0, ge=0, description="seed of samples, resampling and simulated readers")


class ExportConfig(Section):
    """Division of the export."""

    workers: int = Field(0, ge=0, description="processes that rank readers; 0 is one for each core")
    shard: int = Field(500, ge=1, description="readers of one part; a stopped export loses the parts in progress")
    ray_address: str | None = Field(
        None, description='address of a Ray cluster, as "ray://host:10001" or "auto"; a Ray of this machine if unset'
    )
