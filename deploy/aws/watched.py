"""The alarms, each with its section of docs/aws.md, and the metrics that they and the dashboard watch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from base.database import Database
from ingestion import Ingestion
from retraining import Retraining
from service import ERRORS, SLOW, Service
from training import METRICS
from transcription import Transcription

MINUTES = Duration.minutes(5)


@dataclass(frozen=True, slots=True)
class Watched:
    """An alarm: it goes off if `metric` is above (or below) `threshold` in three of four periods, or in one.

    `section` is the part of docs/aws.md that says what to do.
    """

    name: str
    section: str
    metric: cloudwatch.IMetric
    threshold: float
    below: bool = False
    at_once: bool = True
    if_missing: Literal["fine", "bad"] = "fine"


def own(name: str) -> cloudwatch.Metric:
    """Return a count that our functions write."""
    return cloudwatch.Metric(namespace=METRICS, metric_name=name, statistic="Sum", period=MINUTES)


def drift() -> Watched:
    """Return the alarm on drift: the largest distance of a day, as a multiple of its limit."""
    metric = cloudwatch.Metric(
        namespace=METRICS, metric_name="DriftExcess", statistic="Maximum", period=Duration.days(1)
    )
    return Watched("shortlist-drift", "the-data-drift", metric, 1)


def judged() -> Watched:
    """Return the alarm on days whose drift nobody judged."""
    metric = cloudwatch.Metric(
        namespace=METRICS, metric_name="DriftExcess", statistic="SampleCount", period=Duration.days(1)
    )
    return Watched("shortlist-no-run", "no-run-for-a-day", metric, 1, below=True, if_missing="bad")


def of_dead_letters(ingestion: Ingestion, transcription: Transcription, retraining: Retraining) -> Iterator[Watched]:
    """Yield the alarms on messages that could not be processed."""
    queues = {
        "uploads": ingestion.uploads.dead,
        "media": transcription.media.dead,
        "runs": retraining.runs.dead,
        "approvals": retraining.approvals.dead,
    }
    for name, queue in queues.items():
        metric = queue.metric_approximate_number_of_messages_visible(period=MINUTES, statistic="Maximum")
        yield Watched(f"shortlist-dead-{name}", "dead-letters", metric, 0)


def of_data(ingestion: Ingestion, transcription: Transcription, retraining: Retraining) -> Iterator[Watched]:
    """Yield the alarms on uploads, runs and functions."""
    yield from of_dead_letters(ingestion, transcription, retraining)
    yield Watched("shortlist-files-refused", "files-are-refused", own("FilesRefused"), 0)
    yield Watched("shortlist-runs-refused", "runs-are-refused", own("RunsRefused"), 0)
    for name, function in {
        "ingest": ingestion.function, "transcription": transcription.start, "start": retraining.start,
        "release": retraining.release,
    }.items():  # fmt: skip
        errors = function.metric_errors(period=MINUTES)
        yield Watched(f"shortlist-{name}-fails", "a-function-fails", errors, 0)


def of_database(database: Database) -> Iterator[Watched]:
    """Yield the alarms on the database."""
    instance = database.instance
    cpu, space = instance.metric_cpu_utilization(period=MINUTES), instance.metric_free_storage_space(period=MINUTES)
    yield Watched("shortlist-database-busy", "the-database-is-busy", cpu, 80, at_once=False)
    yield Watched("shortlist-database-full", "the-database-is-full", space, 10e9, below=True)


def of_serving(service: Service) -> Iterator[Watched]:
    """Yield the alarms on the service. The first two undo a deployment."""
    failed = service.balancer.public.metrics.http_code_target(balancing.HttpCodeTarget.TARGET_5XX_COUNT, period=MINUTES)
    counts = {
        name: group.metrics.unhealthy_host_count(period=MINUTES, statistic="Minimum")
        for name, group in zip(("blue", "green"), service.balancer.groups, strict=True)
    }
    unhealthy = cloudwatch.MathExpression(
        expression="FILL(blue, 0) + FILL(green, 0)", using_metrics=counts, period=MINUTES, label="Unhealthy tasks"
    )
    yield Watched(ERRORS, "the-service-fails", failed, 10)
    yield Watched(SLOW, "the-service-is-slow", p99(service), 3, at_once=False)
    yield Watched("shortlist-unhealthy", "tasks-are-unhealthy", unhealthy, 0, at_once=False)


def p99(service: Service) -> cloudwatch.Metric:
    """Return the seconds in which 99 of 100 requests are answered."""
    return service.balancer.public.metrics.target_response_time(statistic="p99", period=MINUTES)
