"""Files of videos on this machine: the media file that was ingested, and the picture of a video."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from shortlist.ingest.media.frame import frame_of
from shortlist.store.home import Home


class MediaFiles:
    """Finds the files that belong to a video. No other file of this machine can be named."""

    def __init__(self, home: Home) -> None:
        self._locations = home.catalogue.locations
        self._pictures = home.pictures

    def media(self, video_id: str) -> tuple[Path, os.stat_result] | None:
        """Return the ingested file of a video and its status; None if there is none or it has changed since."""
        for location in self._locations.of_video(video_id):
            path, stored = Path(location), self._locations.get(location)
            if stored is None or not path.is_absolute():  # an address
                continue
            try:
                status = path.stat()
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and stored.version == f"{status.st_size}:{status.st_mtime_ns}":
                return path, status
        return None

    def picture(self, video_id: str) -> Path | None:
        """Return the picture of a video. A frame of its file is stored as one if there is none yet."""
        stored = self._pictures.get(video_id)
        if stored is None and (found := self.media(video_id)) is not None and (frame := frame_of(found[0])):
            self._pictures.put(video_id, frame)
            stored = self._pictures.get(video_id)
        return stored
