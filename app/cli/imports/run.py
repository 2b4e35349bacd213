"""`shortlist import SOURCE...`: show what an export has, ask, and store it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.imports.ask import AUTO, ask, asked_domains, check_terminal, found_here
from shortlist.app.cli.imports.first_list import first_list
from shortlist.app.cli.ingest.columns import Dates
from shortlist.app.cli.ingest.update_index import make_searchable
from shortlist.app.cli.last_reader import remember_reader
from shortlist.app.cli.terminal.output import print_json, print_remark, progress_bar, say, stage_bars
from shortlist.core.json_documents import answer_document
from shortlist.core.types import ME
from shortlist.engine.build import encoder_of
from shortlist.ingest.history.page_texts import fetch_texts, wanted
from shortlist.ingest.history.read import History, read_history
from shortlist.ingest.history.store import STORE, store_history
from shortlist.ingest.history.words import preview_lines, report_lines

SHOWN = 5  # failures


@command()
def run(
    call: Call,
    sources: Annotated[
        list[str],
        typer.Argument(help="A file, a zip as you downloaded it, a folder, -, or auto.", metavar="SOURCE..."),
    ],
    reader: Annotated[str, typer.Option(help="Whose history it is; created if unknown.", metavar="ID")] = ME,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leave out what is older.")] = None,
    domain: Annotated[
        list[str] | None,
        typer.Option(
            help="Import the pages of this domain from a browser; repeat it, or say all [asks].", metavar="NAME"
        ),
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="Whose acts to import where the export is of several.", metavar="NAME")
    ] = None,
    dates: Dates = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what there is, and store nothing.")] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch the pages of articles that you saved, liked or read long.")
    ] = False,
    no_searches: Annotated[bool, typer.Option("--no-searches", help="Leave out what you searched for.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Follow the channels, too [asks].")] = False,
) -> None:
    """Import what you watched, read, liked, saved and searched for elsewhere. The format is recognised by content.

    It shows what it found, and asks. `auto` looks for browsers and players on this machine, and asks for each.
    Importing a file again adds nothing. `docs/import.md` says how to get the files.

    Example: shortlist import takeout-20261206.zip
    """
    oldest = since.replace(tzinfo=UTC) if since else None
    asks = not (yes or dry_run)
    sources = [path for source in sources for path in (found_here(asks) if source == AUTO else [source])]
    with progress_bar("read", quiet=call.as_json, rate=True) as progress:
        history = read_history(sources, oldest, progress, None if dates is None else dates.day_first)
    if person is not None:
        history.keep_person(person)
    if no_searches:
        history.leave_out_searches()
    if not call.as_json:
        for line in preview_lines(history):
            say(line)
    if dry_run:
        if call.as_json:
            print_json({**history.document, "imported": None})
        return
    if asks:
        check_terminal("-" in sources)
    history.choose(domain if domain is not None else asked_domains(history.domains) if asks else ())
    if asks:
        follow = ask(reader, history, call.config.ingest.import_titles, follow, fetch)
    if fetch:
        _fetch(call, history)
    _store(call, history, reader, follow)


def _fetch(call: Call, history: History) -> None:
    with progress_bar("fetch", total=len(wanted(history.acts)), quiet=call.as_json) as progress:
        failures = fetch_texts(history.acts, call.config.media, progress)
    for failure in failures[:SHOWN]:
        print_remark(f"{failure.where}: {failure.reason}")
    if failures:
        print_remark(f"{len(failures):,} pages have only their title")


def _store(call: Call, history: History, reader: str, follow: bool) -> None:
    with open_or_create(call.config) as store:
        with stage_bars(STORE, quiet=call.as_json) as progress:
            encoder = encoder_of(call.config)
            done = store_history(store, history, reader, encoder, call.config.ingest, progress, follow=follow)
        make_searchable(store, call.config)
        remember_reader(store, reader)
        candidates = bool(store.catalogue.content_counts().videos)
    if not call.as_json:
        for line in report_lines(done):
            say(line)
    answer = first_list(call, reader, quiet=call.as_json) if candidates else None
    if call.as_json:
        print_json({**history.document, "imported": done.document, "list": answer and answer_document(answer)})
        return
    if done.followed:
        say("Next: `shortlist sync` brings the newest videos of what you follow.")
    elif not candidates:
        say("Next: follow channels (`shortlist follow`), or store videos (`shortlist ingest videos FOLDER`).")
