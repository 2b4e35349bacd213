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

from shortlist.core.config import ModelsConfig
from shortlist.models.weights.resolve import cache_folder
from tests.deploy.conftest import ROOT, Uploaded
from tests.deploy.lambda_runtime import lambda_runtime
from tests.serving.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
TARGETS = ("api", "sagemaker", "job", "lambda")
PROGRAMS = ("buildah", "podman", "runc", "mmdebstrap")
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=30000:30000")
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
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
    try:
        httpx.head(TORCH_INDEX, timeout=20)
    except httpx.TransportError:
        pytest.skip(f"{TORCH_INDEX} cannot be reached: build the images elsewhere and set IMAGE_PREFIX")
    base = os.environ.get("IMAGE_BASE")
    if base is None:
        base = "localhost/python:base"
        subprocess.run([str(ROOT / "deploy/image/base.sh"), base], check=True)
    for target in TARGETS:
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


def once(image: str, *words: str, options: tuple[str, ...] = ()) -> str:
    """What a container prints that runs to its end."""
    return podman("run", "--rm", "--runtime", "runc", *LIMITS, "--network", "host", *options, image, *words)


def stopped(container: str) -> str:
    """The exit code after SIGTERM."""
    podman("stop", "--time", "40", container)
    return podman("inspect", "--format", "{{.State.ExitCode}}", container).strip()


def answer(url: str, container: str) -> httpx.Response:
    """The first answer of a container that is starting."""

    def ask() -> httpx.Response | None:
        try:
            return httpx.get(url, timeout=300)
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


def test_the_api_is_not_root_and_changes_nothing_of_its_image(prefix: str, home: Path) -> None:
    options = (
        "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp",
        "--volume", f"{home}:/data/home", "--env", f"SHORTLIST_SERVE__KEY={KEY}",
        "--env", "SHORTLIST_MODELS__OFFLINE=true",
    )  # fmt: skip
    words = ("serve", "--host", "127.0.0.1", "--port", "18080")
    with running(f"{prefix}api", *words, options=options) as container:
        url = "http://127.0.0.1:18080"
        assert answer(f"{url}/healthz", container).status_code == 200
        ready = httpx.get(f"{url}/readyz", timeout=300)
        assert ready.json() == {"status": "ready", "encoder": "loaded"}, podman("logs", container)
        assert podman("exec", container, "id", "-u").strip() == "10001"
        assert httpx.get(f"{url}/v1/recommend/user_123").status_code == 401
        allowed = {"Authorization": f"Bearer {KEY}"}
        wish = {"rerank": "none", "about": "something about the Moon"}
        found = httpx.get(f"{url}/v1/recommend/user_123", params=wish, headers=allowed, timeout=300)
        assert found.json()["recommendations"]
        assert stopped(container) == "0"


INVOCATIONS = {
    "hits": {"search": {"text": "a sourdough starter", "k": 3}},
    "recommendations": {"recommend": {"user_id": "user_123", "k": 3, "rerank": "none"}},
    "ranking": {"rank": {"user_id": "user_123", "candidates": ["is-my-sourdough-starter-dead"], "rerank": "none"}},
}


def test_sagemaker_gets_answers_in_time(prefix: str, home: Path) -> None:
    with running(f"{prefix}sagemaker", "serve", options=("--volume", f"{home}:/opt/ml/model")) as container:
        url = "http://127.0.0.1:8080"
        ready = answer(f"{url}/ping", container)
        assert ready.json() == {"status": "ready", "encoder": "loaded"}, podman("logs", container)
        assert httpx.get(f"{url}/ping").elapsed.total_seconds() < 2
        for part, body in INVOCATIONS.items():
            found = httpx.post(f"{url}/invocations", json=body, timeout=300).json()
            assert found[part], found
        assert stopped(container) == "0"


def test_sagemaker_reads_mounted_weights(prefix: str, home: Path) -> None:
    weights = ("--volume", f"{cache_folder(ModelsConfig())}:/opt/weights:ro")
    options = ("--volume", f"{home}:/opt/ml/model", *weights)
    with running(f"{prefix}sagemaker", "serve", options=options) as container:
        ready = answer("http://127.0.0.1:8080/ping", container)
        assert ready.json() == {"status": "ready", "encoder": "loaded"}, podman("logs", container)


def test_a_job_is_a_step_of_the_pipeline(prefix: str, home: Path) -> None:
    incoming = home / "incoming" / "events"
    incoming.mkdir(parents=True)
    shutil.copy(ROOT / "sample/events.csv", incoming)
    options = ("--volume", f"{home}:/opt/ml/model", "--env", "SHORTLIST_PIPELINE__SETTLE_S=0")
    for step in ("arrive", "validate", "ingest"):
        once(f"{prefix}job", "ops", "pipeline", step, options=options)
    found = once(f"{prefix}job", "ops", "pipeline", "arrivals", "--json", options=options)
    assert json.loads(found)[0]["state"] == "done", found


def test_a_job_trains_towers(prefix: str) -> None:
    code = "import shortlist.learning.towers.train, torch; print(torch.ones(2, 2).det().item())"
    assert once(f"{prefix}job", "-c", code, options=("--entrypoint", "python3")).strip() == "0.0"


def test_lambda_gets_an_answer_from_its_runtime_client(prefix: str, uploaded: Uploaded) -> None:
    reached = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with lambda_runtime(uploaded.event) as (address, answers):
        environment = {**uploaded.environment, **reached, "AWS_LAMBDA_RUNTIME_API": address}
        variables = (word for name, value in environment.items() for word in ("--env", f"{name}={value}"))
        with running(f"{prefix}lambda", options=("--read-only", "--tmpfs", "/tmp", *variables)) as container:
            said = answers.get(timeout=300)
            assert said == ("response", {"batchItemFailures": []}), podman("logs", container)
    assert uploaded.home.catalogue.counts().events == 20
    assert uploaded.home.catalogue.readers.get("u1").interests == ("space",)


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_is_small_and_lists_what_is_in_it(prefix: str, target: str) -> None:
    image = f"{prefix}{target}"
    assert int(podman("image", "inspect", "--format", "{{.Size}}", image)) < 2e9
    listed = json.loads(once(image, "/opt/shortlist/sbom.json", options=("--entrypoint", "cat")))
    assert listed["bomFormat"] == "CycloneDX"
    names = {one["name"] for one in listed["components"]}
    assert "shortlist" in names
    assert ("torch" in names) == (target == "job")
