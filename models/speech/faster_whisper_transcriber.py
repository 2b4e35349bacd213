"""faster-whisper: Whisper on CTranslate2, int8 on the CPU, without torch."""

from __future__ import annotations

from pathlib import Path

from shortlist.core.errors import ModelFailed
from shortlist.core.types import Transcript
from shortlist.models.speech.audio import decode
from shortlist.models.speech.segmenting import TEMPERATURES, WhisperSegment, Word, to_segments

COMPUTE = "int8"
SEED = 1  # above temperature 0, words are drawn at random


class FasterWhisper:
    """A `Transcriber` with the CTranslate2 weights in `folder`. Audio without a voice is skipped.

    Raises `ModelFailed` if the weights do not load.
    """

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
        """See `Transcriber.transcribe`."""
        samples = decode(path)
        if not len(samples):
            return Transcript(origin="whisper")
        # `condition_on_previous_text` sends small models into loops.
        whisper_segments, info = self._model.transcribe(
            samples,
            vad_filter=True,
            word_timestamps=True,
            condition_on_previous_text=False,
            temperature=TEMPERATURES,
        )
        segments = to_segments(
            WhisperSegment(
                tuple(Word(word.word, float(word.start), float(word.end)) for word in segment.words or ()),
                segment.avg_logprob,
                segment.no_speech_prob,
                segment.compression_ratio,
            )
            for segment in whisper_segments
        )
        return Transcript(segments, info.language if segments else None, "whisper")
