"""The seam of every speech model."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from shortlist.core.types import Transcript


class Transcriber(Protocol):
    """Turns speech into text. `name` identifies program, weights and precision."""

    @property
    def name(self) -> str: ...

    def transcribe(self, path: Path) -> Transcript:
        """What is said in the media file at `path`, in timed segments about a sentence long, origin "whisper".

        Silence, music and a file without sound give an empty transcript without a language. Raises `MediaError`
        for a file that cannot be decoded.
        """
        ...
