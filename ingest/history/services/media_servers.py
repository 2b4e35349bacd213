"""What was watched on Jellyfin and Plex: their databases, and the list that Jellyfin's API returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shortlist.ingest.feeds.feed import moment
from shortlist.ingest.history.acts import Act, Found, LeftOut, Verb, epoch, marked
from shortlist.ingest.history.databases import copy_of, tables_of
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document

TICK = 1e-7  # seconds
# Since 10.11 all is in jellyfin.db; before, library.db had items, and knew people by number.
JELLYFIN = """SELECT i.Name, i.SeriesName, i.RunTimeTicks, i.Overview, u.Played, u.PlaybackPositionTicks, u.IsFavorite,
    u.LastPlayedDate, coalesce(p.Username, u.UserId) FROM UserData u JOIN BaseItems i ON u.ItemId = i.Id
    LEFT JOIN Users p ON p.Id = u.UserId WHERE i.MediaType = 'Video' OR i.MediaType IS NULL"""
OLD_JELLYFIN = """SELECT i.Name, i.SeriesName, i.RunTimeTicks, i.Overview, u.played, u.playbackPositionTicks,
    u.isFavorite, u.lastPlayedDate, 'user ' || u.userId FROM UserDatas u JOIN TypedBaseItems i ON u.key = i.UserDataKey
    WHERE i.MediaType = 'Video' OR i.MediaType IS NULL"""
PLEX = """SELECT v.title, v.grandparent_title, v.viewed_at, coalesce(a.name, v.account_id)
    FROM metadata_item_views v LEFT JOIN accounts a ON a.id = v.account_id
    WHERE v.metadata_type IN (1, 4) ORDER BY v.viewed_at"""  # films and episodes
PLEX_RATINGS = """SELECT i.title, p.title, s.rating, coalesce(a.name, s.account_id), s.updated_at
    FROM metadata_item_settings s JOIN metadata_items i ON i.guid = s.guid LEFT JOIN accounts a ON a.id = s.account_id
    LEFT JOIN metadata_items o ON o.id = i.parent_id LEFT JOIN metadata_items p ON p.id = o.parent_id
    WHERE s.rating IS NOT NULL AND i.metadata_type IN (1, 4)"""
LIKED, DISLIKED = 8, 4  # of ten points: four stars and two
UNSEEN = LeftOut("items that were neither watched nor marked")


def is_jellyfin(head: Head) -> float:
    """The tables of the new or the old database."""
    new, old = {"UserData", "BaseItems"}, {"UserDatas", "TypedBaseItems"}
    return 0.95 if new <= head.tables or old <= head.tables else 0.0


def read_jellyfin(part: Part) -> Iterator[Found]:
    """Yield what was watched, with how far it got, and the favourites, of each person."""
    with copy_of(part.path) as database:
        for row in database.execute(JELLYFIN if "BaseItems" in tables_of(part.path) else OLD_JELLYFIN):
            name, series, ticks, overview, played, position, favourite, at, person = row
            yield from _acts(
                title(name, series), str(at or ""), bool(played), position or 0, bool(favourite), ticks or 0,
                str(overview or ""), str(person or ""),
            )  # fmt: skip


def is_jellyfin_list(head: Head) -> float:
    """An answer of `/Users/ID/Items`."""
    return 0.9 if head.text.startswith("{") and '"Items"' in head.text and '"UserData"' in head.text else 0.0


def read_jellyfin_list(part: Part) -> Iterator[Found]:
    """Yield what was watched, with how far it got, and the favourites."""
    items = json_document(part.path).get("Items")
    for item in items if isinstance(items, list) else []:
        state: dict[str, Any] = item.get("UserData") or {} if isinstance(item, dict) else {}
        if not state or item.get("MediaType", "Video") != "Video":
            yield UNSEEN
            continue
        yield from _acts(
            title(item.get("Name"), item.get("SeriesName")), str(state.get("LastPlayedDate") or ""),
            bool(state.get("Played")), state.get("PlaybackPositionTicks") or 0, bool(state.get("IsFavorite")),
            item.get("RunTimeTicks") or 0, str(item.get("Overview") or ""), "",
        )  # fmt: skip


def title(name: Any, series: Any) -> str:
    """Return the title of a film, or of an episode with its series."""
    return ": ".join(str(one) for one in (series, name) if one)


def _acts(
    name: str, at: str, played: bool, position: float, favourite: bool, ticks: float, text: str, person: str
) -> Iterator[Found]:
    verbs = marked((bool(played or position), "watch"), (favourite, "like"))
    if not verbs or not name:
        yield UNSEEN
        return
    seconds = (ticks if played and not position else position) * TICK
    for verb in verbs:
        yield Act(
            verb, moment(at[:26]), title=name, seconds=seconds or None if verb == "watch" else None,
            length_s=ticks * TICK or None, text=text, person=person,
        )  # fmt: skip


def is_plex(head: Head) -> float:
    """The tables of its library."""
    return 0.95 if {"metadata_item_views", "metadata_items"} <= head.tables else 0.0


def read_plex(part: Part) -> Iterator[Found]:
    """Yield each view of a film or an episode, and likes and dislikes for its stars, of each account."""
    with copy_of(part.path) as database:
        for name, series, at, person in database.execute(PLEX):
            if full := title(name, series):
                yield Act("watch", epoch(at), title=full, person=str(person or ""))
        for name, series, rating, person, at in database.execute(PLEX_RATINGS):
            if DISLIKED < rating < LIKED or not name:
                continue
            verb: Verb = "like" if rating >= LIKED else "dislike"
            yield Act(verb, epoch(at), title=title(name, series), person=str(person or ""))


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("jellyfin", Importer("Jellyfin", is_jellyfin, read_jellyfin))
    IMPORTERS.add("jellyfin-list", Importer("Jellyfin (JSON)", is_jellyfin_list, read_jellyfin_list))
    IMPORTERS.add("plex", Importer("Plex", is_plex, read_plex))
