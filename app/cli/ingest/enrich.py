"""`shortlist ingest enrich`: write summaries, categories, tags, titles and tastes with a language model."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from shortlist.agent.reader.describe_tastes import describe_tastes
from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.ingest.report import SOME_FAILED
from shortlist.app.cli.ingest.update_index import make_searchable
from shortlist.app.cli.terminal.failure_table import print_failures
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.core.config import Config
from shortlist.engine.build import encoder_of, language_model_of, open_enricher
from shortlist.engine.judge import measure_once
from shortlist.ingest.enrich.run import EnrichResult, Kind, Progress, enrich_pending
from shortlist.store.home import Home

REPORT_EVERY_S = 60.0


class What(StrEnum):
    """The kind of records to enrich."""

    videos = "videos"
    articles = "articles"
    readers = "readers"


@command()
def enrich(
    call: Call,
    what: Annotated[What, typer.Argument(help="videos, articles, or the tastes of readers.")] = What.videos,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Also replace the output of other models and prompt versions.")
    ] = False,
    limit: Annotated[int | None, typer.Option(help="At most this many.", min=1, metavar="N")] = None,
) -> None:
    """Describe records with the language model that it has not described yet. A stopped run is resumed.

    Example: shortlist ingest enrich --limit 100
    """
    with call.open_home() as store, _progress(what.value, call.as_json) as progress:
        result = ENRICHERS[what.value](store, call.config, refresh, limit, progress)
    _print(what.value, result, call.as_json)
    if result.failures:
        raise typer.Exit(SOME_FAILED)


def _texts(
    kind: Kind, store: Home, config: Config, refresh: bool, limit: int | None, progress: Progress
) -> EnrichResult:
    enricher = open_enricher(store, config)
    result = enrich_pending(store, kind, enricher, encoder_of(config), refresh=refresh, limit=limit, progress=progress)
    make_searchable(store, config)
    if result.done:
        measure_once(config, enricher.model)
    return result


def _tastes(store: Home, config: Config, refresh: bool, limit: int | None, progress: Progress) -> EnrichResult:
    model = language_model_of(store, config)()
    return describe_tastes(store.catalogue, model, config.profile, refresh=refresh, limit=limit, progress=progress)


ENRICHERS: dict[str, Callable[[Home, Config, bool, int | None, Progress], EnrichResult]] = {
    "videos": partial(_texts, "videos"),
    "articles": partial(_texts, "articles"),
    "readers": _tastes,
}


def _print(kind: str, result: EnrichResult, as_json: bool) -> None:
    if as_json:
        failures = [{"where": failure.where, "reason": failure.reason} for failure in result.failures]
        document = {
            "enriched": result.done, "extractive": result.extractive, "failures": failures,
            "seconds_each": round(result.seconds_each, 2), "made_by": result.made_by,
        }  # fmt: skip
        print_json(document)
        return
    say(
        f"{kind}: {result.done:,} enriched by {result.made_by} in {result.seconds_each:.1f} s each, "
        f"{result.extractive:,} of them without a summary by the model, {len(result.failures):,} failed"
    )
    print_failures([(failure.where, failure.reason) for failure in result.failures])


@contextmanager
def _progress(kind: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Report the speed and the time left on stderr: in place on a terminal, else one line a minute."""
    start = last_report = time.monotonic()
    terminal = sys.stderr.isatty()

    def report(done: int, total: int) -> None:
        nonlocal last_report
        now = time.monotonic()
        if quiet or not (terminal or now - last_report >= REPORT_EVERY_S):
            return
        last_report = now
        each = (now - start) / done
        line = f"{kind}: {done:,} of {total:,}, {each:.1f} s each, {_format_span((total - done) * each)} left"
        typer.echo(f"\r{line:<78}" if terminal else line, nl=not terminal, err=True)

    yield report
    if terminal and not quiet:
        typer.echo("\r" + " " * 78 + "\r", nl=False, err=True)


def _format_span(seconds: float) -> str:
    """Format a length of time: 40 s, 12 min, 3 h 5 min."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
