"""Turn Whisper's output into segments: drop uncertain parts, join words into sentences. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shortlist.core.types import Segment

# Whisper's own thresholds for a segment that it did not understand or that holds no speech. They drop the text that it
# makes up over music and noise: without them, an instrumental song became five lines of a foreign language.
MIN_LOGPROB = -1.0
MAX_NO_SPEECH = 0.6
MAX_COMPRESSION_RATIO = 2.4  # of the text under zlib: "thank you thank you thank you" compresses too well

# A second temperature is tried if the likeliest words make no sense (music, noise). Whisper's default of five more
# makes a song five times slower and changes none of the segments that remain.
TEMPERATURES = (0.0, 0.4)

MAX_WORDS = 40  # in a segment
PAUSE_S = 1.0
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its leading white space, and its start and end in seconds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class WhisperSegment:
    """Up to half a minute of Whisper's output: its words, and Whisper's measures of its confidence in them."""

    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float

    @property
    def reliable(self) -> bool:
        """True if the words are probably speech that was understood."""
        uncertain = self.avg_logprob < MIN_LOGPROB
        no_speech = self.no_speech_prob > MAX_NO_SPEECH and self.avg_logprob < MIN_LOGPROB / 2
        return not (uncertain or no_speech or self.compression_ratio > MAX_COMPRESSION_RATIO)


def to_segments(whisper_segments: Iterable[WhisperSegment]) -> tuple[Segment, ...]:
    """Return segments of about a sentence from the reliable words, in order and without overlaps."""
    segments: list[Segment] = []
    for group in _sentences([segment.words for segment in whisper_segments if segment.reliable]):
        start = max(group[0].start_s, segments[-1].end_s or 0.0) if segments else group[0].start_s
        text = "".join(word.text for word in group).strip()
        segments.append(Segment(text, round(start, 2), round(max(start, group[-1].end_s), 2)))
    return tuple(segments)


def _sentences(segments: Sequence[Sequence[Word]]) -> Iterator[list[Word]]:
    """Yield groups of words that end with a sentence, before a pause, or at `MAX_WORDS`.

    Whisper often writes no full stops in scripts without spaces; there a group ends with its segment.
    """
    group: list[Word] = []
    for words in segments:
        for word in words:
            if group and (word.start_s - group[-1].end_s >= PAUSE_S or len(group) >= MAX_WORDS):
                yield group
                group = []
            if word.text.strip():
                group.append(word)
            if group and word.text.rstrip().endswith(SENTENCE_ENDS):
                yield group
                group = []
        if group and not any(word.text.startswith(" ") for word in group):
            yield group
            group = []
    if group:
        yield group
