"""From uploads to a model that is trained, registered, approved and served: all parts of the stack together."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from shortlist.serving.sagemaker import PORT
from tests.database_servers import free_port
from tests.deploy.emulated.assembly import SENDER
from tests.deploy.emulated.jobs import own_environ
from tests.deploy.emulated.service import role_in, task_variables
from tests.deploy.emulated.stack import Deployed
from tests.deploy.emulated.uploads import WAIT_S, Uploads
from tests.learning.conftest import VIDEOS, habits
from tests.serving.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SHORTLIST = str(Path(sys.executable).with_name("shortlist"))
READER = "r001"


@contextmanager
def running(command: list[str], variables: Mapping[str, str], ready: str) -> Iterator[None]:
    """A server as a process, once it answers at the address `ready`."""
    process = subprocess.Popen(command, env=own_environ(variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until(lambda: process.poll() is not None or is_ready(ready), WAIT_S)
        assert process.poll() is None, process.stdout and process.stdout.read()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=300).is_success
    except httpx.TransportError:
        return False


@dataclass(frozen=True, slots=True)
class Released:
    """What the running service answered from before and after the approval, and the versions in the package."""

    before: str
    after: str
    versions: frozenset[str]


@pytest.fixture(scope="module")
def uploads(deployed: Deployed) -> Uploads:
    return Uploads(deployed)


@pytest.fixture(scope="module")
def package(deployed: Deployed, uploads: Uploads, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The ARN of the package with what the run of the night learned from uploaded readers, who have habits."""
    videos = [{"id": one.id, "title": one.title, "description": one.description} for one in VIDEOS]
    uploads.put("videos/one+two ü.jsonl", "".join(json.dumps(one) + "\n" for one in videos))
    uploads.run(tmp_path_factory.mktemp("content"))
    rows = (f"{one.user_id},{one.item_id},video,view,{one.at.isoformat()},{one.dwell_s}\n" for one in habits(260))
    uploads.put("events/a month+1 ü.csv", "user_id,item_id,kind,action,at,dwell_s\n" + "".join(rows))
    uploads.wait()
    queue = deployed.named("AWS::SQS::Queue", "RetrainingRunsQueue")
    deployed.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"reason": "schedule"}))
    return uploads.run(tmp_path_factory.mktemp("night"))["register"]


@pytest.fixture(scope="module")
def released(deployed: Deployed, uploads: Uploads, package: str, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """The service runs, a person approves the package, and the pipeline of the release does its work."""
    described = deployed.sagemaker().describe_model_package(ModelPackageName=package)
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    [container] = described["InferenceSpecification"]["Containers"]
    folder = (
        container["ModelDataSource"]["S3DataSource"]["S3Uri"].removeprefix(f"s3://{uploads.bucket}/") + "/versions/"
    )
    versions = frozenset(key.removeprefix(folder).partition("/")[0] for key in uploads.keys(folder))
    port = free_port()
    variables, url = task_variables(deployed, tmp_path_factory.mktemp("task")), f"http://127.0.0.1:{port}"

    def served() -> str:
        allowed = {"Authorization": f"Bearer {variables['SHORTLIST_SERVE__KEY']}"}
        answer = httpx.get(f"{url}/v1/recommend/{READER}", params={"rerank": "none"}, headers=allowed, timeout=300)
        return str(answer.raise_for_status().json()["models"])

    with running([SHORTLIST, "serve", "api", "--port", str(port)], variables, f"{url}/readyz"):
        before = served()
        approve(deployed, package)
        uploads.run(tmp_path_factory.mktemp("release"), "shortlist-release")
        until(lambda: served() != before, WAIT_S)
        return Released(before, served(), versions)


def approve(deployed: Deployed, package: str) -> None:
    """Approve a model package, as a person does, and send the event that SageMaker sends."""
    client = deployed.sagemaker()
    client.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    described = client.describe_model_package(ModelPackageName=package)
    names = ("ModelPackageArn", "ModelPackageGroupName", "ModelApprovalStatus")
    event = {
        "Source": SENDER, "DetailType": "SageMaker Model Package State Change",
        "Detail": json.dumps({name: described[name] for name in names}),
    }  # fmt: skip
    assert deployed.client("events").put_events(Entries=[event])["FailedEntryCount"] == 0


def test_uploads_lead_to_a_version_that_is_served_once_it_is_approved(released: Released) -> None:
    assert released.before == "none"
    assert released.after in released.versions


def test_the_endpoint_answers_from_the_released_version(deployed: Deployed, released: Released, tmp_path: Path) -> None:
    """Its container is a process with the variables and the role of the model that the function made."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT}, which SageMaker calls, is taken")
    client = deployed.sagemaker()
    config = client.describe_endpoint(EndpointName="shortlist")["EndpointConfigName"]
    [variant] = client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = client.describe_model(ModelName=variant["ModelName"])
    variables = model["Containers"][0]["Environment"] | {"SHORTLIST_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "shortlist.app.container", "serve"]
    url = f"http://127.0.0.1:{PORT}"
    with running(command, deployed.as_role(role_in(model["ExecutionRoleArn"])) | variables, f"{url}/ping"):
        asked = {"recommend": {"user_id": READER, "k": 3, "rerank": "none"}}
        answer = httpx.post(f"{url}/invocations", json=asked, timeout=300).raise_for_status().json()
    assert answer["models"] == released.after
    assert len(answer["recommendations"]) == 3
