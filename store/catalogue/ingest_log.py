"""The ingest log: the outcome of every step for every item, and the locations that videos were taken from."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, func, select

from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.records import Located, StepFailure, StepStatus
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.sql.schema import locations, steps, videos


class Steps(CatalogueTable):
    """The last outcome of every step for every item."""

    def put(self, item: str, step: str, status: StepStatus, reason: str = "", seconds: float | None = None) -> None:
        """Store how `step` ended for `item` (an id, a file, an address) and its duration; replaces the last outcome."""
        at = to_micros(datetime.now(UTC))
        row = {"item": item, "step": step, "status": status, "reason": reason, "at": at, "seconds": seconds}
        with self._database.writing() as connection:
            connection.execute(self._database.replace(steps, row))

    def failures(self) -> list[StepFailure]:
        """The steps that failed, oldest first."""
        failed = select(steps).where(steps.c.status == "failed").order_by(steps.c.at, steps.c.item, steps.c.step)
        with self._database.reading() as connection:
            return [
                StepFailure(row.item, row.step, row.reason, from_micros(row.at) or datetime.now(UTC))
                for row in connection.execute(failed)
            ]

    def counts(self) -> dict[str, dict[str, int]]:
        """The number of items by outcome, as {step: {status: items}}."""
        grouped = select(steps.c.step, steps.c.status, func.count()).group_by(steps.c.step, steps.c.status)
        counts: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for step, status, number in connection.execute(grouped):
                counts.setdefault(step, {})[status] = number
        return counts

    def mean_seconds(self) -> dict[str, float]:
        """Mean duration of the steps that were done and timed, as {step: seconds}."""
        timed = select(steps.c.step, func.avg(steps.c.seconds)).where(steps.c.status == "done")
        with self._database.reading() as connection:
            rows = connection.execute(timed.where(steps.c.seconds.is_not(None)).group_by(steps.c.step))
            return {step: float(seconds) for step, seconds in rows}

    def done(self, step: str) -> set[str]:
        """The items for which `step` was done."""
        done = select(steps.c.item).where(steps.c.step == step, steps.c.status == "done")
        with self._database.reading() as connection:
            return set(connection.scalars(done))

    def remove(self, item: str | None = None, step: str | None = None) -> int:
        """Delete the outcomes for `item`, of the kind `step`, or all; return how many there were."""
        chosen = delete(steps)
        if item is not None:
            chosen = chosen.where(steps.c.item == item)
        if step is not None:
            chosen = chosen.where(steps.c.step == step)
        with self._database.writing() as connection:
            return connection.execute(chosen).rowcount


class Locations(CatalogueTable):
    """The locations that videos were taken from. They are no content: no revision rises, no lock is needed."""

    def put(self, location: str, version: str, video_id: str) -> None:
        """Store that `video_id` was taken from `location`; replaces what was stored for that location."""
        row = {"location": location, "version": version, "video_id": video_id}
        with self._database.writing() as connection:
            connection.execute(self._database.replace(locations, row))

    def get(self, location: str) -> Located | None:
        """The video taken from `location`; None for a new one, and for one whose video was removed since."""
        found = select(locations).join(videos, videos.c.id == locations.c.video_id)
        with self._database.reading() as connection:
            row = connection.execute(found.where(locations.c.location == location)).one_or_none()
        return Located(row.version, row.video_id) if row else None

    def of_video(self, video_id: str) -> list[str]:
        """All locations that `video_id` was taken from, sorted."""
        chosen = select(locations.c.location).where(locations.c.video_id == video_id)
        with self._database.reading() as connection:
            return list(connection.scalars(chosen.order_by(locations.c.location)))
