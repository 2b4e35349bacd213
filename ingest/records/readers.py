"""Convert rows of a table to readers."""

from __future__ import annotations

from shortlist.core.types import Reader
from shortlist.ingest.records import values
from shortlist.ingest.tables.rows import Columns, Row

COLUMNS = Columns(required=(("user_id",),), optional=("created", "interests"), aliases={"id": "user_id"})


def reader_from_row(row: Row) -> Reader:
    """Convert a row with the columns `COLUMNS` to a reader. Ignores unknown columns. Raises `RecordError`."""
    get = row.values.get
    return Reader(
        id=values.identifier(get("user_id"), "user id"),
        created=values.moment(get("created"), "created time", days=True),
        interests=values.tags(get("interests"), "interests"),
    )
