"""A training from end to end: a version on disk, the same again, too little, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shortlist.core.config import Config, RetrievalConfig
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Query
from shortlist.learning.plan import Plan
from shortlist.learning.train import train
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.trained import versions
from shortlist.store.home import Home
from shortlist.store.registry.decisions import NO_MODELS
from tests.learning.conftest import fill, habits


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, config: Config) -> tuple[Path, str]:
    """A home in which all models were trained, and their version."""
    path = tmp_path_factory.mktemp("trained") / "home"
    fill(path, habits(240, seed=3))
    with Home.open(path) as home:
        return path, train(home, config, Plan(readers=150))


@pytest.mark.slow
def test_a_version_has_its_receipt_and_is_not_trained_again(trained: tuple[Path, str], config: Config) -> None:
    path, version = trained
    receipt = versions.read_receipt(path, version)
    assert receipt["towers"] == ["svd", "tower"]
    assert receipt["metrics"]["lists"] == 150
    assert receipt["data"]["readers"] == 240
    before = versions.versions(path)
    with Home.open(path) as home:
        assert train(home, config, Plan(readers=150)) == version
    assert versions.versions(path) == before == [version]


@pytest.mark.slow
def test_a_promoted_version_ranks_and_a_rollback_returns(trained: tuple[Path, str]) -> None:
    path, version = trained
    with Home.open(path) as home:
        assert load_snapshot(home).trained.ranker is None
        versions.promote(path, version, "test")
        snapshot = load_snapshot(home)
        assert snapshot.trained.version == version
        assert snapshot.trained.ranker is not None
        assert {"cowatch", "tower", "svd"} <= snapshot.trained.ranker.depths.keys()
        assert len(build_retriever(snapshot, RetrievalConfig()).search(Query(k=5))) == 5
        assert versions.rollback(path) == NO_MODELS
        assert load_snapshot(home).trained.ranker is None
    assert [one.version for one in versions.registry(path).history()] == [version, "none"]


def test_too_few_readers_say_what_is_missing(tmp_path: Path, config: Config) -> None:
    fill(tmp_path / "home", habits(150))
    with Home.open(tmp_path / "home") as home, pytest.raises(UsageError, match="found 150 of 150 readers"):
        train(home, config, Plan())


@pytest.mark.slow
@pytest.mark.servers
def test_a_killed_training_leaves_no_version_and_goes_on(
    open_copy: Callable[[], Home], tmp_path: Path, config: Config
) -> None:
    """The process is killed as soon as the first epoch of a tower is on disk."""
    with open_copy() as home:
        path = home.path
    program = (
        "import sys; from pathlib import Path; from shortlist.core.config import Config\n"
        "from shortlist.learning.plan import Plan; from shortlist.learning.train import train\n"
        "from shortlist.store.home import Home\n"
        "train(Home.open(Path(sys.argv[1])), Config(), Plan(readers=150))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(path)])
    work = path / "trained/work"
    while process.poll() is None and not list(work.glob("*.pt")):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert versions.versions(path) == []
    with Home.open(path) as home:
        version = train(home, config, Plan(readers=150))
    assert versions.versions(path) == [version]
    assert not list(work.iterdir())
