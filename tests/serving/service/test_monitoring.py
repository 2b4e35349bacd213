"""What a person who runs a server sees: metrics of the home, a dashboard, alarms, and a runbook that fit together."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shortlist.core.config import Config
from shortlist.ops.data.ledger import Ledger
from shortlist.ops.drift.report import Finding, Report, write_report
from shortlist.ops.pipeline.history import Execution, History
from shortlist.retrieval.trained.versions import registry
from shortlist.serving.service.service import Service
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy/monitoring"
RUNBOOK = ROOT / "docs/runbook.md"
TRAINED = datetime(2026, 11, 1, tzinfo=UTC)
Labels = frozenset[tuple[str, str]]


@pytest.fixture
def read(small_home: Path, new_hash_encoder: Any, scripted_model: Any) -> Iterator[Callable[[], dict[str, Any]]]:
    """read(): the metrics of a server, {name: {labels: value}}."""
    config = Config(home=small_home, **GATES)
    with Home.open(small_home) as home:
        service = Service(context_over(home, config, new_hash_encoder(), scripted_model([-0.1])))
        yield lambda: parsed(service.metrics.export().decode())


def parsed(page: str) -> dict[str, dict[Labels, float]]:
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(page):
        found.setdefault(family.name, {})
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def labels(**words: str) -> Labels:
    return frozenset(words.items())


def add_version(home: Path, name: str, promoted: bool | None) -> None:
    models = registry(home)
    gate = None if promoted is None else {"promoted": promoted, "why": "x"}
    receipt = {"at": (TRAINED + timedelta(days=len(models.names()))).isoformat(), "gate": gate}
    models.add(name, models.new_folder(name), receipt)


def test_the_age_of_data_index_and_models(read: Callable[[], dict[str, Any]], small_home: Path) -> None:
    found = read()
    assert found["shortlist_newest_event_timestamp_seconds"] == {
        labels(): datetime(2026, 11, 20, 10, 9, tzinfo=UTC).timestamp()
    }
    assert found["shortlist_catalogue_revision"] == found["shortlist_revision"]
    assert found["shortlist_model_trained_timestamp_seconds"] == {}
    add_version(small_home, "one", promoted=True)
    add_version(small_home, "two", promoted=False)
    add_version(small_home, "three", promoted=None)
    registry(small_home).promote("one", "better")
    found = read()
    assert found["shortlist_model_trained_timestamp_seconds"] == {labels(): TRAINED.timestamp()}
    assert found["shortlist_model_versions"] == {labels(state="champion"): 1, labels(state="candidate"): 2}
    assert found["shortlist_model_verdicts"] == {
        labels(verdict="better"): 1, labels(verdict="not better"): 1, labels(verdict="not compared"): 1,
    }  # fmt: skip


def test_unattended_runs(read: Callable[[], dict[str, Any]], small_home: Path) -> None:
    assert "shortlist_files" not in read()
    ledger, history = Ledger(small_home), History(small_home)
    for state, bad in (("done", 3), ("failed", 0)):
        arrival = ledger.add("events", f"{state}.csv", "1", state)
        ledger.put(replace(arrival, state=state, rows=10, new=7 - bad, repeated=3, bad=bad))
    run = history.add(history.begin("upload"), Execution("train", "done", seconds=12.5))
    ended = history.end(run, "failed").ended
    found = read()
    assert found["shortlist_files"] == {
        labels(kind="events", state="done"): 1, labels(kind="events", state="failed"): 1,
    }  # fmt: skip
    rows = {
        outcome: found["shortlist_rows_total"][labels(kind="events", outcome=outcome)] for outcome in ("new", "bad")
    }
    assert rows == {"new": 11, "bad": 3}
    assert found["shortlist_run_failed"] == {labels(): 1}
    assert ended is not None
    assert found["shortlist_run_timestamp_seconds"][labels()] == pytest.approx(ended.timestamp(), abs=0.001)
    assert found["shortlist_step_seconds"] == {labels(step="train"): 12.5}
    ledger.close()
    history.close()


def test_a_part_that_cannot_be_read_does_not_hide_the_others(
    read: Callable[[], dict[str, Any]], small_home: Path
) -> None:
    assert read()["shortlist_unreadable"] == {}
    (small_home / "trained").mkdir()
    (small_home / "trained/promoted.json").write_text("half a li")
    found = read()
    assert found["shortlist_unreadable"] == {labels(part="models"): 1}
    assert found["shortlist_cpu_seconds_total"][labels()] > 0
    assert found["shortlist_core_hour_price"] == {labels(): 0.04}


def rules() -> str:
    return (FOLDER / "alerts.yml").read_text("utf-8")


def used_names() -> set[str]:
    text = rules() + (FOLDER / "grafana.json").read_text("utf-8")
    recorded = set(re.findall(r"record: (\S+)", text))
    return set(re.findall(r"\bshortlist[_:]\w+", text)) - recorded


def test_dashboard_and_alarms_use_metrics_that_there_are(read: Callable[[], dict[str, Any]], small_home: Path) -> None:
    Ledger(small_home).close()
    day = date(2026, 11, 19)
    finding = Finding("answers: legs", "drifting", excess=1.5)
    write_report(small_home, Report(TRAINED, day, (day, day), 0.01, (finding,)))
    found = read()
    assert found["shortlist_drift_excess"] == {labels(feature="answers: legs"): 1.5}
    there = set(found) | {f"{name}_{part}" for name in found for part in ("total", "bucket")}
    assert used_names() - there == set()


def covered(x: int, y: int, w: int, h: int) -> Iterator[tuple[int, int]]:
    return product(range(x, x + w), range(y, y + h))


def test_the_dashboard_is_whole() -> None:
    panels = json.loads((FOLDER / "grafana.json").read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    taken = [
        (x, y)
        for one in places
        for x in range(one["x"], one["x"] + one["w"])
        for y in range(one["y"], one["y"] + one["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) == 23


def test_each_alarm_has_its_section_of_the_runbook_and_its_test() -> None:
    alarms = re.findall(r"alert: (\w+)", rules())
    assert re.findall(r"^## (\w+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE) == alarms
    cases = (FOLDER / "alerts_test.yml").read_text("utf-8")
    silent = set(re.findall(r"alertname: (\w+), eval_time: \w+, exp_alerts: \[\]", cases))
    fired = set(re.findall(r"alertname: (\w+)\n", cases))
    assert silent == fired == set(alarms)


@pytest.mark.slow
def test_the_alarms_fire_when_they_should() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install promtool)")
    done = subprocess.run([promtool, "test", "rules", "alerts_test.yml"], cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
