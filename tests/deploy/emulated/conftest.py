"""The stack, deployed by the `cdk` command to ministack over TLS, with moto as SageMaker and a PostgreSQL with TLS.

The feature store of SageMaker is a server of ours, which has the groups of the template and enforces no policies.
Elsewhere they are enforced: functions, jobs and the service have the rights of their roles, and no more.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from deploy.aws.tests.emulator import ACCOUNT, CERTIFICATE, REGION, ministack
from tests.database_servers import Postgres, free_port, postgres
from tests.deploy.conftest import ROOT
from tests.deploy.emulated.assembly import DATABASE, write
from tests.deploy.emulated.stack import NAME, Deployed, read_stack
from tests.feature_store_stand_in import feature_store_stand_in
from tests.serving.conftest import until

BUILD = ROOT / "build"
CDK = BUILD / "aws-cdk" / "node_modules" / "aws-cdk" / "bin" / "cdk"
PYTHON, MINISTACK = BUILD / "aws" / "bin" / "python", BUILD / "aws-emulator" / "bin" / "ministack"
RUNTIME_CLIENT = BUILD / "aws-lambda"
CONTEXT = {
    "region": REGION, "certificate": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/abc", "email": "you@example.org",
    "endpoint": "yes", "min_tasks": "0", "max_runs_a_day": "20", "schedule": "cron(0 3 1 1 ? 2099)",
}  # fmt: skip


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cdk synth` writes."""
    missing = [str(path) for path in (CDK, PYTHON, MINISTACK, RUNTIME_CLIENT) if not path.exists()]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; `make test-aws` installs them")
    folder = tmp_path_factory.mktemp("cdk") / "out"
    context = [word for name, value in CONTEXT.items() for word in ("-c", f"{name}={value}")]
    command = ["synth", "--quiet", "--app", f"{PYTHON} app.py", "--output", str(folder), *context]
    cdk(*command, environ={}, folder=ROOT / "deploy" / "aws")
    return folder


@pytest.fixture(scope="module")
def deployed(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stack on emulators of its own."""
    folder = tmp_path_factory.mktemp("ministack")
    with ExitStack() as opened:
        database = opened.enter_context(postgres())
        moto = opened.enter_context(sagemaker_of_moto(folder / "moto.log"))
        groups = opened.enter_context(feature_store_stand_in())
        groups.reset(of_type(assembly, "AWS::SageMaker::FeatureGroup"))
        elsewhere = {"AWS_ENDPOINT_URL_SAGEMAKER": moto, "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": groups.url}
        url = opened.enter_context(ministack(str(MINISTACK), folder, tls=True, variables=elsewhere))
        certificate = folder / CERTIFICATE
        environ = {
            "AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": str(certificate), **elsewhere,
        }  # fmt: skip
        owner = environ | {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "NODE_EXTRA_CA_CERTS": str(certificate),
        }  # fmt: skip
        cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", environ=owner, folder=folder)
        out = folder / "out"
        write(assembly, out, postgres_port=database.port, python=Path(sys.executable), runtime_client=RUNTIME_CLIENT)
        cdk("deploy", "--app", str(out), "--require-approval", "never", environ=owner, folder=folder)
        stack = read_stack(url, certificate, environ)
        prepare(database, stack)
        create_pipelines(stack)
        yield stack


def of_type(assembly: Path, kind: str) -> list[dict[str, Any]]:
    """The properties of all resources of a type in the template."""
    resources = json.loads((assembly / f"{NAME}.template.json").read_text())["Resources"]
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]


def cdk(*words: str, environ: Mapping[str, str], folder: Path) -> None:
    """Run the `cdk` command. It takes no settings of the person who runs the tests."""
    path = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    done = subprocess.run(
        [str(CDK), *words, "--no-color", "--no-notices"], cwd=folder, capture_output=True, text=True, check=False,
        env=kept | {"PATH": path, "CDK_DISABLE_VERSION_CHECK": "1", "CI": "true"} | dict(environ),
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


@contextmanager
def sagemaker_of_moto(log: Path) -> Iterator[str]:
    """The address of a moto server in a process of its own, which no other test empties."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("moto_server")), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: process.poll() is not None or answers(f"{url}/moto-api/"))
            yield url
        finally:
            process.terminate()


def answers(url: str) -> bool:
    """Whether a server answers."""
    with suppress(httpx.TransportError):
        return httpx.get(url).is_success
    return False


def prepare(server: Postgres, stack: Deployed) -> None:
    """Make the database as the stack describes it: TLS, and the name and the password of its secret."""
    secret = json.loads(stack.secret(DATABASE[1]))
    for name in ("server.crt", "server.key"):
        copy = shutil.copy(stack.certificate.with_name(name), server.folder / name)
        shutil.chown(copy, server.account)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for name, value in {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "ssl": "on"}.items():
            path = str(server.folder / value) if value.startswith("server") else value
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), path))
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(secret["dbname"])))
        user = sql.Identifier(secret["username"])
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(user, secret["password"]))


def create_pipelines(stack: Deployed) -> None:
    """Make the pipelines of the template and the group of model packages in moto."""
    client = stack.sagemaker()
    client.create_model_package_group(ModelPackageGroupName="shortlist")
    for name, definition in stack.pipelines.items():
        client.create_pipeline(
            PipelineName=name, PipelineDefinition=definition, ClientRequestToken=name.ljust(32, "-"),
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{stack.named('AWS::IAM::Role', 'TrainingPipelineRole')}",
        )  # fmt: skip
