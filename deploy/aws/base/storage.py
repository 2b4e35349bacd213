"""The key, and the buckets of data and of access logs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from permissions import FOLDER, accept, allow

# Files with what readers did. docs/aws.md says what is in each folder.
KEPT_DAYS = {"done/": 30, "quarantine/": 90, "failed/": 90, "captured/": 30}


class Storage(Construct):
    """One key for everything that is stored, and one bucket for files, models and published homes."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.key = kms.Key(
            self, "Key", alias="shortlist", enable_key_rotation=True, removal_policy=RemovalPolicy.RETAIN
        )
        self.key.add_to_resource_policy(_logs_may_use_it())
        self.access_logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # the load balancer cannot write with a key of ours
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        # The name is known beforehand, so that the queue that S3 sends to need not be made after the bucket.
        self.bucket_name = f"shortlist-data-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        self.bucket = s3.Bucket(
            self,
            "Data",
            bucket_name=self.bucket_name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="data/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(3),
                ),
                *(
                    s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days))
                    for prefix, days in KEPT_DAYS.items()
                ),
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )
        for name, header, wanted in (
            ("OnlyThisKey", "s3:x-amz-server-side-encryption-aws-kms-key-id", self.key.key_arn),
            ("OnlyKeysOfKms", "s3:x-amz-server-side-encryption", "aws:kms"),
        ):
            self.bucket.add_to_resource_policy(_refuse_unless(name, self.bucket, header, wanted))
        accept(self.access_logs, {"S1": "it holds the access logs: a log of its own would log itself"})

    def address(self, *parts: str) -> str:
        """Return an address in the data bucket: `s3://BUCKET/PART/PART`."""
        return "/".join((f"s3://{self.bucket_name}", *parts))

    def allow(self, role: iam.IRole, actions: Sequence[str], *folders: str) -> None:
        """Allow `actions` on the objects of these folders, and the use of the key for them."""
        allow(role, actions, *(self.bucket.arn_for_objects(f"{folder}*") for folder in folders), why=FOLDER)
        keys = {"s3:GetObject": ["kms:Decrypt"], "s3:PutObject": ["kms:Decrypt", "kms:GenerateDataKey"]}
        used = sorted({one for action in actions for one in keys.get(action, ())})
        if used:
            allow(role, used, self.key.key_arn)

    def allow_list(self, role: iam.IRole, *folders: str) -> None:
        """Allow to list these folders. Without it, a missing object looks like a forbidden one."""
        below = {"StringLike": {"s3:prefix": [f"{folder}*" for folder in folders]}}
        allow(role, ["s3:ListBucket"], self.bucket.bucket_arn, conditions=below)

    def allow_sending(self, role: iam.IRole, queue: sqs.IQueue) -> None:
        """Allow to send messages to a queue, which are encrypted with the key."""
        allow(role, ["sqs:SendMessage"], queue.queue_arn)
        allow(role, ["kms:Decrypt", "kms:GenerateDataKey"], self.key.key_arn)


def _refuse_unless(name: str, bucket: s3.IBucket, header: str, wanted: str) -> iam.PolicyStatement:
    """Return a statement that refuses objects whose `header` differs from `wanted`.

    Without the header an object gets the key of the bucket. A condition that says "not equal" holds without it, too.
    """
    return iam.PolicyStatement(
        sid=name,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects("*")],
        conditions={"StringNotEquals": {header: wanted}, "Null": {header: "false"}},
    )


def _logs_may_use_it() -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="Logs",
        principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
        actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        resources=["*"],
        conditions={
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
            }
        },
    )
