"""The images, built from deploy/image/Dockerfile when the stack is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

ROOT = str(Path(__file__).parents[2])
DOCKERFILE = "deploy/image/Dockerfile"
PLATFORM = ecr_assets.Platform.LINUX_AMD64


def lambda_image() -> lambda_.DockerImageCode:
    """Return the code of the function that stores uploads."""
    return lambda_.DockerImageCode.from_image_asset(ROOT, file=DOCKERFILE, target="lambda", platform=PLATFORM)


def api_image() -> ecs.ContainerImage:
    """Return the image of the service."""
    return ecs.ContainerImage.from_asset(ROOT, file=DOCKERFILE, target="api", platform=PLATFORM)


def speech_image(model: str) -> ecs.ContainerImage:
    """Return the image of jobs with the weights of a speech model, whose hash is checked when the image is built."""
    return ecs.ContainerImage.from_asset(
        ROOT, file=DOCKERFILE, target="job", platform=PLATFORM, build_args={"WEIGHTS": model}
    )


def image(scope: Construct, target: Literal["job", "sagemaker"]) -> ecr_assets.DockerImageAsset:
    """Return an image whose address is given to SageMaker."""
    return ecr_assets.DockerImageAsset(
        scope, f"Image{target.title()}", directory=ROOT, file=DOCKERFILE, target=target, platform=PLATFORM
    )
