"""Pictures of videos, one JPEG file each. They are not content: no revision, and you may delete them."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path

from shortlist.store.permissions import make_private

PICTURES = "pictures"


class Pictures:
    """The pictures in the folder of a home. Files are named by the hash of the video's id."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home / PICTURES

    def get(self, video_id: str) -> Path | None:
        """Return the file of a video's picture, or None if it has none."""
        file = self._file(video_id)
        return file if file.is_file() else None

    def put(self, video_id: str, jpeg: bytes) -> None:
        """Store the picture of a video. Replaces an older one in one step. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as part:
            part.write(jpeg)
        Path(part.name).replace(self._file(video_id))
        make_private(self._home, (PICTURES,))

    def remove(self, video_id: str) -> None:
        """Delete the picture of a video, if it has one."""
        with suppress(OSError):
            self._file(video_id).unlink()

    def _file(self, video_id: str) -> Path:
        name = hashlib.sha256(video_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self._folder / f"{name}.jpg"
