"""The protocol of speech models."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from shortlist.core.types import Transcript


class Transcriber(Protocol):
    """Turns speech into text. `name` identifies the program, the weights and their precision."""

    @property
    def name(self) -> str: ...

    def transcribe(self, path: Path) -> Transcript:
        """Return the transcript of the media file at `path`: timed segments of about a sentence, origin "whisper".

        Silence, music and files without sound give an empty transcript without a language. Raises `MediaError` if the
        file cannot be decoded.
        """
        ...
