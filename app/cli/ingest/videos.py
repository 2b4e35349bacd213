"""`shortlist ingest videos`: store videos from tables, media files, addresses and object storage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.ingest.columns import Dates, Map, Set, options_of
from shortlist.app.cli.ingest.report import report
from shortlist.app.cli.ingest.update_index import make_searchable
from shortlist.app.cli.terminal.filter_options import moment_parser
from shortlist.app.cli.terminal.output import print_remark, stage_bars
from shortlist.core.config import Config
from shortlist.core.errors import RecordError, UsageError
from shortlist.core.filter_fields import filters_from
from shortlist.core.types import EXTRACTIVE
from shortlist.engine.build import encoder_of, transcriber_of
from shortlist.ingest.default_enrichment import ENRICH_VIDEO
from shortlist.ingest.history.importer import reject_export
from shortlist.ingest.load import NO_OPTIONS, READ, IngestResult, load_videos
from shortlist.ingest.media.choose_source import source_of
from shortlist.ingest.media.local_files import SUFFIXES
from shortlist.ingest.media.pipeline import Models, load_media
from shortlist.ingest.media.source import MediaFilter, Source
from shortlist.ingest.tables.read import is_table, table_format
from shortlist.ingest.tables.rows import ColumnOptions, Failure
from shortlist.store.home import Home

SOURCES = ".jsonl[.gz], .csv, .tsv, .xlsx, .parquet | media file | folder | channel, playlist, feed or video address | s3://BUCKET/PREFIX"
Limit = Annotated[int | None, typer.Option("--limit", help="At most this many from each source.", min=1, metavar="N")]
MaxDuration = Annotated[
    float | None,
    typer.Option("--max-duration", help="Longest video, in seconds [addresses: 180; files: 4 hours].", metavar="S"),
]
PublishedAfter = Annotated[
    datetime | None,
    typer.Option(
        "--published-after",
        help="Only videos of this day or time or later, as 2026-11-01.",
        metavar="DATE",
        parser=moment_parser("--published-after"),
    ),
]
AutoCaptions = Annotated[
    bool, typer.Option("--auto-captions", help="Use a site's automatic captions if it has no others.")
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Allow addresses on this machine and in private networks.")
]
Cookies = Annotated[Path | None, typer.Option("--cookies", help="cookies.txt of a logged-in browser.", metavar="FILE")]
KeepMedia = Annotated[bool, typer.Option("--keep-media", help="Keep downloads after transcription.")]


@command()
def videos(
    call: Call,
    sources: Annotated[list[str], typer.Argument(help=SOURCES, metavar="SOURCE...")],
    limit: Limit = None,
    max_duration: MaxDuration = None,
    published_after: PublishedAfter = None,
    auto_captions: AutoCaptions = False,
    keep_media: KeepMedia = False,
    cookies: Cookies = None,
    allow_private: AllowPrivate = False,
    columns: Map = None,
    constants: Set = None,
    dates: Dates = None,
) -> None:
    """Store videos with their transcripts. Run the same command again to add new videos or to resume after a stop.

    Example: shortlist ingest videos ~/clips https://www.youtube.com/@CHANNEL --limit 50
    """
    chosen = call.settings(media=media_options(auto_captions, keep_media, cookies, allow_private))
    media_filter = filter_from_options(limit, max_duration, published_after)
    sources = list(dict.fromkeys(sources))
    tables = [source for source in sources if is_table(source)]
    for table in tables:
        table_format(Path(table))  # report a missing table before anything is stored
    for source in sources:
        if source not in tables and Path(source).suffix.lower() not in SUFFIXES:
            reject_export(Path(source).expanduser())
    media = {source: source_of(source, chosen.media, media_filter) for source in sources if source not in tables}
    limits = {"--limit": limit, "--max-duration": max_duration, "--published-after": published_after}
    limiting = [name for name, value in limits.items() if value is not None]
    if tables and limiting:
        remedy = "shorten the table, or leave the option out"
        raise UsageError(f"{limiting[0]} with a table", expected="media or addresses", found=tables[0], remedy=remedy)
    options = options_of(columns, constants, dates)
    with open_or_create(chosen) as store:
        results = ingest_sources(store, tables, media, chosen, call.as_json, options)
    report("videos", results, call.as_json)


def filter_from_options(limit: int | None, max_duration: float | None, published_after: datetime | None) -> MediaFilter:
    """Build the filter from the options. Raises `RecordError` for an invalid one."""
    filters = filters_from({"published_after": published_after})
    return MediaFilter(max_duration, filters.published_after, limit)


def media_options(auto_captions: bool, keep_media: bool, cookies: Path | None, allow_private: bool) -> dict[str, Any]:
    """Return the settings of section `media` that the options change."""
    options: dict[str, Any] = {
        "auto_captions": auto_captions, "keep_media": keep_media, "cookies": cookies, "allow_private": allow_private,
    }  # fmt: skip
    return {name: value for name, value in options.items() if value}


def ingest_sources(
    store: Home,
    tables: Sequence[str],
    media: dict[str, Source],
    config: Config,
    as_json: bool,
    options: ColumnOptions = NO_OPTIONS,
) -> dict[str, IngestResult]:
    """Ingest tables, then media. Returns a result for each table and one for all media.

    If there are several sources, a table that cannot be read is a failure and the others are ingested.
    """
    results: dict[str, IngestResult] = {}
    for table in tables:
        try:
            with stage_bars(READ, quiet=as_json) as progress:
                results[table] = load_videos(store, table, encoder_of(config), config.ingest, progress, options)
        except (UsageError, RecordError) as error:
            reject_export(Path(table))
            if len(tables) + len(media) == 1:
                raise
            results[table] = IngestResult(failures=(Failure(table, str(error)),))
    if media:
        name = next(iter(media)) if len(media) == 1 else f"{len(media)} sources"
        results[name] = _media(store, list(media.values()), config, as_json)
    make_searchable(store, config)
    _suggest_enrich(store, as_json)
    return results


def _media(store: Home, sources: list[Source], config: Config, as_json: bool) -> IngestResult:
    models = Models(transcriber_of(config), encoder_of(config))
    with stage_bars("list", quiet=as_json) as progress:
        return load_media(store, sources, models, config.ingest, config.media, progress)


def _suggest_enrich(store: Home, as_json: bool) -> None:
    waiting = store.catalogue.videos.made_by("summary", EXTRACTIVE) - store.catalogue.steps.done(ENRICH_VIDEO)
    if waiting and not as_json:
        problem = "1 summary is sentences" if len(waiting) == 1 else f"{len(waiting):,} summaries are sentences"
        problem = f"{problem} of the transcript"
        print_remark(f"{problem}; `shortlist ingest enrich` writes better ones with a language model")
