"""Estimate the monthly cost of the deployment in deploy/aws for a workload. docs/cost.md explains the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from shortlist.core.errors import UsageError
from shortlist.ops.cost.prices import Prices

HOURS, DAYS = 730, 30.4  # of a month
MILLION = 1e6

# Measured on this code (docs/cost.md says where).
ANSWER_S, ANSWER_S_A_MILLION = 0.026, 0.024  # core-seconds of an answer, and more for each million videos
INDEX_BYTES, LINKS_BYTES = 2_700, 3_400  # of a video; its 100 strongest co-watch links in memory
EVENT_BYTES, EVENT_BYTES_PARQUET = 200, 17  # in PostgreSQL with indexes; in Parquet
VIDEO_BYTES = 5_000  # in PostgreSQL: a transcript of a short video, and its embeddings
EXPORT_S = 0.029  # core-seconds of a reader at a million videos

# Assumed.
EVENTS_A_REQUEST = 5
EVENTS_A_PAIR = 2  # of a reader with the same video on one day
ACTIVE_SHARE = 0.2  # of the readers, each day
PEAK = 4.3  # the busiest moment, in averages
BUSY_SHARE = 0.5  # of its cores that a task uses at most
KEEP_DAYS = 90  # of events in PostgreSQL; older ones are in Parquet for a year
ANSWER_BYTES, LOG_BYTES = 10_000, 900
SNAPSHOTS_KEPT, CHANGED_SHARE = 3, 0.1  # a day's new snapshot sends this share of its blocks
ENDPOINTS, ZONES = 7, 2
RESIDENT_GB = 1.5  # of a task, besides the index and the links
TASKS = ((2, 16.0), (4, 30.0), (8, 60.0), (16, 120.0))  # vCPUs of a Fargate task and its most memory in GB
DATABASES = ((2e7, "rds-large"), (1e8, "rds-2xlarge"))  # most events a day of each class


@dataclass(frozen=True, slots=True)
class Workload:
    """Videos, readers, events a day and answered requests a day."""

    videos: float
    readers: float
    events: float
    requests: float

    @classmethod
    def of(cls, videos: float, readers: float, events: float, requests: float | None = None) -> Workload:
        """Return a workload; without `requests` there is one for every `EVENTS_A_REQUEST` events.

        Raises `UsageError` for a size that no deployment of this kind serves.
        """
        most = (TASKS[-1][1] - RESIDENT_GB) * 1e9 / (INDEX_BYTES + LINKS_BYTES)
        if videos > most:
            raise _too_large("videos", f"{most:,.0f}", videos)
        if events > DATABASES[-1][0]:
            raise _too_large("events a day", f"{DATABASES[-1][0]:,.0f}", events)
        return cls(videos, readers, events, events / EVENTS_A_REQUEST if requests is None else requests)


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the bill: its size in words, and US dollars a month."""

    part: str
    size: str
    usd: float


def estimate(load: Workload, prices: Prices) -> list[Line]:
    """Return the lines of a month's bill."""
    return [
        _serving(load, prices), _database(load, prices), *_entrance(load, prices), *_network(load, prices),
        _storage(load, prices), _logs(load, prices), _features(load, prices), _training(load, prices),
        _export(load, prices),
    ]  # fmt: skip


def total(lines: Sequence[Line]) -> float:
    """Return the sum in US dollars a month."""
    return sum(line.usd for line in lines)


def _serving(load: Workload, prices: Prices) -> Line:
    """Return the cheapest size of task that holds the index."""
    memory = RESIDENT_GB + load.videos * (INDEX_BYTES + LINKS_BYTES) / 1e9
    fitting = [_tasks(load, prices, vcpus, ceil(max(memory, 4 * vcpus))) for vcpus, most in TASKS if memory <= most]
    return min(fitting, key=lambda line: line.usd)


def _tasks(load: Workload, prices: Prices, vcpus: int, gb: int) -> Line:
    cores = (ANSWER_S + ANSWER_S_A_MILLION * load.videos / MILLION) * load.requests / 86_400
    least, most = (max(2, ceil(times * cores / (vcpus * BUSY_SHARE))) for times in (1.0, PEAK))
    usd = (least + most) / 2 * HOURS * (vcpus * prices["fargate-vcpu"] + gb * prices["fargate-gb"])
    return Line("serving (ECS Fargate)", f"{least} to {most} tasks of {vcpus} vCPU and {gb} GB", usd)


