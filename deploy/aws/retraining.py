"""Reasons to run: uploads, the schedule and drift, which are debounced, and an approved model, which is released."""

from __future__ import annotations

import json

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_scheduler as scheduler
from base.storage import Storage
from constructs import Construct
from endpoint import Endpoint
from functions import role_of, small_function
from permissions import allow
from queues import Queue
from settings import Settings
from training import MODELS, NAMES, Training

DEBOUNCE = Duration.minutes(10)
BUSY = Duration.minutes(15)  # while a pipeline runs, requests come back this often
RECEIVES = 300  # for three days
PIPELINES = json.dumps([*NAMES.values()])


class Retraining(Construct):
    """`runs` is the queue of requests for a run; all that wait together make one. `approvals` has approved models."""

    def __init__(self, scope: Construct, name: str, *, storage: Storage) -> None:
        super().__init__(scope, name)
        self._storage = storage
        self.runs = Queue(self, "Runs", key=storage.key, visible_after=BUSY, receives=RECEIVES, delay=DEBOUNCE)
        self.approvals = Queue(
            self, "Approvals", key=storage.key, visible_after=BUSY, receives=RECEIVES, delay=Duration.seconds(0)
        )

    def start_runs(self, training: Training, settings: Settings) -> None:
        """Start the pipeline for the requests, every night, and after drift."""
        self.start = small_function(
            self,
            "Start",
            module="start_run",
            key=self._storage.key,
            environment={
                "PIPELINE": NAMES["run"],
                "PIPELINES": PIPELINES,
                "MAX_RUNS_A_DAY": settings.max_runs_a_day,
            },
        )
        self.start.add_event_source(
            sources.SqsEventSource(
                self.runs.queue,
                batch_size=1000,
                max_batching_window=Duration.minutes(5),
                report_batch_item_failures=True,
                max_concurrency=2,
            )
        )
        allow(role_of(self.start), ["sagemaker:StartPipelineExecution"], training.arn("run"))
        allow(role_of(self.start), ["sagemaker:ListPipelineExecutions"], *map(training.arn, NAMES))
        self._every_night(settings)

    def start_after(self, drift: cloudwatch.Alarm) -> None:
        """Request a run when the alarm on drift goes off."""
        rule = events.Rule(
            self,
            "Drifted",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                resources=[drift.alarm_arn],
                detail={"state": {"value": ["ALARM"]}},
            ),
        )
        request = events.RuleTargetInput.from_object({"reason": "drift"})
        rule.add_target(targets.SqsQueue(self.runs.queue, message=request, dead_letter_queue=self.runs.dead))

    def release_models(self, training: Training, endpoint: Endpoint | None) -> None:
        """Release a model package when a person approves it."""
        more = {"ENDPOINT": json.dumps(endpoint.described)} if endpoint else {}
        self.release = small_function(
            self,
            "Release",
            module="release_model",
            key=self._storage.key,
            environment={"RELEASE_PIPELINE": NAMES["release"], "PIPELINES": PIPELINES, **more},
        )
        self.release.add_event_source(
            sources.SqsEventSource(
                self.approvals.queue, batch_size=1, report_batch_item_failures=True, max_concurrency=2
            )
        )
        allow(role_of(self.release), ["sagemaker:StartPipelineExecution"], training.arn("release"))
        allow(role_of(self.release), ["sagemaker:ListPipelineExecutions"], *map(training.arn, NAMES))
        if endpoint:
            endpoint.allow_deployment(role_of(self.release))
        events.Rule(
            self,
            "Approved",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={"ModelPackageGroupName": [MODELS], "ModelApprovalStatus": ["Approved"]},
            ),
            targets=[targets.SqsQueue(self.approvals.queue, dead_letter_queue=self.approvals.dead)],
        )

    def _every_night(self, settings: Settings) -> None:
        queue = self.runs.queue
        role = iam.Role(
            self,
            "SchedulerRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        for one in (queue, self.runs.dead):
            self._storage.allow_sending(role, one)
        scheduler.CfnSchedule(
            self,
            "Nightly",
            schedule_expression=settings.schedule,
            kms_key_arn=self._storage.key.key_arn,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                mode="FLEXIBLE", maximum_window_in_minutes=15
            ),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=queue.queue_arn,
                role_arn=role.role_arn,
                input=json.dumps({"reason": "schedule"}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.runs.dead.queue_arn),
            ),
        ).node.add_dependency(role)
