"""Entry point of the images for Amazon SageMaker: `serve` starts an endpoint, anything else is a `shortlist` command.

Three variables are for containers alone. DATABASE_SECRET is the ARN of a secret of AWS Secrets Manager with the
password of the catalogue. NOT_YET has exit codes, as "2,5", that mean that a job has nothing to do yet: then it ends
with 0. METRICS_NAMESPACE is where CloudWatch gets the result of a check for drift.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import MutableMapping

from shortlist.app.settings import find_settings
from shortlist.core.log import configure
from shortlist.core.plugins import PLUGINS

SERVE, DRIFT = "serve", "DriftExcess"


def main() -> None:
    """Run what the command line says."""
    set_database_password(os.environ)
    if sys.argv[1:] == [SERVE]:
        serve()
    else:
        run_command()


def serve() -> None:
    """Serve the home of the settings to SageMaker, until SIGTERM."""
    from shortlist.app.server_context import build_context
    from shortlist.engine.build import open_home
    from shortlist.serving.http.request_id import log_request_ids
    from shortlist.serving.http.server import open_listener, run
    from shortlist.serving.sagemaker import PORT, create_endpoint

    PLUGINS.named_only = True
    config = find_settings(None, {}).config
    configure(config.log_level)
    log_request_ids()
    listener = open_listener("0.0.0.0", PORT)  # noqa: S104  (SageMaker connects from outside of the container)
    with open_home(config) as home:
        run(create_endpoint(build_context(home, config)), listener, config.serve, lambda: None)


def run_command() -> None:
    """Run a `shortlist` command, and send what a check for drift found. Raises `SystemExit`."""
    from shortlist.app.cli.main import run

    try:
        run()
    except SystemExit as end:
        code = str(end.code or 0)
        if code != "0" and code not in os.environ.get("NOT_YET", "").split(","):
            raise
    namespace = os.environ.get("METRICS_NAMESPACE")
    if namespace and sys.argv[1:3] == ["ops", "drift"]:
        send_drift(namespace)
    sys.exit(0)


def send_drift(namespace: str) -> None:
    """Send the largest distance of the newest day, as a multiple of its limit, to CloudWatch. 0 if none is known."""
    import boto3

    from shortlist.ops.drift.report import read_report

    report = read_report(find_settings(None, {}).config.home)
    excesses = [found.excess for found in report.findings if found.excess is not None] if report else []
    metric = {"MetricName": DRIFT, "Value": max(excesses, default=0.0)}
    boto3.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[metric])


def set_database_password(environ: MutableMapping[str, str]) -> None:
    """Set the password that PostgreSQL's client reads from the secret in `environ`, if one is named."""
    secret = environ.get("DATABASE_SECRET")
    if secret:
        import boto3

        value = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        environ["PGPASSWORD"] = str(json.loads(value)["password"])


if __name__ == "__main__":
    main()
