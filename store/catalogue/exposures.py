"""Exposures: the lists that readers were shown. They are not content: no revision, no writer lock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select

from shortlist.core.errors import HomeDamaged, RecordError
from shortlist.core.exposures import Exposure, ShownItem, request_document, request_of
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.rows import Columns, from_micros, to_micros
from shortlist.store.sql.dialect import in_list
from shortlist.store.sql.schema import exposures, readers

PAGE = 1000


class Exposures(CatalogueTable):
    """The exposures, by request id."""

    def put(self, shown: Sequence[Exposure], oldest: datetime | None = None) -> int:
        """Store exposures in one transaction, and delete all from before `oldest`. Return the number of stored ones.

        An exposure replaces one with the same request id. Those of readers who do not exist any more are left out.
        """
        rows = {exposure.request_id: _row(exposure) for exposure in shown}
        known = select(readers.c.id).where(in_list(readers.c.id, {row["user_id"] for row in rows.values()}))
        with self._database.writing() as connection:
            user_ids = set(connection.scalars(known))
            stored = [row for row in rows.values() if row["user_id"] in user_ids]
            if stored:
                connection.execute(self._database.upsert(exposures), stored)
            if oldest is not None:
                connection.execute(delete(exposures).where(exposures.c.at < to_micros(oldest)))
        return len(stored)

    def get(self, request_id: str) -> Exposure | None:
        """Return the exposure with this request id, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(exposures).where(exposures.c.request_id == request_id)).one_or_none()
        return _exposure(row) if row else None

    def readers_of(self, request_ids: Iterable[str]) -> dict[str, str]:
        """Return the reader of each of these exposures, by request id. Unknown ids are left out."""
        chosen = select(exposures.c.request_id, exposures.c.user_id)
        with self._database.reading() as connection:
            rows = connection.execute(chosen.where(in_list(exposures.c.request_id, request_ids)))
            return {row.request_id: row.user_id for row in rows}

    def iterate(self, experiment: str | None = None, since: datetime | None = None) -> Iterator[Exposure]:
        """Yield all exposures, or those of one experiment, or since a time, oldest first."""
        last: tuple[int, str] = ((to_micros(since) or 0) - 1, "")
        columns = (exposures.c.at, exposures.c.request_id)
        page = select(exposures).order_by(*columns).limit(PAGE)
        if experiment is not None:
            page = page.where(exposures.c.experiment == experiment)
        while True:
            at, request_id = last
            newer = (exposures.c.at > at) | ((exposures.c.at == at) & (exposures.c.request_id > request_id))
            with self._database.reading() as connection:
                rows = list(connection.execute(page.where(newer)))
            yield from map(_exposure, rows)
            if len(rows) < PAGE:
                return
            last = rows[-1].at, rows[-1].request_id


def _row(exposure: Exposure) -> Columns:
    return {
        "request_id": exposure.request_id,
        "user_id": exposure.request.user_id,
        "at": to_micros(exposure.at),
        "request": json.dumps(request_document(exposure.request), ensure_ascii=False),
        "items": json.dumps([asdict(item) for item in exposure.items], ensure_ascii=False),
        "revision": exposure.revision,
        "last_event": exposure.last_event,
        "models": exposure.models,
        "settings": exposure.settings,
        "experiment": exposure.experiment,
    }


def _exposure(row: Row[Any]) -> Exposure:
    try:
        at = from_micros(row.at)
        assert at is not None  # noqa: S101
        return Exposure(
            request_id=row.request_id,
            at=at,
            request=request_of(json.loads(row.request)),
            items=tuple(ShownItem(**item) for item in json.loads(row.items)),
            revision=row.revision,
            last_event=row.last_event,
            models=row.models,
            settings=row.settings,
            experiment=row.experiment,
        )
    except (RecordError, ValueError, TypeError) as error:
        raise HomeDamaged(
            f"the exposure {row.request_id!r} is damaged",
            expected="the exposure as it was stored",
            found=str(error),
            remedy="restore a backup of the catalogue",
        ) from error
