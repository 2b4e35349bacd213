"""`shortlist ingest`: the group of commands, with articles, readers and events. The others have their own modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.ingest.columns import Dates, Map, Set, options_of
from shortlist.app.cli.ingest.report import report
from shortlist.app.cli.ingest.update_index import make_searchable
from shortlist.app.cli.terminal.output import stage_bars
from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.engine.backup import back_up_if_due
from shortlist.engine.build import encoder_of
from shortlist.ingest.history.importer import reject_export
from shortlist.ingest.load import READ, IngestResult, load_articles, load_events, load_readers
from shortlist.store.home import Home

Load = Callable[[Home, Config, Callable[[str, int], None]], IngestResult]

ARTICLES = "articles"


@command()
def articles(
    call: Call,
    source: Annotated[
        str, typer.Argument(help="ag_news, .jsonl[.gz], .csv, .tsv, .xlsx or .parquet", metavar="SOURCE")
    ],
    columns: Map = None,
    constants: Set = None,
    dates: Dates = None,
) -> None:
    """Store articles that readers read. The original CSV of AG News is recognised.

    Example: shortlist ingest articles sample/articles.csv
    """
    encoder = encoder_of(call.config)
    options = options_of(columns, constants, dates)

    def load(store: Home, config: Config, progress: Callable[[str, int], None]) -> IngestResult:
        return load_articles(store, source, encoder, config.ingest, progress, options)

    _run(ARTICLES, {source: load}, call.config, call.as_json)


@command()
def readers(
    call: Call,
    file: Annotated[Path, typer.Argument(help=".jsonl[.gz], .csv, .tsv, .xlsx or .parquet", metavar="FILE")],
    columns: Map = None,
    constants: Set = None,
    dates: Dates = None,
) -> None:
    """Store readers and their stated interests.

    Example: shortlist ingest readers sample/readers.jsonl
    """
    options = options_of(columns, constants, dates)

    def load(store: Home, config: Config, progress: Callable[[str, int], None]) -> IngestResult:
        return load_readers(store, file, config.ingest, progress, options)

    _run("readers", {str(file): load}, call.config, call.as_json)


@command()
def events(
    call: Call,
    file: Annotated[Path, typer.Argument(help=".jsonl[.gz], .csv, .tsv, .xlsx or .parquet", metavar="FILE")],
    columns: Map = None,
    constants: Set = None,
    dates: Dates = None,
) -> None:
    """Store what readers did: impressions, clicks, views, likes and skips, with dwell times.

    Example: shortlist ingest events sample/events.csv
    """
    options = options_of(columns, constants, dates)

    def load(store: Home, config: Config, progress: Callable[[str, int], None]) -> IngestResult:
        return load_events(store, file, config.ingest, progress, options)

    _run("events", {str(file): load}, call.config, call.as_json)


def _run(what: str, loads: dict[str, Load], config: Config, as_json: bool) -> None:
    """Load every source and print the results."""
    results: dict[str, IngestResult] = {}
    with open_or_create(config) as store:
        for source, load in loads.items():
            try:
                with stage_bars(READ, quiet=as_json) as progress:
                    results[source] = load(store, config, progress)
            except UsageError:
                reject_export(Path(source))
                raise
        if what == ARTICLES:
            make_searchable(store, config)
        else:
            back_up_if_due(store, config.backup)
    report(what, results, as_json)
