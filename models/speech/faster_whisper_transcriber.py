"""faster-whisper: Whisper on CTranslate2, int8 on the CPU, without torch."""

from __future__ import annotations

from pathlib import Path

from shortlist.core.errors import ModelFailed
from shortlist.core.types import Transcript
from shortlist.models.speech.audio import decode
from shortlist.models.speech.segmenting import TEMPERATURES, Stretch, Word, segments_of

COMPUTE = "int8"
SEED = 1  # the second temperature draws at random


class FasterWhisper:
    """A `Transcriber` from a folder of CTranslate2 weights. Stretches without a voice are not listened to."""

    def __init__(self, folder: Path, name: str, threads: int) -> None:
        import ctranslate2
        from faster_whisper import WhisperModel

        ctranslate2.set_random_seed(SEED)
        self.name = f"faster-whisper:{name}:{COMPUTE}"
        try:
            self._model = WhisperModel(
                str(folder), device="cpu", compute_type=COMPUTE, cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError) as error:
            raise ModelFailed(
                "the speech model does not load",
                expected=f"CTranslate2 weights in {folder}",
                found=str(error),
                remedy="run `shortlist models verify`",
            ) from error

    def transcribe(self, path: Path) -> Transcript:
        """What is said in the media file at `path` (see `Transcriber`)."""
        samples = decode(path)
        if not len(samples):
            return Transcript(origin="whisper")
        # A text carried over from one half-minute to the next is what sends a small model into loops.
        found, info = self._model.transcribe(
            samples,
            vad_filter=True,
            word_timestamps=True,
            condition_on_previous_text=False,
            temperature=TEMPERATURES,
        )
        segments = segments_of(
            Stretch(
                tuple(Word(word.word, float(word.start), float(word.end)) for word in one.words or ()),
                one.avg_logprob,
                one.no_speech_prob,
                one.compression_ratio,
            )
            for one in found
        )
        return Transcript(segments, info.language if segments else None, "whisper")
