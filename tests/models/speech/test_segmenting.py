"""From words to segments."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.types import Segment
from shortlist.models.speech.segmenting import MAX_WORDS, WhisperSegment, Word, to_segments


def whisper_segment(
    *words: tuple[str, float, float], logprob: float = -0.3, no_speech: float = 0.1, compression: float = 1.3
) -> WhisperSegment:
    return WhisperSegment(tuple(Word(*word) for word in words), logprob, no_speech, compression)


def test_sentences_and_pauses_end_a_segment() -> None:
    segments = to_segments(
        [
            whisper_segment((" One", 0, 0.5), (" two.", 0.5, 1), (" Three", 1.2, 1.5)),
            whisper_segment((" four", 1.6, 2), (" five", 3.5, 4)),
        ]
    )
    assert segments == (Segment("One two.", 0, 1), Segment("Three four", 1.2, 2), Segment("five", 3.5, 4))


def test_a_script_without_spaces_ends_with_its_whisper_segment() -> None:
    segments = to_segments(
        [whisper_segment(("通知", 0, 1), ("书", 1, 1.5)), whisper_segment(("学校", 1.5, 2))],
    )
    assert [segment.text for segment in segments] == ["通知书", "学校"]


def test_unreliable_words_are_left_out() -> None:
    uncertain = whisper_segment((" la", 0, 1), logprob=-1.1)
    no_speech = whisper_segment((" you", 1, 2), logprob=-0.7, no_speech=0.9)
    looping = whisper_segment((" thank", 2, 3), compression=3.0)
    assert to_segments([uncertain, no_speech, looping]) == ()


@given(st.lists(st.tuples(st.sampled_from([" a", " b.", "c", " "]), st.floats(0, 90), st.floats(0, 5)), max_size=120))
def test_segments_are_ordered_and_lose_no_word(found: list[tuple[str, float, float]]) -> None:
    words = [(text, start, start + length) for text, start, length in found]
    segments = to_segments([whisper_segment(*words)])
    spoken = "".join(text for text, _, _ in words).replace(" ", "")
    assert "".join(segment.text for segment in segments).replace(" ", "") == spoken
    ends = [0.0, *(segment.end_s or 0.0 for segment in segments)]
    assert all((segment.start_s or 0.0) >= end for segment, end in zip(segments, ends, strict=False))
    assert all(len(segment.text.split()) <= MAX_WORDS for segment in segments)
