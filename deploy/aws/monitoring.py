"""Alarms, each with its section of docs/aws.md, the dashboard and the budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Aws, Duration
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from base.database import Database
from constructs import Construct
from ingestion import Ingestion
from retraining import Retraining
from service import ERRORS, SLOW, Service
from settings import Settings
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


class Monitoring(Construct):
    """The topic of alarms sends them to the e-mail address of the settings."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        key: kms.IKey,
        service: Service,
        ingestion: Ingestion,
        transcription: Transcription,
        retraining: Retraining,
        database: Database,
    ) -> None:
        super().__init__(scope, name)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        _admit_alarms(self.topic, key)
        self.topic.add_subscription(subscriptions.EmailSubscription(settings.email))
        self.alarms = {
            watched.name: self._alarm(watched)
            for watched in (
                *of_serving(service),
                *of_data(ingestion, transcription, retraining),
                *of_database(database),
                drift(),
                judged(),
            )
        }
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name="shortlist",
            widgets=[
                [cloudwatch.AlarmStatusWidget(alarms=list(self.alarms.values()), width=24, title="Alarms")],
                [
                    _graph("Requests", service.balancer.public.metrics.request_count()),
                    _graph("Seconds, p99", _p99(service)),
                    _graph("Rows", own("RowsStored"), own("RowsQuarantined")),
                ],
                [
                    _graph("Runs", own("RunsStarted"), own("RunsRefused")),
                    _graph("Drift, 1 is the limit", drift().metric),
                    _graph("Transcriptions", own("TranscriptionsStarted")),
                ],
                [
                    _graph(
                        "Dead letters",
                        *(one.metric for one in of_dead_letters(ingestion, transcription, retraining)),
                    ),
                ],
            ],
        )
        self._budget(settings)

    def notify(self, alarm: cloudwatch.Alarm) -> None:
        """Send an alarm, and its end, to the topic."""
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))

    def _alarm(self, watched: Watched) -> cloudwatch.Alarm:
        above, below = (
            cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )
        missing = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            watched.name.removeprefix("shortlist-").title().replace("-", ""),
            alarm_name=watched.name,
            alarm_description=f"What to do: docs/aws.md#{watched.section}",
            metric=watched.metric,
            threshold=watched.threshold,
            comparison_operator=below if watched.below else above,
            evaluation_periods=1 if watched.at_once else 4,
            datapoints_to_alarm=1 if watched.at_once else 3,
            treat_missing_data=missing.BREACHING if watched.if_missing == "bad" else missing.NOT_BREACHING,
        )
        self.notify(alarm)
        return alarm

    def _budget(self, settings: Settings) -> None:
        subscriber = budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=settings.email)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=float(settings.monthly_budget_usd), unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN", notification_type=kind, threshold=threshold
                    ),
                    subscribers=[subscriber],
                )
                for kind, threshold in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )


def _admit_alarms(topic: sns.Topic, key: kms.IKey) -> None:
    """Let CloudWatch write to the topic. A topic that refuses requests without TLS has no default policy any more."""
    service = iam.ServicePrincipal("cloudwatch.amazonaws.com")
    ours = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    topic.add_to_resource_policy(
        iam.PolicyStatement(principals=[service], actions=["sns:Publish"], resources=[topic.topic_arn], conditions=ours)
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms", principals=[service], actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=["*"]
        )
    )


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
        "approvals": retraining.dead_events,
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
    yield Watched(SLOW, "the-service-is-slow", _p99(service), 3, at_once=False)
    yield Watched("shortlist-unhealthy", "tasks-are-unhealthy", unhealthy, 0, at_once=False)


def _p99(service: Service) -> cloudwatch.Metric:
    return service.balancer.public.metrics.target_response_time(statistic="p99", period=MINUTES)


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
