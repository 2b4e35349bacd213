"""`shortlist ingest retry`: everything that failed, once more."""

from __future__ import annotations

import typer

from app.cli.options import AsJson, ConfigFile, HomeDir, settings
from app.cli.videos import AllowPrivate, Cookies, KeepMedia, media_options, run


def retry(
    context: typer.Context,
    keep_media: KeepMedia = False,
    cookies: Cookies = None,
    allow_private: AllowPrivate = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Try again what failed to download, transcribe or be stored. What fails again is listed again.

    Example: shortlist ingest retry --cookies cookies.txt
    """
    from app.build import open_home
    from ingest.enrich.selection import ENRICH
    from ingest.media.item import Wanted
    from ingest.media.sources import source_of

    chosen = settings(context, home, config, media=media_options(False, keep_media, cookies, allow_private))
    with open_home(chosen) as store:
        failed = {one.item for one in store.catalogue.failures() if one.step != ENRICH}
        sources = {item: source_of(item, chosen.media, Wanted()) for item in sorted(failed)}
        for item in failed:
            store.catalogue.clear_steps(item, "list")
    if not sources:
        typer.echo("nothing failed: there is nothing to try again", err=True)
    run([], sources, chosen, as_json)
