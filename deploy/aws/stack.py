"""All of Shortlist in one stack."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from base.database import Database
from base.features import Features
from base.network import Network
from base.storage import Storage
from constructs import Construct
from endpoint import NAME, Endpoint
from ingestion import Ingestion
from monitoring import Monitoring
from retraining import Retraining
from service import UNDOING, Service
from settings import Settings
from training import Training
from transcription import Transcription
from watched import MINUTES


class Shortlist(cdk.Stack):
    """The parts, and how they depend on each other."""

    def __init__(self, scope: Construct, name: str, settings: Settings, env: cdk.Environment) -> None:
        super().__init__(scope, name, env=env, termination_protection=True)
        storage = Storage(self, "Storage")
        network = Network(self, "Network", key=storage.key)
        database = Database(self, "Database", network=network, key=storage.key)
        retraining = Retraining(self, "Retraining", storage=storage)
        transcription = Transcription(self, "Transcription", settings=settings, storage=storage, network=network)
        ingestion = Ingestion(
            self,
            "Ingestion",
            runs=retraining.runs.queue,
            media=transcription.media.queue,
            storage=storage,
            network=network,
            database=database,
        )
        training = Training(self, "Training", settings=settings, storage=storage, network=network, database=database)
        endpoint = (
            Endpoint(
                self,
                "Endpoint",
                training=training,
                errors=_errors(),
                storage=storage,
                network=network,
                database=database,
            )
            if settings.has_endpoint
            else None
        )
        retraining.start_runs(training, settings)
        retraining.release_models(training, endpoint)
        service = Service(self, "Service", settings=settings, storage=storage, network=network, database=database)
        if settings.features_online == "sagemaker":
            features = Features(self, "Features", storage=storage, network=network)
            features.allow_building(training.role)
            features.allow_reading(service.service.task_definition.task_role)
        monitoring = Monitoring(
            self,
            "Monitoring",
            settings=settings,
            key=storage.key,
            service=service,
            ingestion=ingestion,
            transcription=transcription,
            retraining=retraining,
            database=database,
        )
        retraining.start_after(monitoring.alarms["shortlist-drift"])
        # ECS wants the alarms that undo a deployment before the service.
        service.service.node.add_dependency(*(monitoring.alarms[name] for name in UNDOING))
        if endpoint:
            monitoring.notify(endpoint.alarm)
        cdk.CfnOutput(self, "Address", value=f"https://{service.balancer.public.load_balancer_dns_name}")
        cdk.CfnOutput(self, "ApiKey", value=service.api_key.secret_arn, description="the secret with the first key")
        cdk.CfnOutput(self, "Bucket", value=storage.bucket_name)
        cdk.CfnOutput(self, "ClusterName", value=service.service.cluster.cluster_name)
        cdk.CfnOutput(self, "ServiceName", value=service.service.service_name)
        cdk.CfnOutput(self, "MediaJobs", value=transcription.jobs.job_queue_arn, description="the queue of jobs")


def _errors() -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name="Invocation5XXErrors",
        dimensions_map={"EndpointName": NAME, "VariantName": "all"},
        statistic="Sum",
        period=MINUTES,
    )
