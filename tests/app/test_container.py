"""The entry point of the images for SageMaker, as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from shortlist.app.container import send_drift, set_database_password
from shortlist.ops.drift.report import Finding, Report, write_report
from tests.serving.conftest import until

COMMAND = [sys.executable, "-m", "shortlist.app.container"]


def run(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "SHORTLIST_HOME": str(home), **variables}
    return subprocess.run([*COMMAND, *words], env=environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.servers
def test_a_job_with_nothing_to_do_yet_is_no_failure(tmp_path: Path) -> None:
    assert run(tmp_path / "home", "models", "promote", "absent").returncode == 2
    assert run(tmp_path / "home", "models", "promote", "absent", NOT_YET="2,5").returncode == 0
    assert run(tmp_path / "home", "models", "promote", "absent", NOT_YET="").returncode == 2


@pytest.fixture
def moto_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The variables that lead boto3 to a moto server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield
    server.stop()


def test_the_password_of_the_catalogue_comes_from_the_secret(moto_variables: None) -> None:
    import boto3

    secret = boto3.client("secretsmanager").create_secret(Name="database", SecretString='{"password": "hidden"}')
    environ = {"DATABASE_SECRET": secret["ARN"]}
    set_database_password(environ)
    assert environ["PGPASSWORD"] == "hidden"
    environ = {}
    set_database_password(environ)
    assert environ == {}


def test_the_largest_drift_of_the_newest_day_is_sent(
    moto_variables: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    today = datetime.now(UTC).date()
    findings = (Finding("a", "steady", excess=0.4), Finding("b", "drifting", excess=2.5), Finding("c", "unknown"))
    write_report(tmp_path, Report(datetime.now(UTC), today, (today, today), 0.01, findings))
    monkeypatch.setenv("SHORTLIST_HOME", str(tmp_path))
    send_drift("Shortlist")
    now, hour = datetime.now(UTC), timedelta(hours=1)
    found = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="Shortlist", MetricName="DriftExcess", StartTime=now - hour, EndTime=now + hour, Period=7200,
        Statistics=["Maximum"],
    )  # fmt: skip
    assert [one["Maximum"] for one in found["Datapoints"]] == [2.5]


@pytest.mark.servers
def test_serve_answers_until_sigterm(sample_home: Path) -> None:
    """It reads the settings of the environment, and SIGTERM ends it with 0."""
    if _is_taken(8080):
        pytest.skip("port 8080, which SageMaker calls, is taken")
    process = subprocess.Popen([*COMMAND, "serve"], env={**os.environ, "SHORTLIST_HOME": str(sample_home)})

    def ping() -> httpx.Response | None:
        assert process.poll() is None
        try:
            return httpx.get("http://127.0.0.1:8080/ping", timeout=300)
        except httpx.TransportError:
            return None

    try:
        ready: httpx.Response = until(ping)
        assert ready.json() == {"status": "ready", "encoder": "loaded"}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
