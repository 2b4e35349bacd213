"""`shortlist export`: write the best videos of every reader to one file."""

from __future__ import annotations

import time
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.filter_options import with_filter_options
from shortlist.app.cli.terminal.list_options import K, Rerank
from shortlist.app.cli.terminal.output import print_json, print_remark, progress_bar, say
from shortlist.app.export.plan import Plan, check_files, count_readers, parse_details
from shortlist.app.export.run import ExportResult
from shortlist.app.export.run import export as run
from shortlist.core.json_documents import notes_document
from shortlist.core.ranking import Filters, Request

SOME_FAILED = 1
SHOWN = 20


class Engine(StrEnum):
    """The engine that runs the export."""

    local = "local"
    ray = "ray"


@command()
@with_filter_options
def export(
    call: Call,
    out: Annotated[Path, typer.Option("--out", help=".parquet, .csv, .jsonl or .xlsx", metavar="FILE")],
    users: Annotated[
        Path | None,
        typer.Option("--users", help="Ids, one a line, or a table with user_id [all readers].", metavar="FILE"),
    ] = None,
    k: K = 20,
    rerank: Rerank = "auto",
    engine: Annotated[Engine, typer.Option("--engine", help="This machine, or a Ray cluster.")] = Engine.local,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an export that was stopped.")] = False,
    details: Annotated[
        str,
        typer.Option(
            "--with",
            help="Columns to add, as title,url,reason; or channel, duration_s, published, category, category_is_guess.",
            metavar="NAMES",
        ),
    ] = "",
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Write texts to CSV and Excel unchanged, even where they are read as a formula."),
    ] = False,
    *,
    filters: Filters,
) -> None:
    """Write every reader's best videos, as `recommend` ranks them, with the scores of each stage.

    Example: shortlist export --out recommendations.xlsx --with title,url,reason
    """
    check_files(out, users)
    plan = Plan(
        out,
        Request("", k, rerank=rerank, filters=filters),
        call.config.export.shard,
        users,
        raw,
        parse_details(details),
    )
    begin = time.perf_counter()
    with (
        call.open_home() as store,
        progress_bar("readers", count_readers(plan, store), quiet=call.as_json, rate=True) as progress,
    ):
        exported = run(plan, store, call.config, engine.value, resume=resume, progress=progress)
    _report(exported, out, time.perf_counter() - begin, call.as_json)
    failed = exported.unjudged and rerank != "auto"  # "auto" may go on without a model
    if exported.unknown or failed:
        raise typer.Exit(SOME_FAILED)


def _report(exported: ExportResult, out: Path, seconds: float, as_json: bool) -> None:
    rate = exported.readers / max(seconds, 1e-9)
    if as_json:
        counts = {
            "out": str(out),
            "readers": exported.readers,
            "rows": exported.rows,
            "unknown": list(exported.unknown),
            "unjudged": exported.unjudged,
            "notes": [
                {**document, "readers": readers}
                for document, readers in zip(notes_document(exported.notes), exported.notes.values(), strict=True)
            ],
        }
        print_json({**counts, "seconds": round(seconds, 2), "readers_per_s": round(rate, 1)})
    else:
        say(f"{exported.rows:,} rows for {exported.readers:,} readers in {out}: {seconds:.1f} s, {rate:,.0f} readers/s")
    for note, readers in islice(exported.notes.items(), SHOWN):
        print_remark(f"{readers:,} of {exported.readers:,} readers: {note.full}")
    for user_id in exported.unknown[:SHOWN]:
        say(f"unknown reader: {user_id}", err=True)
    if len(exported.unknown) > SHOWN:
        say(f"and {len(exported.unknown) - SHOWN:,} more", err=True)
