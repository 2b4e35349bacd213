"""Tags by counting."""

from __future__ import annotations

from shortlist.core.types import Segment, Transcript, Video
from shortlist.ingest.keywords import keywords


def video(text: str, language: str | None = None) -> Video:
    return Video("v", "Untitled", language=language, transcript=Transcript((Segment(text),)))


def test_what_is_said_again_and_again() -> None:
    text = "A sourdough starter eats flour. Feed the sourdough starter flour. The starter doubles. Really, really."
    assert keywords(video(text)) == ("sourdough starter", "flour")


def test_nothing_is_said_twice() -> None:
    assert keywords(video("Every word stands here once.")) == ()


def test_only_english_has_stop_words() -> None:
    assert keywords(video("nicht immer nicht immer nicht immer", "de")) == ()
