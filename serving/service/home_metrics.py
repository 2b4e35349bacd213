"""Metrics of the home, read whenever metrics are: content, models, unattended runs, and the cost of the server."""

from __future__ import annotations

import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shortlist.core.config import Config
from shortlist.ops.data.ledger import FILE as PIPELINE
from shortlist.ops.data.ledger import Ledger
from shortlist.ops.drift.report import read_report
from shortlist.ops.features.progress import read_progress
from shortlist.ops.pipeline.history import History
from shortlist.retrieval.trained.versions import registry
from shortlist.store.home import Home

RUNS = 50  # newest runs of the pipeline that are looked at

log = logging.getLogger(__name__)


class HomeMetrics(Collector):
    """The metrics of a home and of the processes of its server.

    A part that cannot be read is left out, logged, and named in `shortlist_unreadable`.
    """

    def __init__(self, home: Home, config: Config) -> None:
        self._home, self._config = home, config

    def describe(self) -> Iterable[Metric]:
        """See `Collector`. Nothing is read before metrics are asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        unreadable = GaugeMetricFamily("shortlist_unreadable", "1 for a part that cannot be read.", labels=("part",))
        parts = {
            "catalogue": self._catalogue, "models": self._models, "pipeline": self._pipeline, "drift": self._drift,
            "cost": self._cost,
        }  # fmt: skip
        for part, read in parts.items():
            try:
                yield from list(read())
            except Exception:  # no part may hide the others, nor the state of the server
                log.exception("metrics of the %s cannot be read", part)
                unreadable.add_metric([part], 1)
        yield unreadable

    def _catalogue(self) -> Iterator[Metric]:
        catalogue = self._home.catalogue
        yield _gauge("catalogue_revision", "Revision of the catalogue.", catalogue.revision())
        newest = catalogue.events.newest_time()
        yield _time("newest_event", "Time of the newest of the events that were stored last.", newest)
        free = shutil.disk_usage(self._home.path).free
        yield _gauge("disk_free_bytes", "Free space on the disk of the home.", free)

    def _models(self) -> Iterator[Metric]:
        models = registry(self._home.path)
        found, champion = models.versions(), models.champion()
        states = Counter(one.state for one in found)
        yield _gauges("model_versions", "Trained versions by state.", "state", states.items())
        verdicts = Counter(_verdict(one.receipt.get("gate")) for one in found)
        yield _gauges("model_verdicts", "Trained versions by the verdict of the gate.", "verdict", verdicts.items())
        made = next((str(one.receipt["at"]) for one in found if one.name == champion), None)
        when = datetime.fromisoformat(made) if made else None
        yield _time("model_trained", "Time when the version in use was trained.", when)

    def _pipeline(self) -> Iterator[Metric]:
        if not (self._home.path / PIPELINE).exists():
            return
        with closing(Ledger(self._home.path)) as ledger:
            files, rows = ledger.count_files(), ledger.count_rows()
        family = GaugeMetricFamily(
            "shortlist_files", "Files that arrived, by kind and state.", labels=("kind", "state")
        )
        for labels, number in files.items():
            family.add_metric(labels, number)
        yield family
        counter = CounterMetricFamily(
            "shortlist_rows", "Rows that arrived, by kind and outcome.", labels=("kind", "outcome")
        )
        for labels, number in rows.items():
            counter.add_metric(labels, number)
        yield counter
        with closing(History(self._home.path)) as history:
            runs = [run for run in history.newest(RUNS) if run.ended]
        yield _time("run", "End of the newest run.", runs[0].ended if runs else None)
        yield _gauge("run_failed", "1 if the newest run failed.", bool(runs) and runs[0].state == "failed")
        steps = {step.step: step.seconds for run in reversed(runs) for step in run.steps if step.state == "done"}
        yield _gauges("step_seconds", "Duration of each step when it last did its work.", "step", steps.items())
        progress = read_progress(self._home.path)
        built = progress.moment if progress else None
        yield _time("features_built", "Time until which features are built.", built)

    def _drift(self) -> Iterator[Metric]:
        report = read_report(self._home.path)
        if report is None:
            return
        yield _time("drift_judged", "Time of the last check for drift.", report.at)
        excess = [(one.feature, one.excess) for one in report.findings if one.excess is not None]
        yield _gauges("drift_excess", "Distance from the days before, as a multiple of its limit.", "feature", excess)

    def _cost(self) -> Iterator[Metric]:
        parent = psutil.Process(os.getppid() if self._config.serve.workers > 1 else None)
        processes = [parent, *parent.children(recursive=True)]
        times = [one.cpu_times() for one in processes]
        cpu = sum(one.user + one.system for one in times)
        yield CounterMetricFamily("shortlist_cpu_seconds", "CPU time of the server and its models.", cpu)
        rss = sum(one.memory_info().rss for one in processes)
        yield _gauge("memory_bytes", "Resident memory of the server and its models.", rss)
        price = self._config.serve.core_hour_price
        yield _gauge("core_hour_price", "Price of a core-hour, as configured.", price)


def _verdict(gate: dict[str, object] | None) -> str:
    if gate is None:
        return "not compared"
    return "better" if gate["promoted"] else "not better"


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"shortlist_{name}", about, value)


def _time(name: str, about: str, at: datetime | None) -> Metric:
    """Return a gauge in seconds since 1970, without a value if there is no time."""
    return GaugeMetricFamily(f"shortlist_{name}_timestamp_seconds", about, at.timestamp() if at else None)


def _gauges(name: str, about: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"shortlist_{name}", about, labels=(label,))
    for word, value in values:
        family.add_metric([word], value)
    return family
