"""The images, built with buildah and run with podman. It takes half an hour and needs root.

Without a registry of images, `deploy/image/base.sh` makes the base image from Debian's packages. These variables help
where the network is not open: IMAGE_BASE names a base image that exists, IMAGE_PREFIX images that are built already
("localhost/shortlist:" and the target).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.deploy.conftest import ROOT
from tests.serving.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
PROGRAMS = ("buildah", "podman", "runc", "mmdebstrap")
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=30000:30000")
KEY = "a-key-that-a-deployment-has-made-for-itself"


@pytest.fixture(scope="module")
def prefix() -> str:
    """What the names of the images begin with. They are built, unless IMAGE_PREFIX names some."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(
            f"not installed: {', '.join(missing)} (apt-get install --no-install-recommends {' '.join(PROGRAMS)})"
        )
    if os.geteuid():
        pytest.skip("buildah and podman are run as root here")
    given = os.environ.get("IMAGE_PREFIX")
    if given:
        return given
    base = os.environ.get("IMAGE_BASE")
    if base is None:
        base = "localhost/python:base"
        subprocess.run([str(ROOT / "deploy/image/base.sh"), base], check=True)
    for target in ("api", "sagemaker", "job", "lambda"):
        command = [
            "buildah", "build", *LIMITS, "--isolation", "chroot", "--network", "host", "--layers", "--build-arg",
            f"BASE={base}", "-f", "deploy/image/Dockerfile", "--target", target, "-t", f"localhost/shortlist:{target}",
        ]  # fmt: skip
        subprocess.run([*command, "."], cwd=ROOT, check=True)
    return "localhost/shortlist:"


def podman(*words: str) -> str:
    return subprocess.run(["podman", *words], capture_output=True, text=True, check=True).stdout


@contextmanager
def running(image: str, *words: str, options: tuple[str, ...] = ()) -> Iterator[str]:
    """A container on the network of this machine; its id."""
    container = podman("run", "--detach", "--runtime", "runc", *LIMITS, "--network", "host", *options, image, *words)
    try:
        yield container.strip()
    finally:
        podman("rm", "--force", "--time", "1", container.strip())


def answer(url: str, container: str) -> httpx.Response:
    """The first answer of a container that is starting."""

    def ask() -> httpx.Response | None:
        try:
            return httpx.get(url, timeout=20)
        except httpx.TransportError:
            state = podman("inspect", "--format", "{{.State.Status}}", container).strip()
            assert state == "running", podman("logs", container)
            return None

    found: httpx.Response = until(ask, 300)
    return found


@pytest.fixture
def home(sample_home: Path) -> Path:
    """A home that every user of a container may read and write."""
    for path in (sample_home, *sample_home.rglob("*")):
        os.chown(path, 10001, 10001)
    return sample_home


WEIGHTS = ("--volume", f"{Path.home()}/.cache/shortlist:/opt/weights:ro")
OFFLINE = ("--env", "SHORTLIST_MODELS__OFFLINE=true", "--env", "SHORTLIST_MODELS__CACHE=/opt/weights")


def test_the_api_is_not_root_and_changes_nothing_of_its_image(prefix: str, home: Path) -> None:
    options = (
        "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp",
        "--volume", f"{home}:/data/home", *WEIGHTS, *OFFLINE, "--env", f"SHORTLIST_SERVE__KEY={KEY}",
    )  # fmt: skip
    words = ("serve", "api", "--host", "127.0.0.1", "--port", "18080")
    with running(f"{prefix}api", *words, options=options) as container:
        url = "http://127.0.0.1:18080"
        ready = answer(f"{url}/readyz", container)
        assert ready.json() == {"status": "ready", "encoder": "loaded"}, podman("logs", container)
        assert podman("exec", container, "id", "-u").strip() == "10001"
        assert httpx.get(f"{url}/v1/recommend/user_123").status_code == 401
        allowed = {"Authorization": f"Bearer {KEY}"}
        found = httpx.get(f"{url}/v1/recommend/user_123", params={"rerank": "none"}, headers=allowed, timeout=60)
        assert found.json()["recommendations"]
        podman("stop", "--time", "40", container)
        assert podman("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"


def test_sagemaker_gets_answers_from_mounted_weights(prefix: str, home: Path) -> None:
    options = ("--volume", f"{home}:/opt/ml/model", *WEIGHTS, *OFFLINE)
    with running(f"{prefix}sagemaker", "serve", options=options) as container:
        url = "http://127.0.0.1:8080"
        ready = answer(f"{url}/ping", container)
        assert ready.json() == {"status": "ready", "encoder": "loaded"}, podman("logs", container)
        assert httpx.get(f"{url}/ping").elapsed.total_seconds() < 2
        body = {"search": {"text": "a sourdough starter", "k": 3}}
        assert len(httpx.post(f"{url}/invocations", json=body, timeout=60).json()["hits"]) == 3
        podman("stop", "--time", "30", container)
        assert podman("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"


def test_a_job_is_a_command(prefix: str) -> None:
    image = f"{prefix}job"
    steps = podman("run", "--rm", "--runtime", "runc", *LIMITS, "--network", "host", image, "pipeline", "sagemaker")
    assert json.loads(steps)["Steps"][0]["Name"] == "arrive"


def test_the_function_can_be_imported_where_lambda_calls_it(prefix: str) -> None:
    code = "import ingest_upload; print(ingest_upload.handler({'Records': []}, None))"
    options = ("run", "--rm", "--runtime", "runc", *LIMITS, "--network", "host", "--read-only", "--tmpfs", "/tmp")
    said = podman(*options, "--entrypoint", "python3", f"{prefix}lambda", "-c", code)
    assert said.strip() == "{'batchItemFailures': []}"


def test_what_is_in_the_image_is_listed(prefix: str) -> None:
    options = ("run", "--rm", "--runtime", "runc", *LIMITS, "--network", "host", "--entrypoint", "cat")
    listed = json.loads(podman(*options, f"{prefix}api", "/opt/shortlist/sbom.json"))
    assert listed["bomFormat"] == "CycloneDX"
    assert {"shortlist", "torch", "fastapi"} <= {one["name"] for one in listed["components"]}
