"""`shortlist ingest retry`: everything that failed, once more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from shortlist.app.cli.ingest.report import report
from shortlist.app.cli.ingest.videos import (
    AllowPrivate,
    AutoCaptions,
    Cookies,
    KeepMedia,
    Limit,
    MaxDuration,
    filter_from_options,
    media_options,
    take,
)
from shortlist.app.cli.terminal.filter_options import PublishedAfter
from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say

if TYPE_CHECKING:
    from shortlist.store.home import Home


def retry(
    context: typer.Context,
    limit: Limit = None,
    max_duration: MaxDuration = None,
    published_after: PublishedAfter = None,
    auto_captions: AutoCaptions = False,
    keep_media: KeepMedia = False,
    cookies: Cookies = None,
    allow_private: AllowPrivate = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Try again what failed to be listed, downloaded, transcribed or stored. What fails again is listed again.

    Example: shortlist ingest retry --cookies cookies.txt
    """
    from shortlist.app.build import open_home
    from shortlist.ingest.media.sources import source_of

    chosen = settings(context, home, config, media=media_options(auto_captions, keep_media, cookies, allow_private))
    media_filter = filter_from_options(limit, max_duration, published_after)
    began = datetime.now(UTC)
    with open_home(chosen) as store:
        failed = _failed(store)
        if not failed:
            say("nothing failed: there is nothing to try again", err=True)
        results = take(
            store, [], {item: source_of(item, chosen.media, media_filter) for item in failed}, chosen, as_json
        )
        for one in store.catalogue.steps.failures():
            if one.step == "list" and one.at < began:
                store.catalogue.steps.remove(one.item, one.step)  # it could be listed this time
    report("videos", results, as_json)


def _failed(store: Home) -> list[str]:
    """Where everything lies that failed; a file that is no longer there is forgotten."""
    from shortlist.app.cli.terminal.output import print_remark
    from shortlist.ingest.default_enrichment import ENRICH_ARTICLE, ENRICH_VIDEO
    from shortlist.ingest.media.sources import is_missing_file

    failures = sorted(
        store.catalogue.steps.failures(), key=lambda one: (one.step != "list", one.item)
    )  # lists know more
    failed = list(dict.fromkeys(one.item for one in failures if one.step not in (ENRICH_VIDEO, ENRICH_ARTICLE)))
    gone = [item for item in failed if is_missing_file(item)]
    for item in gone:
        store.catalogue.steps.remove(item)
    if gone:
        print_remark(f"{len(gone):,} that failed are no longer there, and forgotten")
    return [item for item in failed if item not in gone]
