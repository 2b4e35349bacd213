"""Convert rows of a table, or of AG News, to articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from shortlist.core.types import Article
from shortlist.core.validation import require
from shortlist.ingest.records import values
from shortlist.ingest.records.ag_news import HUB_NAME, ag_news_rows, hub_rows, is_ag_news
from shortlist.ingest.records.ids import text_id
from shortlist.ingest.sentences import first_sentence
from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.read import Source, rows, table_format
from shortlist.ingest.tables.rows import Columns, Failure, Row

COLUMNS = Columns(
    required=(("title", "body"),),
    optional=("id", "category", "published"),
    aliases={"text": "body", "description": "body", "content": "body", "label": "category"},
)
KNOWN = frozenset(COLUMNS.names)


def article_rows(
    source: Source, columns: Columns = COLUMNS, limits: Limits | None = None
) -> Callable[[], Iterator[Row | Failure]]:
    """Return a function that reads the rows of `source`: "ag_news" (from the hub), the CSV of AG News, or any table.

    Raises `UsageError` for any other source, and `ServiceError` if the hub cannot be reached.
    """
    if not isinstance(source, str | Path):
        return lambda: rows(source, columns)
    if source == HUB_NAME:
        return hub_rows()
    path = Path(source)
    if table_format(path) == ".csv" and not columns.mapping and is_ag_news(path):
        return lambda: ag_news_rows(path)
    return lambda: rows(path, columns, limits)


def article_from_row(row: Row) -> Article:
    """Convert a row with the columns `COLUMNS` to an article. Unknown columns become its metadata.

    A missing title is the first sentence of the body; a missing id is the hash of the normalised text.
    Raises `RecordError`.
    """
    get = row.values.get
    body = values.text(get("body"), "body")
    title = values.text(get("title"), "title") or first_sentence(body)
    require(bool(title), "empty article", "a title or a body", "neither", "give it a text, or drop the row")
    given = get("id")
    return Article(
        id=text_id(title, body) if values.is_missing(given) else values.identifier(given, "article id"),
        title=title,
        body=body,
        category=values.optional_text(get("category"), "category"),
        published=values.moment(get("published"), "published time", days=True),
        metadata=values.metadata(row.values, KNOWN),
    )
