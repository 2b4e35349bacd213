"""Contract of speech models."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from shortlist.core.config import ModelsConfig
from shortlist.core.config_sections.ingest import SpeechConfig
from shortlist.core.errors import MediaError
from shortlist.models.speech.loader import load_transcriber
from shortlist.models.speech.transcriber import Transcriber
from tests.recordings import music, record, silence

JFK = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country."


def plain(text: str) -> str:
    """Words only, lower case."""
    return " ".join(re.findall(r"[a-z']+", text.lower()))


class TranscriberContract:
    """Subclasses supply `transcriber`, with the tiny English model."""

    def test_it_has_a_name(self, transcriber: Transcriber) -> None:
        assert "tiny" in transcriber.name

    def test_silence_and_music_say_nothing(self, transcriber: Transcriber, tmp_path: Path) -> None:
        for name, sound in {"silence.flac": silence(4), "music.flac": music(8)}.items():
            transcript = transcriber.transcribe(record(tmp_path / name, [sound]))
            assert transcript.segments == ()
            assert transcript.language is None
            assert transcript.origin == "whisper"

    def test_without_a_sound_track_nothing_is_said(self, transcriber: Transcriber, tmp_path: Path) -> None:
        assert transcriber.transcribe(record(tmp_path / "mute.mp4", picture=True)).segments == ()

    def test_what_cannot_be_decoded_is_refused(self, transcriber: Transcriber, tmp_path: Path) -> None:
        (tmp_path / "x.mp4").write_text("no video")
        with pytest.raises(MediaError):
            transcriber.transcribe(tmp_path / "x.mp4")

    @pytest.mark.realdata
    def test_speech_is_heard_with_its_times(self, transcriber: Transcriber, bench_data: Path) -> None:
        transcript = transcriber.transcribe(bench_data / "speech" / "jfk.flac")
        assert plain(transcript.text) == plain(JFK)
        assert transcript.language == "en"
        assert all(segment.start_s is not None for segment in transcript.segments)
        assert 9.5 < (transcript.segments[-1].end_s or 0) < 11.1


class TestFasterWhisper(TranscriberContract):
    @pytest.fixture(scope="class")
    def transcriber(self) -> Transcriber:
        return load_transcriber(SpeechConfig(model="whisper-tiny.en", threads=1), ModelsConfig())


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("whisper") is None, reason="the extra openai-whisper is not installed")
class TestOpenAiWhisper(TranscriberContract):
    """With the weights of the same tiny model, rewritten as a checkpoint of openai-whisper."""

    @pytest.fixture(scope="class")
    def transcriber(self, tmp_path_factory: pytest.TempPathFactory) -> Transcriber:
        from shortlist.models.weights.resolve import resolve
        from tests.whisper_checkpoint import checkpoint

        path = tmp_path_factory.mktemp("whisper") / "tiny.en.pt"
        checkpoint(resolve("whisper-tiny.en", ModelsConfig()), path)
        config = SpeechConfig(provider="openai-whisper", model="openai-tiny.en", threads=1)
        return load_transcriber(config, ModelsConfig(paths={"openai-tiny.en": path}))
