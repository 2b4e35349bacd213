"""`shortlist ingest retry`: try everything that failed again."""

from __future__ import annotations

from datetime import UTC, datetime

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.ingest.report import report
from shortlist.app.cli.ingest.videos import (
    AllowPrivate,
    AutoCaptions,
    Cookies,
    KeepMedia,
    Limit,
    MaxDuration,
    PublishedAfter,
    filter_from_options,
    ingest_sources,
    media_options,
)
from shortlist.app.cli.terminal.output import print_remark, say
from shortlist.engine.build import open_home
from shortlist.ingest.default_enrichment import ENRICH_ARTICLE, ENRICH_VIDEO
from shortlist.ingest.media.choose_source import is_missing_file, source_of
from shortlist.store.home import Home


@command()
def retry(
    call: Call,
    limit: Limit = None,
    max_duration: MaxDuration = None,
    published_after: PublishedAfter = None,
    auto_captions: AutoCaptions = False,
    keep_media: KeepMedia = False,
    cookies: Cookies = None,
    allow_private: AllowPrivate = False,
) -> None:
    """Retry everything that could not be listed, downloaded, transcribed or stored.

    Example: shortlist ingest retry --cookies cookies.txt
    """
    chosen = call.settings(media=media_options(auto_captions, keep_media, cookies, allow_private))
    media_filter = filter_from_options(limit, max_duration, published_after)
    began = datetime.now(UTC)
    with open_home(chosen) as store:
        failed = _failed_items(store)
        if not failed:
            say("nothing failed: there is nothing to retry", err=True)
        results = ingest_sources(
            store, [], {item: source_of(item, chosen.media, media_filter) for item in failed}, chosen, call.as_json
        )
        for failure in store.catalogue.steps.failures():
            if failure.step == "list" and failure.at < began:
                store.catalogue.steps.remove(failure.item, failure.step)  # this time it was listed
    report("videos", results, call.as_json)


def _failed_items(store: Home) -> list[str]:
    """Return the locations of all failures, and remove the failures of files that no longer exist."""
    # Lists first: they give more metadata than a single video's address.
    failures = sorted(store.catalogue.steps.failures(), key=lambda entry: (entry.step != "list", entry.item))
    failed = list(dict.fromkeys(entry.item for entry in failures if entry.step not in (ENRICH_VIDEO, ENRICH_ARTICLE)))
    gone = [item for item in failed if is_missing_file(item)]
    for item in gone:
        store.catalogue.steps.remove(item)
    if gone:
        print_remark(f"failures of files that no longer exist, now removed: {len(gone):,}")
    return [item for item in failed if item not in gone]
