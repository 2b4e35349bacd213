"""The topic of alarms, the alarms and the dashboard over the metrics of watched.py, and the budget."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from base.database import Database
from constructs import Construct
from ingestion import Ingestion
from permissions import arn
from retraining import Retraining
from service import Service
from settings import Settings
from training import NAMES
from transcription import Transcription
from watched import Watched, drift, judged, of_data, of_database, of_dead_letters, of_serving, own, p99


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
                    _graph("Seconds, p99", p99(service)),
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
        self._report_failed_runs()
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

    def _report_failed_runs(self) -> None:
        """Send the topic each execution of a pipeline that failed. SageMaker has no metric of them."""
        execution = events.EventField.from_path("$.detail.pipelineExecutionArn")
        events.Rule(
            self,
            "FailedRuns",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Building Pipeline Execution Status Change"],
                detail={
                    "currentPipelineExecutionStatus": ["Failed"],
                    "pipelineArn": [arn("sagemaker", "pipeline", name) for name in NAMES.values()],
                },
            ),
            targets=[
                targets.SnsTopic(
                    self.topic,
                    message=events.RuleTargetInput.from_text(
                        f"A run failed: {execution}. What to do: docs/aws.md#a-run-fails"
                    ),
                )
            ],
        )

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


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