def _database(load: Workload, prices: Prices) -> Line:
    name = next(name for most, name in DATABASES if load.events <= most)
    gb = max(20.0, (load.events * KEEP_DAYS * EVENT_BYTES + load.videos * VIDEO_BYTES) / 1e9 * 1.1)
    size = f"db.{prices.table[name].per.split('db.')[1].split()[0]} in two zones, {gb:,.0f} GB"
    return Line("database (RDS PostgreSQL)", size, HOURS * prices[name] + gb * prices["rds-storage"])


def _entrance(load: Workload, prices: Prices) -> Iterator[Line]:
    calls = load.requests + load.events / EVENTS_A_REQUEST  # events come in batches
    gb_an_hour = load.requests * ANSWER_BYTES / 1e9 / 24
    units = max(calls / 86_400 / 25, gb_an_hour)  # new connections a second, and gigabytes an hour
    usd = HOURS * (prices["alb"] + units * prices["alb-lcu"])
    yield Line("load balancer", f"{calls * DAYS / MILLION:,.0f}M calls", usd)
    yield Line("firewall (WAF)", "three rules", prices["waf"] + calls * DAYS / MILLION * prices["waf-requests"])


def _network(load: Workload, prices: Prices) -> Iterator[Line]:
    usd = ENDPOINTS * ZONES * HOURS * prices["endpoint"]
    yield Line("interface endpoints", f"{ENDPOINTS} in {ZONES} zones", usd)
    gb = load.requests * ANSWER_BYTES * DAYS / 1e9
    yield Line("traffic out", f"{gb:,.0f} GB", gb * prices["transfer-out"])


def _storage(load: Workload, prices: Prices) -> Line:
    index = load.videos * INDEX_BYTES
    gb = (index * SNAPSHOTS_KEPT + load.events * 365 * EVENT_BYTES_PARQUET) / 1e9
    puts = index * CHANGED_SHARE * DAYS / 2**20 / MILLION
    return Line("files (S3)", f"{gb:,.0f} GB", gb * prices["s3-storage"] + puts * prices["s3-puts"])


def _logs(load: Workload, prices: Prices) -> Line:
    gb = (load.requests + load.events / EVENTS_A_REQUEST) * LOG_BYTES * DAYS / 1e9
    fixed = 50 * prices["metric"] + 20 * prices["alarm"] + 2 * prices["kms-key"] + 3 * prices["secret"]
    return Line("logs, metrics, keys", f"{gb:,.0f} GB, 50 metrics, 20 alarms", gb * prices["logs"] + fixed)


def _features(load: Workload, prices: Prices) -> Line:
    pairs = load.events / EVENTS_A_PAIR
    # A pair is deleted when it has left the window. A reader has two records. Builds read a record before they write.
    records = (2 * pairs + 2 * load.readers * ACTIVE_SHARE + min(load.videos, load.events)) * DAYS / MILLION
    usd = records * (prices["feature-writes"] + prices["feature-reads"])
    return Line("feature store", f"{records:,.1f}M writes, as many reads", usd)


def _training(load: Workload, prices: Prices) -> Line:
    gpu, cpu = (max(0.1, hours * load.events / 1e7) for hours in (3.0, 1.0))
    usd = DAYS * (gpu * prices["train-gpu"] + cpu * prices["train-cpu"])
    return Line("training (SageMaker)", f"nightly, {gpu:.1f} GPU hours", usd)


def _export(load: Workload, prices: Prices) -> Line:
    hours = load.readers * EXPORT_S * max(0.2, load.videos / MILLION) / 3600
    core = (prices["fargate-vcpu"] + 4 * prices["fargate-gb"]) * prices["fargate-spot-share"]
    return Line("nightly list of every reader", f"{hours:,.1f} core-hours on spot", DAYS * hours * core)


def _too_large(what: str, most: str, found: float) -> UsageError:
    return UsageError(
        f"too many {what} for this deployment", expected=f"at most {most}", found=f"{found:,.0f}",
        remedy="see docs/scale.md for what takes over",
    )  # fmt: skip
