"""Write the versions of the registry as runs of MLflow, for those who want its page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shortlist.core.errors import ServiceError
from shortlist.retrieval.trained.versions import registry
from shortlist.store.registry.registry import Version

EXPERIMENT = "shortlist"


def write_runs(home: Path, uri: str) -> list[str]:
    """Write a run for each version that the tracking store `uri` lacks, and the state of all. Return the new names.

    Raises `ServiceError` if MLflow is not installed or the store does not answer.
    """
    if find_spec("mlflow") is None:
        raise ServiceError(
            "MLflow is not installed", expected="the package mlflow-skinny", found="none",
            remedy="run `pip install 'shortlist[mlflow]'`",
        )  # fmt: skip
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        client = MlflowClient(tracking_uri=uri)
        found = client.get_experiment_by_name(EXPERIMENT)
        experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT)
        runs = {run.info.run_name: run.info.run_id for run in client.search_runs([experiment], max_results=50_000)}
        versions = registry(home).versions()
        new = [one for one in versions if one.name not in runs]
        for one in new:
            runs[one.name] = _write_run(client, experiment, one)
        for one in versions:
            client.set_tag(runs[one.name], "state", one.state)
    except (MlflowException, OSError) as error:
        raise ServiceError(
            "the runs cannot be written", expected="a tracking store such as sqlite:///mlflow.db or http://HOST:5000",
            found=f"{uri}: {str(error).splitlines()[0]}", remedy="correct the address, or start the server",
        ) from error  # fmt: skip
    return [one.name for one in new]


def _write_run(client: Any, experiment: str, version: Version) -> str:
    receipt = version.receipt
    at = int(datetime.fromisoformat(receipt["at"]).timestamp() * 1000)
    tags = {"code": receipt["code"], "data": receipt["data"]["digest"], "receipt": json.dumps(receipt)}
    run: str = client.create_run(experiment, start_time=at, run_name=version.name, tags=tags).info.run_id
    for name, value in (receipt["plan"] or {}).items():
        client.log_param(run, name, value)
    for name, value in _metrics(receipt):
        client.log_metric(run, name, value, timestamp=at)
    client.set_terminated(run, end_time=at)
    return run


def _metrics(receipt: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield names and values. The difference of the gate is that of the new version and the one in use."""
    for stage, seconds in receipt["cpu_seconds"].items():
        yield f"cpu seconds/{stage}", seconds
    yield from receipt["metrics"].items()
    for leg, weight in receipt["weights"].items():
        yield f"weight/{leg}", weight
    for one in (receipt["gate"] or {"judged": []})["judged"]:
        where = f"{one['metric'].replace('@', ' at ')}/{one['horizon']}, {one['slice']}".replace(",", "")
        yield where, one["challenger"]
        yield f"{where} difference", one["difference"][1]
