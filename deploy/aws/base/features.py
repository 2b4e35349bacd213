"""The feature store: a group of SageMaker for each view of Shortlist, online and as an Iceberg table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct
from permissions import allow, arn

from base.network import Network
from base.storage import Storage

# Written by write_definitions.py from ops/features/views.py.
GROUPS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parents[1] / "feature_groups.json").read_text())
FOLDER = "features/"
DATABASE = "sagemaker_featurestore"  # where SageMaker puts the tables
READ = ["sagemaker:BatchGetRecord"]
# A batch writes what PutRecord writes.
BUILD = [*READ, "sagemaker:BatchWriteRecord", "sagemaker:PutRecord", "sagemaker:DeleteRecord", "sagemaker:ListRecords"]


class Features(Construct):
    """Groups whose names have the version of the view: a new definition replaces its group, which is built again."""

    def __init__(self, scope: Construct, name: str, *, storage: Storage, network: Network) -> None:
        super().__init__(scope, name)
        network.add_endpoint("Features", ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_FEATURESTORE_RUNTIME)
        self._key = storage.key
        role = self._offline_role(storage)
        key = storage.key.key_arn
        for view, group in GROUPS.items():
            features = [
                sagemaker.CfnFeatureGroup.FeatureDefinitionProperty(
                    feature_name=one["FeatureName"], feature_type=one["FeatureType"]
                )
                for one in group["FeatureDefinitions"]
            ]
            made = sagemaker.CfnFeatureGroup(
                self,
                view.title().replace("_", ""),
                feature_group_name=group["FeatureGroupName"],
                description=group["Description"],
                record_identifier_feature_name=group["RecordIdentifierFeatureName"],
                event_time_feature_name=group["EventTimeFeatureName"],
                feature_definitions=features,
                online_store_config={"EnableOnlineStore": True, "SecurityConfig": {"KmsKeyId": key}},
                offline_store_config={
                    "S3StorageConfig": {"S3Uri": storage.address(FOLDER.rstrip("/")), "KmsKeyId": key},
                    "TableFormat": "Iceberg",
                },
                role_arn=role.role_arn,
            )
            made.node.add_dependency(role)

    def allow_building(self, role: iam.IRole) -> None:
        """Allow `role` to read, write and erase all records."""
        self._allow(role, BUILD)

    def allow_reading(self, role: iam.IRole) -> None:
        """Allow `role` to read records that it can name."""
        self._allow(role, READ)

    def _allow(self, role: iam.IRole, actions: list[str]) -> None:
        allow(
            role, actions, *(arn("sagemaker", "feature-group", group["FeatureGroupName"]) for group in GROUPS.values())
        )
        allow(role, ["kms:Decrypt"], self._key.key_arn)

    def _offline_role(self, storage: Storage) -> iam.Role:
        """Return the role with which SageMaker writes the tables."""
        role = iam.Role(self, "OfflineRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        storage.allow(role, ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"], FOLDER)
        allow(role, ["s3:GetBucketAcl"], storage.bucket.bucket_arn)
        tables = [
            arn("glue", "database", DATABASE),
            arn("glue", "table", f"{DATABASE}/shortlist*"),
            f"arn:{Aws.PARTITION}:glue:{Aws.REGION}:{Aws.ACCOUNT_ID}:catalog",
        ]
        allow(role, ["glue:GetTable", "glue:UpdateTable"], *tables, why="SageMaker names the tables after the groups")
        return role
