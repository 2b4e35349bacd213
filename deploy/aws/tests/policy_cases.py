"""What the role of each part must do, and what it must not do. `{...}` names resources of the template."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.conftest import FOLDER
from tests.emulator import ACCOUNT, REGION
from tests.policies import BUCKET

DATA = f"arn:aws:s3:::{BUCKET}"
BALANCING = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
SAGEMAKER = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
GROUPS = json.loads((FOLDER / "feature_groups.json").read_text())
ITEMS = f"{SAGEMAKER}:feature-group/{GROUPS['item']['FeatureGroupName']}"
OTHER_GROUP = f"{SAGEMAKER}:feature-group/another"
TABLE = f"arn:aws:glue:{REGION}:{ACCOUNT}:table/sagemaker_featurestore"
Call = tuple[str, str]  # an action, and the ARN of a resource


@dataclass(frozen=True, slots=True)
class Case:
    """A role by the beginning of its logical id, what it must do, and what it must not do."""

    role: str
    may: tuple[Call, ...]
    may_not: tuple[Call, ...]


# What no role of the stack needs.
NEVER: tuple[Call, ...] = (
    ("s3:DeleteBucket", DATA),
    ("s3:PutBucketPolicy", DATA),
    ("s3:DeleteObjectVersion", f"{DATA}/done/events/day.csv"),
    ("kms:ScheduleKeyDeletion", "{key}"),
    ("kms:PutKeyPolicy", "{key}"),
    ("iam:PutRolePolicy", "{job role}"),
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/other"),
    ("rds:DeleteDBInstance", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shortlist"),
    ("sqs:PurgeQueue", "{uploads}"),
    ("logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:any"),
)
CASES = (
    Case(
        "IngestionRole",
        may=(
            ("s3:GetObject", f"{DATA}/incoming/events/a day.csv"),
            ("s3:DeleteObject", f"{DATA}/incoming/readers/r.jsonl"),
            ("s3:PutObject", f"{DATA}/done/1/events/day.csv"),
            ("s3:PutObject", f"{DATA}/quarantine/1/events/day.csv"),
            ("s3:PutObject", f"{DATA}/failed/1/events/day.csv"),
            ("sqs:ReceiveMessage", "{uploads}"),
            ("sqs:DeleteMessage", "{uploads}"),
            ("sqs:SendMessage", "{runs}"),
            ("sqs:SendMessage", "{media}"),
            ("kms:Decrypt", "{key}"),
            ("secretsmanager:GetSecretValue", "{database}"),
        ),
        may_not=(
            ("s3:GetObject", f"{DATA}/incoming/media/talk.mp4"),
            ("batch:SubmitJob", "{media jobs}"),
            ("s3:GetObject", f"{DATA}/home/catalogue"),
            ("s3:GetObject", f"{DATA}/done/1/events/day.csv"),
            ("s3:PutObject", f"{DATA}/incoming/events/day.csv"),
            ("s3:PutObject", f"{DATA}/published/current.json"),
            ("s3:PutObject", f"{DATA}/models/1/model.npz"),
            ("s3:DeleteObject", f"{DATA}/done/1/events/day.csv"),
            ("s3:GetObject", "arn:aws:s3:::another-bucket/incoming/events/day.csv"),
            ("sqs:ReceiveMessage", "{runs}"),
            ("sqs:SendMessage", "{uploads}"),
            ("secretsmanager:GetSecretValue", "{api key}"),
            ("sagemaker:StartPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist"),
        ),
    ),
    Case(
        "TranscriptionStartRole",
        may=(
            ("batch:SubmitJob", "{media jobs}"),
            ("batch:SubmitJob", "{media job}"),
            ("batch:ListJobs", "*"),
            ("sqs:ReceiveMessage", "{media}"),
            ("sqs:DeleteMessage", "{media}"),
        ),
        may_not=(
            ("batch:SubmitJob", f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/another"),
            ("batch:SubmitJob", f"arn:aws:batch:{REGION}:{ACCOUNT}:job-definition/another:1"),
            ("batch:TerminateJob", f"arn:aws:batch:{REGION}:{ACCOUNT}:job/1"),
            ("batch:RegisterJobDefinition", f"arn:aws:batch:{REGION}:{ACCOUNT}:job-definition/another"),
            ("batch:UpdateComputeEnvironment", f"arn:aws:batch:{REGION}:{ACCOUNT}:compute-environment/any"),
            ("sqs:SendMessage", "{media}"),
            ("sqs:ReceiveMessage", "{uploads}"),
            ("s3:GetObject", f"{DATA}/incoming/media/talk.mp4"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("iam:PassRole", "{media role}"),
            ("kms:GenerateDataKey", "{key}"),
        ),
    ),
    Case(
        "TranscriptionJobRole",
        may=(
            ("s3:GetObject", f"{DATA}/incoming/media/a day/one+two ü.mp4"),
            ("s3:DeleteObject", f"{DATA}/incoming/media/talk.mp3"),
            ("s3:PutObject", f"{DATA}/incoming/transcripts/talk.mp3/1.jsonl"),
            ("s3:PutObject", f"{DATA}/done/media/talk.mp3/1.mp3"),
            ("s3:PutObject", f"{DATA}/failed/media/talk.mp3/1.mp3"),
            ("kms:GenerateDataKey", "{key}"),
        ),
        may_not=(
            ("s3:PutObject", f"{DATA}/incoming/media/talk.mp3"),
            ("s3:PutObject", f"{DATA}/incoming/events/day.csv"),
            ("s3:GetObject", f"{DATA}/incoming/events/day.csv"),
            ("s3:GetObject", f"{DATA}/done/media/talk.mp3/1.mp3"),
            ("s3:DeleteObject", f"{DATA}/done/media/talk.mp3/1.mp3"),
            ("s3:GetObject", f"{DATA}/home/catalogue"),
            ("s3:PutObject", f"{DATA}/published/current.json"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("sqs:SendMessage", "{runs}"),
            ("batch:SubmitJob", "{media jobs}"),
            ("ecr:PutImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/any"),
        ),
    ),
    Case(
        "TranscriptionContainerExecutionRole",
        may=(("ecr:GetAuthorizationToken", "*"),),
        may_not=(
            ("ecr:PutImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/any"),
            ("ecr:DeleteRepository", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/any"),
            ("s3:GetObject", f"{DATA}/incoming/media/talk.mp4"),
            ("s3:PutObject", f"{DATA}/incoming/transcripts/talk.mp3/1.jsonl"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("secretsmanager:GetSecretValue", "{api key}"),
            ("sqs:SendMessage", "{media}"),
            ("batch:SubmitJob", "{media jobs}"),
            ("kms:Decrypt", "{key}"),
            ("iam:PassRole", "{media role}"),
        ),
    ),
    Case(
        "ServiceBalancerMoverRole",
        may=(
            ("elasticloadbalancing:ModifyRule", "{rule}"),
            ("elasticloadbalancing:RegisterTargets", "{blue}"),
            ("elasticloadbalancing:DeregisterTargets", "{green}"),
            ("elasticloadbalancing:DescribeTargetHealth", "*"),
        ),
        may_not=(
            ("elasticloadbalancing:ModifyRule", f"{BALANCING}:listener-rule/app/another/1"),
            ("elasticloadbalancing:RegisterTargets", f"{BALANCING}:targetgroup/another/1"),
            ("elasticloadbalancing:DeleteRule", "{rule}"),
            ("elasticloadbalancing:DeleteTargetGroup", "{blue}"),
            ("elasticloadbalancing:DeleteLoadBalancer", f"{BALANCING}:loadbalancer/app/any/1"),
            ("elasticloadbalancing:ModifyLoadBalancerAttributes", f"{BALANCING}:loadbalancer/app/any/1"),
            ("elasticloadbalancing:RemoveListenerCertificates", f"{BALANCING}:listener/app/any/1/1"),
            ("wafv2:DisassociateWebACL", f"{BALANCING}:loadbalancer/app/any/1"),
            ("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/any/any"),
            ("iam:PassRole", "{job role}"),
            ("kms:Decrypt", "{key}"),
        ),
    ),
    Case(
        "ServiceTaskTaskRole",
        may=(
            ("s3:GetObject", f"{DATA}/published/current.json"),
            ("kms:Decrypt", "{key}"),
            ("sagemaker:BatchGetRecord", ITEMS),
        ),
        may_not=(
            ("sagemaker:BatchGetRecord", OTHER_GROUP),
            ("sagemaker:BatchWriteRecord", ITEMS),
            ("sagemaker:PutRecord", ITEMS),
            ("sagemaker:DeleteRecord", ITEMS),
            ("sagemaker:ListRecords", ITEMS),
            ("s3:PutObject", f"{DATA}/published/current.json"),
            ("s3:DeleteObject", f"{DATA}/published/current.json"),
            ("s3:GetObject", f"{DATA}/incoming/events/day.csv"),
            ("s3:GetObject", f"{DATA}/home/catalogue"),
            ("s3:GetObject", f"{DATA}/captured/1.jsonl"),
            ("kms:GenerateDataKey", "{key}"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("sqs:SendMessage", "{runs}"),
            ("sagemaker:StartPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist"),
            ("iam:PassRole", "{job role}"),
        ),
    ),
    Case(
        "TrainingJobRole",
        may=(
            ("s3:GetObject", f"{DATA}/home/catalogue"),
            ("s3:PutObject", f"{DATA}/home/catalogue"),
            ("s3:PutObject", f"{DATA}/models/1/model.npz"),
            ("s3:DeleteObject", f"{DATA}/published/blocks/1"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("kms:GenerateDataKey", "{key}"),
            ("sagemaker:BatchGetRecord", ITEMS),
            ("sagemaker:BatchWriteRecord", ITEMS),
            ("sagemaker:DeleteRecord", ITEMS),
            ("sagemaker:ListRecords", ITEMS),
        ),
        may_not=(
            ("sagemaker:BatchWriteRecord", OTHER_GROUP),
            ("sagemaker:DeleteFeatureGroup", ITEMS),
            ("sagemaker:UpdateFeatureGroup", ITEMS),
            ("s3:GetObject", f"{DATA}/features/1.parquet"),
            ("s3:DeleteObject", f"{DATA}/models/1/model.npz"),
            ("s3:GetObject", "arn:aws:s3:::another-bucket/home/catalogue"),
            ("s3:GetObject", f"{DATA}/captured/1.jsonl"),
            ("secretsmanager:GetSecretValue", "{api key}"),
            ("secretsmanager:PutSecretValue", "{database}"),
            ("sagemaker:CreateProcessingJob", f"{SAGEMAKER}:processing-job/pipelines-1"),
            ("sagemaker:UpdateModelPackage", f"{SAGEMAKER}:model-package/shortlist/1"),
            ("iam:PassRole", "{job role}"),
            ("sqs:SendMessage", "{runs}"),
            ("ecr:PutImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/any"),
        ),
    ),
    Case(
        "FeaturesOfflineRole",
        may=(
            ("s3:PutObject", f"{DATA}/features/1.parquet"),
            ("s3:GetObject", f"{DATA}/features/1.json"),
            ("s3:GetBucketAcl", DATA),
            ("glue:UpdateTable", f"{TABLE}/shortlist_item_1"),
            ("kms:GenerateDataKey", "{key}"),
        ),
        may_not=(
            ("s3:DeleteObject", f"{DATA}/features/1.parquet"),
            ("s3:PutObject", f"{DATA}/home/catalogue"),
            ("s3:GetObject", f"{DATA}/incoming/events/day.csv"),
            ("s3:ListBucket", DATA),
            ("glue:UpdateTable", f"{TABLE}/another"),
            ("glue:DeleteTable", f"{TABLE}/shortlist_item_1"),
            ("glue:CreateTable", f"{TABLE}/shortlist_item_1"),
            ("sagemaker:BatchGetRecord", ITEMS),
            ("sagemaker:BatchWriteRecord", ITEMS),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("iam:PassRole", "{job role}"),
        ),
    ),
    Case(
        "TrainingPipelineRole",
        may=(
            ("sagemaker:CreateProcessingJob", f"{SAGEMAKER}:processing-job/pipelines-1-train"),
            ("sagemaker:CreateModelPackage", f"{SAGEMAKER}:model-package-group/shortlist"),
        ),
        may_not=(
            ("sagemaker:CreateProcessingJob", f"{SAGEMAKER}:processing-job/another"),
            ("sagemaker:CreateModelPackage", f"{SAGEMAKER}:model-package-group/another"),
            ("sagemaker:UpdateModelPackage", f"{SAGEMAKER}:model-package/shortlist/1"),
            ("sagemaker:CreateTrainingJob", f"{SAGEMAKER}:training-job/pipelines-1"),
            ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/shortlist"),
            ("iam:PassRole", "{ingest role}"),
            ("s3:GetObject", f"{DATA}/home/catalogue"),
            ("s3:PutObject", f"{DATA}/models/1/model.npz"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("kms:Decrypt", "{key}"),
        ),
    ),
    Case(
        "RetrainingStartRole",
        may=(
            ("sagemaker:StartPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist"),
            ("sagemaker:ListPipelineExecutions", f"{SAGEMAKER}:pipeline/shortlist"),
            ("sagemaker:ListPipelineExecutions", f"{SAGEMAKER}:pipeline/shortlist-release"),
            ("sqs:ReceiveMessage", "{runs}"),
        ),
        may_not=(
            ("sagemaker:StartPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist-release"),
            ("sagemaker:UpdatePipeline", f"{SAGEMAKER}:pipeline/shortlist"),
            ("sagemaker:StopPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist/execution/1"),
            ("sqs:SendMessage", "{runs}"),
            ("sqs:ReceiveMessage", "{uploads}"),
            ("s3:GetObject", f"{DATA}/incoming/events/day.csv"),
            ("s3:PutObject", f"{DATA}/incoming/events/day.csv"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("iam:PassRole", "{job role}"),
            ("kms:GenerateDataKey", "{key}"),
        ),
    ),
    Case(
        "RetrainingReleaseRole",
        may=(
            ("sagemaker:StartPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist-release"),
            ("sagemaker:ListPipelineExecutions", f"{SAGEMAKER}:pipeline/shortlist"),
            ("sqs:DeleteMessage", "{approvals}"),
            ("sagemaker:UpdateEndpoint", f"{SAGEMAKER}:endpoint/shortlist"),
            ("sagemaker:CreateModel", f"{SAGEMAKER}:model/shortlist-1"),
            ("kms:Decrypt", "{key}"),
        ),
        may_not=(
            ("sagemaker:StartPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist"),
            ("sagemaker:UpdateModelPackage", f"{SAGEMAKER}:model-package/shortlist/1"),
            ("sagemaker:DeleteEndpoint", f"{SAGEMAKER}:endpoint/shortlist"),
            ("sagemaker:UpdateEndpoint", f"{SAGEMAKER}:endpoint/another"),
            ("sagemaker:CreateModel", f"{SAGEMAKER}:model/another"),
            ("iam:PassRole", "{ingest role}"),
            ("s3:GetObject", f"{DATA}/models/1/model.npz"),
            ("s3:PutObject", f"{DATA}/published/current.json"),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("sqs:SendMessage", "{runs}"),
        ),
    ),
    Case(
        "RetrainingSchedulerRole",
        may=(("sqs:SendMessage", "{runs}"), ("kms:GenerateDataKey", "{key}")),
        may_not=(
            ("sqs:SendMessage", "{uploads}"),
            ("sqs:ReceiveMessage", "{runs}"),
            ("sqs:DeleteMessage", "{runs}"),
            ("sagemaker:StartPipelineExecution", f"{SAGEMAKER}:pipeline/shortlist"),
            ("s3:GetObject", f"{DATA}/home/catalogue"),
            ("s3:PutObject", f"{DATA}/incoming/events/day.csv"),
            ("s3:ListBucket", DATA),
            ("secretsmanager:GetSecretValue", "{database}"),
            ("iam:PassRole", "{job role}"),
            ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:any"),
        ),
    ),
    Case(
        "ServiceTaskExecutionRole",
        may=(
            ("secretsmanager:GetSecretValue", "{database}"),
            ("secretsmanager:GetSecretValue", "{api key}"),
            ("ecr:GetAuthorizationToken", "*"),
        ),
        may_not=(
            ("secretsmanager:PutSecretValue", "{api key}"),
            ("secretsmanager:DeleteSecret", "{api key}"),
            ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:another"),
            ("ecr:PutImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/any"),
            ("ecr:DeleteRepository", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/any"),
            ("s3:GetObject", f"{DATA}/published/current.json"),
            ("s3:PutObject", f"{DATA}/published/current.json"),
            ("sqs:SendMessage", "{runs}"),
            ("kms:GenerateDataKey", "{key}"),
            ("iam:PassRole", "{job role}"),
        ),
    ),
)
