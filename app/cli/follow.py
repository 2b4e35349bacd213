"""`shortlist follow`, `following`, `unfollow` and `sync`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.ingest.update_index import make_searchable
from shortlist.app.cli.ingest.videos import AllowPrivate, media_options
from shortlist.app.cli.terminal.failure_table import print_failures
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.core.errors import UsageError
from shortlist.engine.build import encoder_of
from shortlist.ingest.feeds.addresses import feeds_of
from shortlist.ingest.feeds.feed import NotAFeed
from shortlist.ingest.feeds.following import Follow, read_following
from shortlist.ingest.feeds.sync import Synced, changing_following, check_followed
from shortlist.ingest.feeds.sync import sync as run
from shortlist.ingest.feeds.xml_feed import opml_feeds

SOME_FAILED = 1
FOLDER_REMEDY = "store its files with `shortlist ingest videos FOLDER`"


@command()
def follow(
    call: Call,
    sources: Annotated[
        list[str], typer.Argument(help="Channel, playlist or feed address, or an OPML file.", metavar="ADDRESS|OPML...")
    ],
    max_duration: Annotated[
        float | None, typer.Option("--max-duration", help="Longest video, in seconds [180].", min=1, metavar="S")
    ] = None,
) -> None:
    """Follow channels, playlists, podcasts and other feeds. `shortlist sync` looks what is new in them.

    Example: shortlist follow https://example.org/podcast.rss podcasts.opml
    """
    addresses = list(dict.fromkeys(address for source in sources for address in _addresses(source)))
    for address in addresses:
        feeds_of(address)
    with open_or_create(call.config) as store, changing_following(store) as follows:
        new = [address for address in addresses if address not in follows]
        for address in addresses:
            known = follows.get(address, Follow(address))
            follows[address] = known if max_duration is None else Follow(address, known.title, max_duration)
    call.show(
        {"new": new, "following": len(follows)},
        [f"{len(new):,} new, {len(follows):,} followed in all; `shortlist sync` stores their videos"],
    )


@command()
def following(call: Call) -> None:
    """List what is followed: new videos of the last week, the last success, and what went wrong.

    Example: shortlist following
    """
    with call.open_home() as store:
        follows = list(read_following(store.path).values())
    call.show(
        [{**asdict(one), "new": len(_recent(one)), "seen": len(one.seen)} for one in follows],
        [_line(one) for one in follows] or ["nothing is followed yet; `shortlist follow ADDRESS` begins"],
    )


@command()
def unfollow(
    call: Call,
    addresses: Annotated[list[str], typer.Argument(help="As `shortlist following` prints them.", metavar="ADDRESS...")],
) -> None:
    """Stop following addresses. The videos that they brought stay.

    Example: shortlist unfollow https://example.org/podcast.rss
    """
    with call.open_home() as store, changing_following(store) as follows:
        check_followed(addresses, follows)
        for address in set(addresses):
            del follows[address]
        left = len(follows)
    call.show({"following": left}, [f"{left:,} still followed"])


@command()
def sync(
    call: Call,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(help="Only these, at once [all that are due].", metavar="[ADDRESS...]"),
    ] = None,
    allow_private: AllowPrivate = False,
) -> None:
    """Store what is new in the feeds that are followed: titles and descriptions, without a download.

    Example: shortlist sync
    """
    config = call.settings(media=media_options(False, False, None, allow_private))
    with call.open_home() as store:
        synced = run(store, encoder_of(config), config.ingest, config.media, addresses or ())
        make_searchable(store, config)
    if call.as_json:
        print_json(asdict(synced))
    else:
        _print(synced)
    if synced.failures:
        raise typer.Exit(SOME_FAILED)


def _addresses(source: str) -> list[str]:
    if "://" in source:
        return [source]
    path = Path(source).expanduser()
    try:
        return list(opml_feeds(path.read_bytes()))
    except (OSError, NotAFeed) as error:
        raise UsageError(
            "nothing that can be followed", expected="an address with http:// or https://, or an OPML file",
            found=f"{source} ({error})", remedy=FOLDER_REMEDY if path.is_dir() else "correct the address or the path",
        ) from error  # fmt: skip


def _print(synced: Synced) -> None:
    say(
        f"{synced.new:,} new videos from {synced.asked:,} followed addresses: {synced.unchanged:,} unchanged, "
        f"{len(synced.failures):,} failed"
    )
    for number, what in (
        (
            synced.waiting,
            "waiting after a failure; `shortlist following` says why, `shortlist sync ADDRESS` asks at once",
        ),
        (synced.too_long, "entries are longer than the limit; `shortlist follow ADDRESS --max-duration S` raises it"),
        (synced.without_video, "entries have neither video nor sound"),
    ):
        if number:
            say(f"{number:,} {what}")
    print_failures(list(synced.failures))


def _recent(one: Follow) -> list[float]:
    week_ago = datetime.now(UTC).timestamp() - 7 * 86_400
    return [at for at in one.new if at > week_ago]


def _line(one: Follow) -> str:
    health = "not looked at yet"
    if one.succeeded is not None:
        health = f"last success {datetime.fromtimestamp(one.succeeded, UTC):%Y-%m-%d %H:%M} UTC"
    if one.error:
        health = f"{health}; {one.failures:,} failed since: {one.error}"
    name = f"{one.title}, {one.address}" if one.title else one.address
    return f"{name}: {len(_recent(one)):,} new in a week, {health}"
