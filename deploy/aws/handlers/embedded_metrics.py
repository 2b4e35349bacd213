"""Write metrics in CloudWatch's embedded metric format: a line of JSON in the log, without any call or permission."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

NAMESPACE = "Shortlist"


def write_metrics(values: Mapping[str, float], **fields: object) -> None:
    """Write one line with the counts `values`. `fields` are kept with the line and are no metrics."""
    metrics = [{"Name": name, "Unit": "Count"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[]], "Metrics": metrics}
    header = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    sys.stdout.write(json.dumps({"_aws": header, **values, **fields}) + "\n")
