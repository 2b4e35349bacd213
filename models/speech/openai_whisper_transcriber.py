"""openai-whisper: the original, on torch. An extra: `pip install 'shortlist[openai-whisper]'`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Transcript
from shortlist.models.speech.audio import SAMPLE_RATE, decode
from shortlist.models.speech.segmenting import TEMPERATURES, Stretch, Word, segments_of


class OpenAiWhisper:
    """A `Transcriber` from a checkpoint (.pt). Voice is found by the same small model that faster-whisper uses.

    The threads are torch's own and hold for the process.
    """

    def __init__(self, checkpoint: Path, name: str, threads: int) -> None:
        self.name = f"openai-whisper:{name}"
        self._model = _load(checkpoint)
        self._lock = threading.Lock()
        import torch

        torch.set_num_threads(threads)

    def transcribe(self, path: Path) -> Transcript:
        """What is said in the media file at `path` (see `Transcriber`)."""
        samples = decode(path)
        if not len(samples) or not _has_voice(samples):
            return Transcript(origin="whisper")
        with self._lock:  # the model keeps the state of one decoding
            answer = self._model.transcribe(
                samples,
                word_timestamps=True,
                condition_on_previous_text=False,
                temperature=TEMPERATURES,
                fp16=False,
                verbose=None,
            )
        segments = segments_of(map(_stretch, answer["segments"]))
        return Transcript(segments, answer["language"] if segments else None, "whisper")


def _stretch(found: dict[str, Any]) -> Stretch:
    words = tuple(Word(word["word"], float(word["start"]), float(word["end"])) for word in found.get("words", ()))
    return Stretch(words, found["avg_logprob"], found["no_speech_prob"], found["compression_ratio"])


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
