from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.explain.evidence import EvidenceFinder
from shortlist.core.types import Segment, Transcript, Video
from shortlist.retrieval.analysis import terms

best_segment = EvidenceFinder().best_segment


def spoken(*texts: str, title: str = "Title") -> Video:
    return Video("v", title, transcript=Transcript(tuple(Segment(text) for text in texts)))


def test_the_segment_with_the_rarest_of_the_terms_wins() -> None:
    video = spoken("The bread, again.", "Bread needs rye.", "Bread bread bread.")
    best = best_segment(
        video,
        {"bread": 1.0, "rye": 1.0},
    )
    assert best == Segment("Bread needs rye.")


def test_the_weights_of_the_terms_count() -> None:
    video = spoken("About rye.", "About wheat.")
    assert best_segment(video, {"rye": 0.1, "wheat": 0.9}) == Segment("About wheat.")


def test_without_a_common_term_the_title_decides_and_then_the_order() -> None:
    video = spoken("First words.", "Of tails.", title="Two tails")
    assert best_segment(video, {"bread": 1.0}) == Segment("Of tails.")
    assert best_segment(spoken("", "First words.", "More."), {}) == Segment("First words.")


def test_no_transcript_no_evidence() -> None:
    assert best_segment(spoken(), {"bread": 1.0}) is None
    assert best_segment(spoken("  "), {"bread": 1.0}) is None


@given(st.lists(st.text(max_size=30), max_size=8), st.text(max_size=30))
def test_evidence_is_always_a_real_segment(texts: list[str], wish: str) -> None:
    video = spoken(*texts)
    best = best_segment(video, dict.fromkeys(terms(wish), 1.0))
    assert best in video.transcript.segments if any(text.strip() for text in texts) else best is None
