"""The tables. Times are whole microseconds since 1970 in UTC, durations are seconds, JSON is stored as text."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from shortlist.store.sql.dialect import Number, Text

SCHEMA_VERSION = 12

catalogue = MetaData()

meta = Table(
    "meta",  # schema_version, home_id, encoder, revision, keys; the revisions that Chroma and each index have
    catalogue,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

videos = Table(
    "videos",
    catalogue,
    Column("id", Text, primary_key=True),
    Column("revision", Number, nullable=False),
    Column("content_sha", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("channel", Text),
    Column("url", Text),
    Column("duration_s", Float),
    Column("published", BigInteger),
    Column("language", Text),
    Column("description", Text, nullable=False),
    Column("transcript_language", Text),
    Column("transcript_origin", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Index("ix_videos_revision", "revision", "id"),
)

segments = Table(
    "segments",
    catalogue,
    Column("video_id", Text, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("start_s", Float),
    Column("end_s", Float),
    sqlite_with_rowid=False,
)

enrichments = Table(
    "enrichments",  # part is summary, category, tags (a JSON list) or rewritten_title
    catalogue,
    Column("video_id", Text, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    sqlite_with_rowid=False,
)

removed_videos = Table(
    "removed_videos",  # tombstones, so that derived state can follow
    catalogue,
    Column("id", Text, primary_key=True),
    Column("revision", Number, nullable=False),
    Index("ix_removed_videos_revision", "revision", "id"),
)

articles = Table(
    "articles",
    catalogue,
    Column("id", Text, primary_key=True),
    Column("revision", Number, nullable=False),
    Column("content_sha", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("category", Text),
    Column("published", BigInteger),
    Column("metadata", Text, nullable=False),
    Column("enrichment", Text, nullable=False),  # the same parts as of a video: {part: [value, made_by]}
    Index("ix_articles_revision", "revision", "id"),
)

readers = Table(
    "readers",
    catalogue,
    Column("id", Text, primary_key=True),
    Column("created", BigInteger),
    Column("interests", Text, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",  # no foreign keys: an event of an unknown item is stored and counted
    catalogue,
    Column("seq", Number, primary_key=True),
    Column("event_id", Text, nullable=False),  # chosen by whoever sends it, so it is unique for its reader only
    Column("user_id", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("dwell_s", Float),
    Column("request_id", Text),
    Column("position", Integer),
    Column("variant", Text),
    Column("arrived", BigInteger),  # when it was stored, ascending with seq; null in catalogues of older versions
    UniqueConstraint("event_id", "user_id"),
    Index("ix_events_reader", "user_id", "at"),
    sqlite_autoincrement=True,
)

imports = Table(
    "imports",  # of histories; its events have the request "import:ID", see `store.catalogue.imports`
    catalogue,
    Column("id", Number, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("done", BigInteger),  # null until all of it is stored
    Column("new_reader", Integer, nullable=False),  # 1 if the import created the reader
    Column("content", Text, nullable=False),  # JSON: what was found, and the channels that the reader follows
    sqlite_autoincrement=True,
)

steps = Table(
    "steps",
    catalogue,
    Column("item", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("seconds", Float),
    Column("cause", Text, nullable=False, server_default=""),  # the code of the error of a failed step
)

locations = Table(
    "locations",  # files and addresses of videos; version changes with the content
    catalogue,
    Column("location", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("video_id", Text, nullable=False),  # no foreign key: a changed video is deleted and inserted
    Index("ix_locations_video", "video_id"),
    sqlite_with_rowid=False,
)

tastes = Table(
    "tastes",  # descriptions of tastes; n_events also depends on interests: see `Tastes.inputs`
    catalogue,
    Column("user_id", Text, primary_key=True),
    Column("sentence", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("n_events", Integer, nullable=False),
    sqlite_with_rowid=False,
)

objectives = Table(
    "objectives",  # what readers want of every list; part is category, channel, length (seconds) or none
    catalogue,
    Column("user_id", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("amount", Float, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

keys = Table(
    "keys",  # of the HTTP API
    catalogue,
    Column("id", Text, primary_key=True),
    Column("sha", Text, nullable=False, unique=True),
    Column("scope", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

revoked_keys = Table(
    "revoked_keys",  # hashes of secrets that are never keys again
    catalogue,
    Column("sha", Text, primary_key=True),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    catalogue,
    Column("seq", Number, primary_key=True),
    Column("thread", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_messages_thread", "thread", "seq"),
)

exposures = Table(
    "exposures",  # what readers were shown; request and items are JSON: see `store.catalogue.exposures`
    catalogue,
    Column("request_id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("request", Text, nullable=False),
    Column("items", Text, nullable=False),
    Column("revision", Number, nullable=False),
    Column("last_event", Number, nullable=False),
    Column("models", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("experiment", Text),
    Index("ix_exposures_at", "at"),
    Index("ix_exposures_reader", "user_id", "at"),
    sqlite_with_rowid=False,
)

experiments = Table(
    "experiments",  # a and b are the settings of the variants as JSON; ended is null while one is in progress
    catalogue,
    Column("name", Text, primary_key=True),
    Column("a", Text, nullable=False),
    Column("b", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("design", Text, nullable=False, server_default="interleave"),
    sqlite_with_rowid=False,
)

features = Table(
    "features",  # the newest row of each entity of a feature view; a key that the view lacks is empty
    catalogue,
    *(Column(name, Text, primary_key=True) for name in ("view", "user_id", "item_id", "category")),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # JSON
    sqlite_with_rowid=False,
)

model_cache = MetaData()

answers = Table(
    "answers",
    model_cache,
    Column("key", Text, primary_key=True),
    Column("answer", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),  # see `CheckedTable`
    sqlite_with_rowid=False,
)

vector_cache = MetaData()

vectors = Table(
    "vectors",
    vector_cache,
    Column("encoder", Text, primary_key=True),
    Column("text_sha", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
    Column("crc", BigInteger, nullable=False),
)
