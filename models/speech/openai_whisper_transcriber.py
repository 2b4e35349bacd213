"""openai-whisper: the original, on torch. An extra: `pip install 'shortlist[openai-whisper]'`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Transcript
from shortlist.models.speech.audio import SAMPLE_RATE, decode
from shortlist.models.speech.segmenting import TEMPERATURES, WhisperSegment, Word, to_segments


class OpenAiWhisper:
    """A `Transcriber` from a checkpoint (.pt). It detects voice with the same small model as faster-whisper.

    `threads` sets torch's threads for the whole process. Raises `ModelMissing` without the package, and `ModelFailed`
    if the checkpoint does not load.
    """

    def __init__(self, checkpoint: Path, name: str, threads: int) -> None:
        self.name = f"openai-whisper:{name}"
        self._model = _load(checkpoint)
        self._lock = threading.Lock()
        import torch

        torch.set_num_threads(threads)

    def transcribe(self, path: Path) -> Transcript:
        """See `Transcriber.transcribe`."""
        samples = decode(path)
        if not len(samples) or not _has_voice(samples):
            return Transcript(origin="whisper")
        with self._lock:  # the model holds the state of a single decoding
            answer = self._model.transcribe(
                samples,
                word_timestamps=True,
                condition_on_previous_text=False,
                temperature=TEMPERATURES,
                fp16=False,
                verbose=None,
            )
        segments = to_segments(map(_whisper_segment, answer["segments"]))
        return Transcript(segments, answer["language"] if segments else None, "whisper")


def _whisper_segment(segment: dict[str, Any]) -> WhisperSegment:
    words = tuple(Word(word["word"], float(word["start"]), float(word["end"])) for word in segment.get("words", ()))
    return WhisperSegment(words, segment["avg_logprob"], segment["no_speech_prob"], segment["compression_ratio"])


def _has_voice(samples: FloatArray) -> bool:
    from faster_whisper.vad import get_speech_timestamps

    return bool(get_speech_timestamps(samples, sampling_rate=SAMPLE_RATE))


def _load(checkpoint: Path) -> Any:
    try:
        import whisper
    except ImportError as error:
        raise ModelMissing(
            "openai-whisper is not installed",
            expected="the package openai-whisper",
            found="none",
            remedy="run `pip install 'shortlist[openai-whisper]'`, or set speech.provider to faster-whisper",
        ) from error
    try:
        return whisper.load_model(str(checkpoint), device="cpu")
    except (RuntimeError, ValueError, OSError, KeyError) as error:
        raise ModelFailed(
            "the speech model does not load",
            expected=f"a Whisper checkpoint (.pt) at {checkpoint}",
            found=str(error)[:200],
            remedy="point models.paths at the .pt file",
        ) from error
