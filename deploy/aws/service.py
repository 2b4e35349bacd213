"""The service: tasks of Fargate behind the load balancer, each deployment a canary."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secrets
from base.balancer import Balancer
from base.database import Database
from base.network import Network
from base.storage import Storage
from constructs import Construct
from functions import log_group
from images import api_image
from permissions import accept
from settings import Settings

PORT = 8000
UNDOING = ERRORS, SLOW = "shortlist-errors", "shortlist-slow"  # alarms that undo a deployment
UID = "10001"
CONTAINER = "api"


class Service(Construct):
    """Tasks follow the published home, so that none of them writes content."""

    def __init__(
        self, scope: Construct, name: str, *, settings: Settings, storage: Storage, network: Network, database: Database
    ) -> None:
        super().__init__(scope, name)
        self.api_key = secrets.Secret(
            self,
            "ApiKey",
            description="The first key of the API, with the scope write",
            encryption_key=storage.key,
            generate_secret_string=secrets.SecretStringGenerator(password_length=43, exclude_punctuation=True),
        )
        accept(self.api_key, {"SMG4": "it is replaced by `shortlist keys create`, without an end of service"})
        self.group = network.group(self, "Group", "Tasks of the service")
        database.admit(self.group, "tasks read the catalogue and store events")
        self.balancer = Balancer(self, "Balancer", settings=settings, storage=storage, network=network, port=PORT)
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=ecs.Cluster(self, "Cluster", vpc=network.vpc, container_insights_v2=ecs.ContainerInsights.ENABLED),
            task_definition=self._task(settings, storage, database),
            desired_count=int(settings.min_tasks),
            min_healthy_percent=100,
            vpc_subnets=network.isolated,
            security_groups=[self.group],
            assign_public_ip=False,
            health_check_grace_period=Duration.minutes(2),
            # A tenth of the requests goes to the new tasks for ten minutes, then all; the old ones stay for five more.
            deployment_strategy=ecs.DeploymentStrategy.CANARY,
            canary_configuration=ecs.TrafficShiftConfig(step_percent=10, step_bake_time=Duration.minutes(10)),
            bake_time=Duration.minutes(5),
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            deployment_alarms=ecs.DeploymentAlarmConfig(
                alarm_names=[*UNDOING], behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM
            ),
        )
        self.balancer.admit(self.service, CONTAINER)
        self._scale(settings)

    def _task(self, settings: Settings, storage: Storage, database: Database) -> ecs.FargateTaskDefinition:
        task = ecs.FargateTaskDefinition(self, "Task", cpu=2048, memory_limit_mib=8192, ephemeral_storage_gib=40)
        task.add_volume(name="data")
        container = task.add_container(
            CONTAINER,
            image=api_image(),
            user=UID,
            readonly_root_filesystem=True,
            linux_parameters=_no_capabilities(self),
            stop_timeout=Duration.seconds(30),
            logging=ecs.LogDrivers.aws_logs(stream_prefix="api", log_group=log_group(self, "Log", storage.key)),
            port_mappings=[ecs.PortMapping(container_port=PORT)],
            environment={
                "SHORTLIST_HOME": "/data/home",
                "SHORTLIST_MODELS__CACHE": "/opt/weights",
                "SHORTLIST_MODELS__OFFLINE": "true",
                "SHORTLIST_STORE__CATALOGUE": database.address,
                "SHORTLIST_FEATURES__ONLINE": settings.features_online,
                "SHORTLIST_STORE__SNAPSHOT": storage.address("published"),
                "TMPDIR": "/data",
            },
            secrets={
                "PGPASSWORD": ecs.Secret.from_secrets_manager(database.secret, "password"),
                "SHORTLIST_SERVE__KEY": ecs.Secret.from_secrets_manager(self.api_key),
            },
            health_check=ecs.HealthCheck(
                command=[
                    "CMD",
                    "python3",
                    "-c",
                    f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}/healthz')",
                ],
                start_period=Duration.minutes(2),
            ),
        )
        # A new volume gets its owner from the image.
        container.add_mount_points(ecs.MountPoint(container_path="/data", source_volume="data", read_only=False))
        storage.allow(task.task_role, ["s3:GetObject"], "published/")
        storage.allow_list(task.task_role, "published/")
        reason = "ECR's token cannot be named; the rest is on objects below published/ and on the service's own log"
        accept(task, {"IAM5[Resource::*]": reason, "ECS2": "the environment holds addresses; passwords are secrets"})
        return task

    def _scale(self, settings: Settings) -> None:
        scaling = self.service.auto_scale_task_count(
            min_capacity=int(settings.min_tasks), max_capacity=int(settings.max_tasks)
        )
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=60)
        slowest = self.balancer.public.metrics.target_response_time(statistic="p99", period=Duration.minutes(1))
        scaling.scale_on_metric(
            "Slow",
            metric=slowest,
            adjustment_type=autoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
            scaling_steps=[
                autoscaling.ScalingInterval(upper=0.2, change=-1),
                autoscaling.ScalingInterval(lower=1.0, change=1),
                autoscaling.ScalingInterval(lower=3.0, change=3),
            ],
            evaluation_periods=3,
            datapoints_to_alarm=2,
        )


def _no_capabilities(scope: Construct) -> ecs.LinuxParameters:
    parameters = ecs.LinuxParameters(scope, "Linux", init_process_enabled=True)
    parameters.drop_capabilities(ecs.Capability.ALL)
    return parameters
