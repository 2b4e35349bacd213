"""`shortlist ingest`: videos, articles, readers and events from tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import AsJson, ConfigFile, HomeDir, settings
from core.config import Config

if TYPE_CHECKING:
    from ingest.load import Loaded
    from store.home import Home

app = typer.Typer(no_args_is_help=True, help="Store videos, articles, readers and events.")

SOME_FAILED = 1
SHOWN_FAILURES = 20

Load = Callable[["Home", Config, Callable[[int], None]], "Loaded"]


@app.command()
def videos(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help=".jsonl[.gz], .csv or .parquet", metavar="SOURCE...")],
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Videos with their transcripts. Ingesting the same file again changes nothing.

    Example: shortlist ingest videos sample/videos.jsonl
    """
    from app.build import encoder_of
    from ingest.load import load_videos

    chosen = settings(context, home, config)
    encoder = encoder_of(chosen)
    loads: dict[str, Load] = {
        source: lambda store, config, progress, source=source: load_videos(  # type: ignore[misc]
            store, source, encoder, config.ingest, progress
        )
        for source in sources
    }
    _run("videos", loads, chosen, as_json)


@app.command()
def articles(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="ag_news, .jsonl[.gz], .csv or .parquet", metavar="SOURCE")],
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Articles that readers read; AG News's own csv is recognised.

    Example: shortlist ingest articles sample/articles.csv
    """
    from app.build import encoder_of
    from ingest.load import load_articles

    chosen = settings(context, home, config)
    encoder = encoder_of(chosen)

    def load(store: Home, config: Config, progress: Callable[[int], None]) -> Loaded:
        return load_articles(store, source, encoder, config.ingest, progress)

    _run("articles", {source: load}, chosen, as_json)


@app.command()
def readers(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=".jsonl[.gz], .csv or .parquet", metavar="FILE")],
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Readers who have done nothing yet, or what they say they like.

    Example: shortlist ingest readers sample/readers.jsonl
    """
    from ingest.load import load_readers

    def load(store: Home, config: Config, progress: Callable[[int], None]) -> Loaded:
        return load_readers(store, file, config.ingest, progress)

    _run("readers", {str(file): load}, settings(context, home, config), as_json)


@app.command()
def events(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=".jsonl[.gz], .csv or .parquet", metavar="FILE")],
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """What readers did: impressions, clicks, views, likes, skips, with dwell times.

    Example: shortlist ingest events sample/events.csv
    """
    from ingest.load import load_events

    def load(store: Home, config: Config, progress: Callable[[int], None]) -> Loaded:
        return load_events(store, file, config.ingest, progress)

    _run("events", {str(file): load}, settings(context, home, config), as_json)


def _run(what: str, loads: dict[str, Load], config: Config, as_json: bool) -> None:
    """Load every source and report it; exits with 1 when a row of any became no record."""
    from app.build import open_home
    from app.cli.output import progress_bar

    results: dict[str, Loaded] = {}
    with open_home(config, create=True) as store:
        for source, load in loads.items():
            with progress_bar(f"{what} from {source}", quiet=as_json) as progress:
                results[source] = load(store, config, progress)
    _report(what, results, as_json)
    if any(loaded.failures for loaded in results.values()):
        raise typer.Exit(SOME_FAILED)


def _report(what: str, results: dict[str, Loaded], as_json: bool) -> None:
    from app.cli.output import print_json, print_notes

    if as_json:
        print_json({source: _document(loaded) for source, loaded in results.items()})
        return
    for source, loaded in results.items():
        typer.echo(
            f"{what} from {source}: {loaded.new:,} new, {loaded.changed:,} changed, {loaded.unchanged:,} unchanged, "
            f"{len(loaded.failures):,} failed"
        )
        print_notes(loaded.notes)
        for failure in loaded.failures[:SHOWN_FAILURES]:
            typer.echo(f"  {failure.where}: {failure.reason}", err=True)
        if len(loaded.failures) > SHOWN_FAILURES:
            typer.echo(f"  and {len(loaded.failures) - SHOWN_FAILURES:,} more; --json lists them all", err=True)


def _document(loaded: Loaded) -> dict[str, object]:
    return {
        "new": loaded.new,
        "changed": loaded.changed,
        "unchanged": loaded.unchanged,
        "failures": [{"where": failure.where, "reason": failure.reason} for failure in loaded.failures],
        "notes": list(loaded.notes),
    }
