"""Readers from the rows of a table."""

from __future__ import annotations

from shortlist.core.types import Reader
from shortlist.ingest.records import values
from shortlist.ingest.tables.rows import Columns, Row

COLUMNS = Columns(required=(("user_id",),), optional=("created", "interests"), aliases={"id": "user_id"})


def reader_from_row(row: Row) -> Reader:
    """The reader of a row whose columns are `COLUMNS`; unknown columns are ignored. Raises `RecordError`."""
    get = row.values.get
    return Reader(
        id=values.identifier(get("user_id"), "user id"),
        created=values.moment(get("created"), "created time", days=True),
        interests=values.tags(get("interests"), "interests"),
    )
