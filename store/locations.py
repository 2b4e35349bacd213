"""Where videos were taken from: files and addresses, each with the version of what lay there."""

from __future__ import annotations

from sqlalchemy import select

from shortlist.store.part import Part
from shortlist.store.records import Located
from shortlist.store.schema import locations, videos


class Locations(Part):
    """Locations: note, look up. They are no content: no revision rises, no lock is needed."""

    def put_location(self, location: str, version: str, video_id: str) -> None:
        """Note that `video_id` was taken from `location`; replaces what was noted for it before."""
        row = {"location": location, "version": version, "video_id": video_id}
        with self._database.writing() as connection:
            connection.execute(self._database.replace(locations, row))

    def located(self, location: str) -> Located | None:
        """What was taken from `location`; None for a new one, and for one whose video was removed since."""
        found = select(locations).join(videos, videos.c.id == locations.c.video_id)
        with self._database.reading() as connection:
            row = connection.execute(found.where(locations.c.location == location)).one_or_none()
        return Located(row.version, row.video_id) if row else None

    def locations_of(self, video_id: str) -> list[str]:
        """All places that `video_id` was taken from, sorted."""
        chosen = select(locations.c.location).where(locations.c.video_id == video_id)
        with self._database.reading() as connection:
            return list(connection.scalars(chosen.order_by(locations.c.location)))
