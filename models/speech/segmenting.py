"""What every Whisper gives, made into segments: uncertain stretches left out, words joined into sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shortlist.core.types import Segment

# Whisper's own thresholds for a stretch that it did not understand or that holds no speech. What it writes over music
# and noise falls below them; without this rule a song without words became five lines of a language it is not in.
LEAST_LOGPROB = -1.0
MOST_NO_SPEECH = 0.6
MOST_REPETITIVE = 2.4  # how well zlib packs a text: "thank you thank you thank you" packs too well

# Where the likeliest words make no sense (music, noise), one more attempt; Whisper's own five more cost a song five
# times the time and change nothing that is kept.
TEMPERATURES = (0.0, 0.4)

LONGEST_WORDS = 40
PAUSE_S = 1.0
ENDS = (".", "!", "?", "…", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, with the white space before it, and when it is said, in seconds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Up to half a minute as Whisper gives it: its words, and how sure it was of them."""

    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float

    @property
    def understood(self) -> bool:
        """Whether this is speech that can be relied on."""
        unsure = self.avg_logprob < LEAST_LOGPROB
        silent = self.no_speech_prob > MOST_NO_SPEECH and self.avg_logprob < LEAST_LOGPROB / 2
        return not (unsure or silent or self.compression_ratio > MOST_REPETITIVE)


def segments_of(stretches: Iterable[Stretch]) -> tuple[Segment, ...]:
    """Segments of about a sentence from all that was understood; ordered, never overlapping."""
    segments: list[Segment] = []
    for group in _sentences([stretch.words for stretch in stretches if stretch.understood]):
        start = max(group[0].start_s, segments[-1].end_s or 0.0) if segments else group[0].start_s
        text = "".join(word.text for word in group).strip()
        segments.append(Segment(text, round(start, 2), round(max(start, group[-1].end_s), 2)))
    return tuple(segments)


def _sentences(stretches: Sequence[Sequence[Word]]) -> Iterator[list[Word]]:
    """Groups that end with a sentence, before a pause, or where they grow too long.

    A script without spaces has often no full stops either; there the end of a stretch is taken for one.
    """
    group: list[Word] = []
    for words in stretches:
        for word in words:
            if group and (word.start_s - group[-1].end_s >= PAUSE_S or len(group) >= LONGEST_WORDS):
                yield group
                group = []
            if word.text.strip():
                group.append(word)
            if group and word.text.rstrip().endswith(ENDS):
                yield group
                group = []
        if group and not any(word.text.startswith(" ") for word in group):
            yield group
            group = []
    if group:
        yield group
