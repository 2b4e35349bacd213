"""Store a history: its acts as events, and the titles of the newest as texts that are never recommended."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.errors import UsageError
from shortlist.core.types import Article, Attributed, Enrichment, Event, Video
from shortlist.ingest.categorise import Categoriser
from shortlist.ingest.feeds.addresses import feeds_of
from shortlist.ingest.feeds.following import Follow
from shortlist.ingest.feeds.sync import changing_following
from shortlist.ingest.history.acts import VERBS, Act
from shortlist.ingest.history.read import History
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.catalogue.imports import IMPORT, Batch
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

T = TypeVar("T")
Progress = Callable[[str, int], None]  # a stage, and the number of its records that were just done
STORE, ENCODE = "store", "encode"
EVENTS = 10_000  # a transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import: numbers of events that are new, or were stored before, and of new titles.

    `categories` has the numbers of new titles by their guessed category, `channels` those of watches, `followed` the
    channels that were not followed before.
    """

    batch: Batch
    new: int
    known: int
    titles: int
    categories: Counter[str]
    channels: Counter[str]
    followed: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The result as JSON."""
        return {
            "batch": self.batch.id, "reader": self.batch.user_id, "new": self.new, "known": self.known,
            "titles": self.titles, "followed": list(self.followed),
        }  # fmt: skip


def _ignore(_stage: str, _done: int) -> None:
    pass


def store_history(
    home: Home, history: History, user_id: str, encoder: Callable[[], Encoder], config: IngestConfig,
    progress: Progress = _ignore, *, follow: bool = False,
) -> Imported:  # fmt: skip
    """Store `history` for a reader, who is created if unknown, as one batch. Importing it again adds nothing.

    Its channels are followed if `follow`.

    Holds the writer lock. Raises `HomeLocked` at once if another process holds it. After an interruption the batch is
    unfinished: the same call completes it.
    """
    with home.writing("importing a history"):
        followed = _follow(home, history) if follow else ()
        content = {
            **history.document, "follows": [[one.name, one.url] for one in history.channels], "followed": followed,
        }  # fmt: skip
        batch = home.catalogue.imports.begin(user_id, ", ".join(history.sources), content)
        new = 0
        channels = Counter(act.channel for act in history.acts if act.channel and act.verb == "watch")
        for events in _batched(_events(history, batch), EVENTS):
            new += home.catalogue.events.add(events)
            progress(STORE, len(events))
        named = _newest_named(home, history.acts, config.import_titles)
        categories = _store_titles(home, named, batch, encoder, config)
        deliver(home, encoder, lambda done: progress(ENCODE, done))
        home.catalogue.imports.finish(batch)
    return Imported(batch, new, len(history.acts) - new, len(named), categories, channels, followed)


def undo_import(home: Home, batch: Batch) -> tuple[int, int]:
    """Remove all that the import stored, and unfollow what it followed. Return the numbers of events and titles.

    Raises `HomeLocked` at once if another process holds the writer lock.
    """
    with home.writing("undoing an import"):
        if batch.content["followed"]:
            with changing_following(home) as follows:
                for address in batch.content["followed"]:
                    follows.pop(address, None)
        return home.catalogue.imports.undo(batch)


def _follow(home: Home, history: History) -> tuple[str, ...]:
    """Follow the channels of the history that have a feed, and return the addresses that are new."""
    with changing_following(home) as follows:
        new = {one.url: one for one in history.channels if one.url not in follows and _has_feed(one.url)}
        follows.update({url: Follow(url, one.name) for url, one in new.items()})
    return tuple(new)


def _has_feed(url: str) -> bool:
    try:
        return bool(feeds_of(url))
    except UsageError:
        return False


def _batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    following = iter(values)
    return iter(lambda: list(islice(following, size)), [])


def _events(history: History, batch: Batch) -> Iterator[Event]:
    """Yield the events, oldest first. Their ids are the same whichever export they come from."""
    for act in reversed(history.acts):
        item_id, action, second = act.key
        digest = hashlib.sha256(f"{item_id}\x1f{action}\x1f{second}".encode()).hexdigest()[:24]
        yield Event(
            batch.user_id, item_id, act.kind, action, act.at or batch.at, act.seconds, f"import:{digest}",
            batch.request_id,
        )  # fmt: skip


def _newest_named(home: Home, acts: Sequence[Act], limit: int) -> list[Act]:
    """Return an act with a title for each of the newest `limit` items that the home does not have: one with a text."""
    newest = _newest(acts, limit)
    wanted = set(newest) - home.catalogue.videos.known(newest) - home.catalogue.articles.outlines(newest).keys()
    named: dict[str, Act] = {}
    for act in acts:
        if act.item_id in wanted and act.title.strip() and len(act.text) >= len(named.get(act.item_id, act).text):
            named.setdefault(act.item_id, act)
    return list(named.values())


def _store_titles(
    home: Home, named: Sequence[Act], batch: Batch, encoder: Callable[[], Encoder], config: IngestConfig
) -> Counter[str]:
    """Store the titles as texts, and return the numbers of their guessed categories."""
    categories: Counter[str] = Counter()
    if not named:
        return categories
    categoriser = Categoriser(encoder(), config.categories)
    for acts in _batched(named, config.batch):
        guesses = categoriser.categorise([Video(act.item_id, act.title, description=act.text) for act in acts])
        home.catalogue.articles.put([_article(act, batch, guess) for act, guess in zip(acts, guesses, strict=True)])
        categories.update(guess.value for guess in guesses if guess)
    return categories


def _newest(acts: Iterable[Act], limit: int) -> list[str]:
    """Return the ids of the first `limit` different items."""
    ids: dict[str, None] = {}
    for act in acts:
        if len(ids) == limit:
            break
        ids[act.item_id] = None
    return list(ids)


def _article(act: Act, batch: Batch, category: Attributed | None) -> Article:
    facts = {
        IMPORT: str(batch.id), "verb": VERBS[act.verb][0], "kind": act.kind, "channel": act.channel, "url": act.url,
        "body_made_by": act.text_made_by if act.text else "title",
    }  # fmt: skip
    return Article(
        act.item_id, act.title.strip(), act.text, category.value if category else None,
        metadata={name: value for name, value in facts.items() if value}, enrichment=Enrichment(category=category),
    )  # fmt: skip
