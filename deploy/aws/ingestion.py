"""Uploads: S3 sends events to a queue, and a function stores readers and events in the catalogue."""

from __future__ import annotations

from aws_cdk import Aws, Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from base.database import Database
from base.network import Network
from base.storage import Storage
from constructs import Construct
from functions import function_role, log_group
from images import lambda_image
from queues import Queue

RECEIVES = 5
TIMEOUT = Duration.minutes(5)


class Ingestion(Construct):
    """The queue of uploads and the function behind it. Requests for a run go to `runs`, names of media to `media`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        storage: Storage,
        network: Network,
        database: Database,
        runs: sqs.IQueue,
        media: sqs.IQueue,
    ) -> None:
        super().__init__(scope, name)
        # Lambda wants the queue to hide a message for six times as long as the function may take.
        self.uploads = Queue(
            self,
            "Uploads",
            key=storage.key,
            visible_after=Duration.minutes(30),
            receives=RECEIVES,
            delay=Duration.seconds(0),
        )
        self._notify(storage)
        log = log_group(self, "Log", storage.key)
        role = function_role(self, log, storage.key, in_network=True)
        group = network.group(self, "Group", "The function that stores uploads")
        database.admit(group, "uploads are stored")
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            code=lambda_image(),
            timeout=TIMEOUT,
            memory_size=2048,
            ephemeral_storage_size=Size.gibibytes(4),
            vpc=network.vpc,
            vpc_subnets=network.isolated,
            security_groups=[group],
            role=role,
            environment_encryption=storage.key,
            environment={
                "DATABASE_SECRET": database.secret.secret_arn,
                "MAX_RECEIVES": str(RECEIVES),
                "MEDIA_QUEUE": media.queue_url,
                "RUNS_QUEUE": runs.queue_url,
                "SHORTLIST_STORE__CATALOGUE": database.address,
            },
            log_group=log,
        )
        self.function.add_event_source(
            sources.SqsEventSource(self.uploads.queue, batch_size=5, report_batch_item_failures=True, max_concurrency=8)
        )
        tables = ("incoming/readers/", "incoming/events/")
        storage.allow(role, ["s3:GetObject", "s3:DeleteObject"], *tables)
        storage.allow(role, ["s3:PutObject"], "done/", "quarantine/", "failed/")
        storage.allow_list(role, *tables)
        database.allow_password(role)
        storage.allow_sending(role, runs)
        storage.allow_sending(role, media)

    def _notify(self, storage: Storage) -> None:
        """Let S3 send events to the queue. Written out: the construct of CDK needs a function of its own."""
        queue, service = self.uploads.queue, iam.ServicePrincipal("s3.amazonaws.com")
        ours = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        from_bucket = {**ours, "ArnEquals": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::{storage.bucket_name}"}}
        allowed = queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[service], actions=["sqs:SendMessage"], resources=[queue.queue_arn], conditions=from_bucket
            )
        )
        storage.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Notifications",
                principals=[service],
                actions=["kms:GenerateDataKey", "kms:Decrypt"],
                resources=["*"],
                conditions=ours,
            )
        )
        bucket = storage.bucket.node.default_child
        if not isinstance(bucket, s3.CfnBucket):
            raise TypeError(f"expected a bucket, found {bucket}")
        only_incoming = s3.CfnBucket.NotificationFilterProperty(
            s3_key=s3.CfnBucket.S3KeyFilterProperty(
                rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value="incoming/")]
            )
        )
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*", queue=queue.queue_arn, filter=only_incoming
                )
            ]
        )
        if allowed.policy_dependable is not None:
            bucket.node.add_dependency(allowed.policy_dependable)
