"""The catalogue: PostgreSQL in two zones, reached with TLS only."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from constructs import Construct
from permissions import accept

from base.network import Network

PORT = 6432
NAME = USER = "shortlist"


class Database(Construct):
    """An instance of RDS with a generated password."""

    def __init__(self, scope: Construct, name: str, *, network: Network, key: kms.IKey) -> None:
        super().__init__(scope, name)
        engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17_9)
        self.group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, allow_all_outbound=False, description="The database"
        )
        # RDS makes it, without an end and without the key, if it is not there before the database.
        log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/rds/instance/{NAME}/postgresql",
            encryption_key=key,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            instance_identifier=NAME,
            engine=engine,
            instance_type=ec2.InstanceType.of(ec2.InstanceClass.M7G, ec2.InstanceSize.LARGE),
            vpc=network.vpc,
            vpc_subnets=network.isolated,
            security_groups=[self.group],
            port=PORT,
            database_name=NAME,
            credentials=rds.Credentials.from_generated_secret(USER, encryption_key=key),
            multi_az=True,
            allocated_storage=100,
            max_allocated_storage=500,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            storage_encryption_key=key,
            backup_retention=Duration.days(14),
            copy_tags_to_snapshot=True,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
            publicly_accessible=False,
            auto_minor_version_upgrade=True,
            enable_performance_insights=True,
            performance_insight_encryption_key=key,
            cloudwatch_logs_exports=["postgresql"],
            parameter_group=rds.ParameterGroup(
                self,
                "Parameters",
                engine=engine,
                # Statements hold ids of readers, so none is written to the log.
                parameters={"rds.force_ssl": "1", "log_min_error_statement": "panic", "log_statement": "none"},
            ),
        )
        self.instance.node.add_dependency(log)
        secret = self.instance.secret
        if secret is None:
            raise ValueError("expected a generated secret of the database, found none")
        self.secret = secret
        reason = "a new password would end the connections of running tasks; docs/aws.md says how to change it by hand"
        accept(self.instance, {"SMG4": reason})

    @property
    def address(self) -> str:
        """The setting store.catalogue, without a password."""
        return f"postgresql://{USER}@{self.instance.db_instance_endpoint_address}:{PORT}/{NAME}?sslmode=require"

    def admit(self, group: ec2.ISecurityGroup, what: str) -> None:
        """Let a security group connect."""
        group.connections.allow_to(self.group, ec2.Port.tcp(PORT), what)

    def allow_password(self, grantee: iam.IGrantable) -> None:
        """Allow to read the password."""
        self.secret.grant_read(grantee)
