"""The ingest log: the outcome of every step for every item, and the locations of videos."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update

from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.results import Located, StepFailure, StepStatus
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.sql.schema import locations, steps, videos


class Steps(CatalogueTable):
    """The last outcome of every step for every item."""

    def put(
        self,
        item: str,
        step: str,
        status: StepStatus,
        reason: str = "",
        seconds: float | None = None,
        cause: str = "",
    ) -> None:
        """Store the outcome and duration of `step` for `item` (an id, file or address). Replaces the last outcome.

        `cause` is the code of the error if the step failed.
        """
        at = to_micros(datetime.now(UTC))
        row = {
            "item": item, "step": step, "status": status, "reason": reason, "at": at, "seconds": seconds,
            "cause": cause,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(self._database.replace(steps, row))

    def failures(self) -> list[StepFailure]:
        """Return the failed steps, oldest first."""
        failed = select(steps).where(steps.c.status == "failed").order_by(steps.c.at, steps.c.item, steps.c.step)
        with self._database.reading() as connection:
            return [
                StepFailure(row.item, row.step, row.cause, row.reason, from_micros(row.at) or datetime.now(UTC))
                for row in connection.execute(failed)
            ]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of items by outcome, as {step: {status: items}}."""
        grouped = select(steps.c.step, steps.c.status, func.count()).group_by(steps.c.step, steps.c.status)
        counts: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for step, status, number in connection.execute(grouped):
                counts.setdefault(step, {})[status] = number
        return counts

    def mean_seconds(self) -> dict[str, float]:
        """Return the mean duration of finished steps, as {step: seconds}."""
        timed = select(steps.c.step, func.avg(steps.c.seconds)).where(steps.c.status == "done")
        with self._database.reading() as connection:
            rows = connection.execute(timed.where(steps.c.seconds.is_not(None)).group_by(steps.c.step))
            return {step: float(seconds) for step, seconds in rows}

    def done(self, step: str) -> set[str]:
        """Return the items with a finished `step`."""
        done = select(steps.c.item).where(steps.c.step == step, steps.c.status == "done")
        with self._database.reading() as connection:
            return set(connection.scalars(done))

    def remove(self, item: str | None = None, step: str | None = None) -> int:
        """Delete the outcomes of `item`, of `step`, or all. Return their number."""
        chosen = delete(steps)
        if item is not None:
            chosen = chosen.where(steps.c.item == item)
        if step is not None:
            chosen = chosen.where(steps.c.step == step)
        with self._database.writing() as connection:
            return connection.execute(chosen).rowcount


class Locations(CatalogueTable):
    """The locations of videos: files and addresses. They are not content: no revision, no writer lock."""

    def put(self, location: str, version: str, video_id: str) -> None:
        """Store that `video_id` was ingested from `location`. Replaces an older entry of that location."""
        row = {"location": location, "version": version, "video_id": video_id}
        with self._database.writing() as connection:
            connection.execute(self._database.replace(locations, row))

    def get(self, location: str) -> Located | None:
        """Return the video ingested from `location`; None if there is none or it was removed."""
        found = select(locations).join(videos, videos.c.id == locations.c.video_id)
        with self._database.reading() as connection:
            row = connection.execute(found.where(locations.c.location == location)).one_or_none()
        return Located(row.version, row.video_id) if row else None

    def move(self, old: str, new: str) -> None:
        """Replace the location `old` by `new`, where the same file is now. Does nothing if `old` is unknown."""
        with self._database.writing() as connection:
            if connection.scalar(select(func.count()).where(locations.c.location == old)):
                connection.execute(delete(locations).where(locations.c.location == new))
                connection.execute(update(locations).where(locations.c.location == old).values(location=new))

    def of_video(self, video_id: str) -> list[str]:
        """Return all locations of `video_id`, sorted."""
        chosen = select(locations.c.location).where(locations.c.video_id == video_id)
        with self._database.reading() as connection:
            return list(connection.scalars(chosen.order_by(locations.c.location)))
