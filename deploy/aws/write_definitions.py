"""Write what the stack makes of tables of Shortlist: pipelines.json of the steps, feature_groups.json of the views.

Run it in the environment of Shortlist: `.venv/bin/python deploy/aws/write_definitions.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shortlist.ops.features.feature_groups import group_definition
from shortlist.ops.features.views import VIEWS
from shortlist.ops.pipeline.sagemaker import definition
from shortlist.ops.pipeline.steps import STEPS, Step

FOLDER = Path(__file__).parent
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


def files() -> dict[Path, str]:
    """Return the files with their contents."""
    groups = {name: group_definition(view) for name, view in VIEWS.items()}
    contents = {"pipelines.json": pipelines(), "feature_groups.json": groups}
    return {FOLDER / name: json.dumps(content, indent=1) + "\n" for name, content in contents.items()}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
