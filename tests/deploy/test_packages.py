"""Each kind of image works with the packages that deploy/image/dependencies.py names for it, and what they require.

The other packages of this environment cannot be imported in the processes that the tests start.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.conftest import HANDLERS, ROOT, Uploaded

pytestmark = pytest.mark.integration
FINDER = """
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Finder())
"""

Run = Callable[..., str]


def named(kind: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requirements of the images of a `kind`."""
    monkeypatch.chdir(ROOT)
    found: list[str] = runpy.run_path(str(ROOT / "deploy/image/dependencies.py"))["requirements"](kind)
    return found


def installed_with(requirements: list[str]) -> set[str]:
    """The names of all packages that pip installs for `requirements`."""
    waiting, found = [Requirement(one) for one in requirements], set()
    while waiting:
        one = waiting.pop()
        for extra in ("", *one.extras):
            if (one.name, extra) in found:
                continue
            found.add((one.name, extra))
            try:
                inner = [Requirement(text) for text in requires(one.name) or ()]
            except PackageNotFoundError:
                continue  # for another Python or system
            waiting += [each for each in inner if each.marker is None or each.marker.evaluate({"extra": extra})]
    return {canonicalize_name(name) for name, _ in found}


@pytest.fixture
def in_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """in_image(kind, variables...) is a function that runs Python as in an image of the kind; what it prints."""

    def of(kind: str, **environment: str) -> Run:
        present = installed_with(named(kind, monkeypatch)) | {"shortlist"}
        absent = {
            module
            for module, packages in packages_distributions().items()
            if not present & {canonicalize_name(package) for package in packages}
        }
        folder = tmp_path / "site"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(FINDER.format(absent=absent))

        def run(*words: str) -> str:
            variables = {**os.environ, "PYTHONPATH": f"{folder}:{HANDLERS}", **environment}
            done = subprocess.run([sys.executable, *words], env=variables, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout

        return run

    return of


ENDPOINT = """
from shortlist.engine.build import open_home
from shortlist.app.server_context import build_context
from shortlist.app.settings import find_settings
from shortlist.serving.sagemaker import create_endpoint
from shortlist.serving.site import create_site
from starlette.testclient import TestClient

config = find_settings(None, {}).config
with open_home(config) as home:
    with TestClient(create_endpoint(build_context(home, config))) as client:
        print(len(client.post("/invocations", json={"search": {"text": "a sourdough starter", "k": 3}}).json()["hits"]))
    with TestClient(create_site(build_context(home, config), mcp=True), "http://127.0.0.1") as client:
        print(client.get("/healthz").status_code, client.get("/lab/").status_code)
"""


def test_an_image_that_serves_needs_no_torch(in_image: Callable[..., Run], sample_home: Path) -> None:
    run = in_image("serve", SHORTLIST_HOME=str(sample_home), SHORTLIST_MODELS__OFFLINE="true")
    assert run("-c", ENDPOINT).split() == ["3", "200", "200"]
    found = json.loads(run("-m", "shortlist.app.container", "recommend", "user_123", "--rerank", "none", "--json"))
    assert found["recommendations"]


def test_a_job_runs_the_steps(in_image: Callable[..., Run], sample_home: Path) -> None:
    incoming = sample_home / "incoming" / "events"
    incoming.mkdir(parents=True)
    (incoming / "day.csv").write_bytes((ROOT / "sample/events.csv").read_bytes())
    own = {"SHORTLIST_HOME": str(sample_home), "SHORTLIST_PIPELINE__SETTLE_S": "0"}
    run = in_image("job", SHORTLIST_MODELS__OFFLINE="true", **own)
    lines = [line.split() for line in run("-m", "shortlist.app.container", "ops", "pipeline", "run").splitlines()]
    assert {line[0] for line in lines if line[1:2] == ["done"]} >= {"arrive", "validate", "ingest", "features"}, lines
    assert run("-c", "import lightgbm, shortlist.learning.towers.train, shortlist.ingest.media.frame") == ""


FUNCTION = """
import json, sys, ingest_upload
print(json.dumps(ingest_upload.handler(json.loads(sys.argv[1]), None)))
"""


def test_the_function_stores_uploads(in_image: Callable[..., Run], uploaded: Uploaded) -> None:
    said = in_image("lambda", **uploaded.environment)("-c", FUNCTION, json.dumps(uploaded.event))
    assert json.loads(said.splitlines()[-1]) == {"batchItemFailures": []}
    assert uploaded.home.catalogue.counts().events == 20
    assert uploaded.home.catalogue.readers.get("u1").interests == ("space",)
