"""Media: a job of Batch on Fargate for each uploaded file, which writes its transcript to incoming/transcripts/."""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from base.network import Network
from base.storage import Storage
from constructs import Construct
from functions import log_group, role_of, small_function
from images import speech_image
from permissions import accept, allow
from queues import Queue
from settings import Settings

CPUS, MEMORY = 4, Size.gibibytes(8)  # the speech model takes 0.9 GB for an hour of sound; media have four at most
TIMEOUT = Duration.hours(3)
ATTEMPTS = 3
RECEIVES = 5
REFUSED = "1"  # the exit code for a file that can never be transcribed


class Transcription(Construct):
    """`media.queue` takes names of files. `media.dead` has those whose job failed; moved back, they start it again."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings, storage: Storage, network: Network) -> None:
        super().__init__(scope, name)
        self.media = Queue(
            self,
            "Media",
            key=storage.key,
            visible_after=Duration.minutes(6),
            receives=RECEIVES,
            delay=Duration.seconds(0),
        )
        self.jobs = jobs = batch.JobQueue(self, "Jobs")
        jobs.add_compute_environment(
            batch.FargateComputeEnvironment(
                self,
                "Fargate",
                vpc=network.vpc,
                vpc_subnets=network.isolated,
                security_groups=[network.group(self, "Group", "Jobs that transcribe media")],
                maxv_cpus=CPUS * int(settings.max_transcriptions),  # the ceiling of costs
            ),
            1,
        )
        definition = self._definition(settings, storage)
        self.start = small_function(
            self,
            "Start",
            module="start_transcription",
            key=storage.key,
            environment={"JOB_QUEUE": jobs.job_queue_arn, "JOB_DEFINITION": definition.job_definition_arn},
        )
        self.start.add_event_source(
            sources.SqsEventSource(self.media.queue, batch_size=10, report_batch_item_failures=True, max_concurrency=2)
        )
        starter = role_of(self.start)
        allow(starter, ["batch:SubmitJob"], jobs.job_queue_arn, definition.job_definition_arn)
        allow(starter, ["batch:ListJobs"], "*", why="Batch names no resource for it")
        self._keep_failed(jobs)

    def _definition(self, settings: Settings, storage: Storage) -> batch.EcsJobDefinition:
        role = iam.Role(self, "JobRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        storage.allow(role, ["s3:GetObject", "s3:DeleteObject"], "incoming/media/")
        storage.allow(role, ["s3:PutObject"], "incoming/transcripts/", "done/media/", "failed/media/")
        storage.allow_list(role, "incoming/")
        container = batch.EcsFargateContainerDefinition(
            self,
            "Container",
            image=speech_image(settings.speech_model),
            command=["ops", "pipeline", "transcribe", "--", "Ref::name"],
            cpu=CPUS,
            memory=MEMORY,
            ephemeral_storage_size=Size.gibibytes(30),
            assign_public_ip=False,
            job_role=role,
            user="10001",
            environment={
                "SHORTLIST_PIPELINE__FOLDER": storage.address(),
                "SHORTLIST_SPEECH__MODEL": settings.speech_model,
                "SHORTLIST_SPEECH__THREADS": str(CPUS),
            },
            logging=ecs.LogDrivers.aws_logs(stream_prefix="media", log_group=log_group(self, "Log", storage.key)),
        )
        accept(container, {"IAM5[Resource::*]": "ECR's token cannot be named"})
        return batch.EcsJobDefinition(
            self,
            "Job",
            container=container,
            timeout=TIMEOUT,
            retry_attempts=ATTEMPTS,
            retry_strategies=[batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom(on_exit_code=REFUSED))],
        )

    def _keep_failed(self, jobs: batch.JobQueue) -> None:
        parameter = "$.detail.parameters"
        failed = {
            "name": events.EventField.from_path(f"{parameter}.name"),
            "version": events.EventField.from_path(f"{parameter}.version"),
            "job": events.EventField.from_path("$.detail.jobId"),
            "why": events.EventField.from_path("$.detail.statusReason"),
        }
        events.Rule(
            self,
            "Failed",
            event_pattern=events.EventPattern(
                source=["aws.batch"],
                detail_type=["Batch Job State Change"],
                detail={"status": ["FAILED"], "jobQueue": [jobs.job_queue_arn]},
            ),
            targets=[targets.SqsQueue(self.media.dead, message=events.RuleTargetInput.from_object(failed))],
        )
