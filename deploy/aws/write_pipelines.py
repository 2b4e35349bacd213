"""Write pipelines.json, the pipelines of SageMaker that the stack makes, from the table of steps.

Run it in the environment of Shortlist: `.venv/bin/python deploy/aws/write_pipelines.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shortlist.ops.pipeline.sagemaker import definition
from shortlist.ops.pipeline.steps import STEPS, Step

FILE = Path(__file__).parent / "pipelines.json"
TRAIN, PROMOTE, PUBLISH = "train", "promote", "publish"
ROLLBACK = Step(
    "rollback", ("models", "rollback"), ("models",), ("models",), "see `shortlist models history`: is there one before?"
)


def pipelines() -> dict[str, Any]:
    """Return the definitions by their place in the stack: a promotion waits for an approval, a rollback for you."""
    run = [step for step in STEPS if step.name != PROMOTE]
    release = [step for step in STEPS if step.name in (PROMOTE, PUBLISH)]
    rollback = [ROLLBACK, *(step for step in STEPS if step.name == PUBLISH)]
    return {
        "run": definition(run, registers=TRAIN),
        "release": definition(release),
        "rollback": definition(rollback),
    }


def text() -> str:
    """Return the content of the file."""
    return json.dumps(pipelines(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
