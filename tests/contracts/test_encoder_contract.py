"""Contract of encoders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.loader import load_encoder
from shortlist.models.encoders.onnx_encoder import OnnxEncoder
from shortlist.models.encoders.onnx_export import export, find_export
from shortlist.models.encoders.sentence_encoder import SentenceEncoder
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.resolve import cache_folder, resolve
from tests.embedding_stand_in import EmbeddingStandIn, embedding_stand_in

CONFIG = EncoderConfig(batch_size=4, threads=1)
WEIGHTS = load_manifest()[CONFIG.name].files[0].sha256
TEXTS = [
    "How stars are born and die",
    "",
    "Baking bread at home",
    "The birth and death of stars",
    "Ein Brot backen",
    "The history of the printing press. " * 45,
    "量子计算入门",
]


@pytest.fixture(scope="session")
def folder() -> Path:
    return resolve(CONFIG.name, ModelsConfig())


@pytest.fixture(scope="session")
def sentence_encoder(folder: Path) -> SentenceEncoder:
    return SentenceEncoder(folder, CONFIG)


@pytest.fixture(scope="session")
def exported(encoder: Encoder) -> Path:
    """The export of the default encoder, in the cache since it was first loaded."""
    found = find_export(cache_folder(ModelsConfig()) / CONFIG.name / "onnx", WEIGHTS)
    assert found
    return found


class EncoderContract:
    """Subclasses supply `model`."""

    def test_one_unit_row_for_each_text(self, model: Encoder) -> None:
        vectors = model.encode(TEXTS)
        assert vectors.shape == (len(TEXTS), model.dim)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)

    def test_no_texts_give_no_rows(self, model: Encoder) -> None:
        assert model.encode([]).shape == (0, model.dim)

    def test_a_vector_does_not_depend_on_its_neighbours(self, model: Encoder) -> None:
        alone = np.vstack([model.encode([text]) for text in TEXTS])
        np.testing.assert_allclose(model.encode(TEXTS), alone, atol=1e-5)
        np.testing.assert_allclose(model.encode(TEXTS[::-1]), alone[::-1], atol=1e-5)

    def test_like_texts_are_near(self, model: Encoder) -> None:
        born, _, bread, cycle, *_ = model.encode(TEXTS)
        assert born @ cycle > 0.5 > born @ bread

    def test_a_long_text_is_read_beyond_its_first_window(self, model: Encoder) -> None:
        opening = "The history of the printing press. " * 45
        changed = model.encode([opening + "How to bake bread at home. " * 45])[0]
        assert changed @ model.encode([opening])[0] < 0.95


@pytest.mark.slow
class TestSentenceEncoder(EncoderContract):
    @pytest.fixture
    def model(self, sentence_encoder: SentenceEncoder) -> Encoder:
        return sentence_encoder

    def test_it_is_sentence_transformers_own_vector(self, sentence_encoder: SentenceEncoder) -> None:
        short = [text for text in TEXTS if len(text) < 200]
        theirs = sentence_encoder.network.encode(short, normalize_embeddings=True, show_progress_bar=False)
        np.testing.assert_allclose(sentence_encoder.encode(short), theirs, atol=1e-5)


class TestOnnxEncoder(EncoderContract):
    @pytest.fixture(scope="class")
    def model(self, folder: Path, exported: Path) -> Encoder:
        return OnnxEncoder(folder, exported, CONFIG)

    @pytest.mark.slow
    def test_a_new_export_agrees_with_the_reference(
        self, folder: Path, sentence_encoder: SentenceEncoder, tmp_path: Path
    ) -> None:
        model = OnnxEncoder(folder, export(sentence_encoder, folder, tmp_path, WEIGHTS, CONFIG), CONFIG)
        cosines = np.sum(model.encode(TEXTS) * sentence_encoder.encode(TEXTS), axis=1)
        assert cosines.min() >= 0.9999
        assert model.name == sentence_encoder.name

    def test_an_export_is_found_again_only_if_whole_and_of_these_weights(self, exported: Path, tmp_path: Path) -> None:
        shutil.copytree(exported.parent, tmp_path, dirs_exist_ok=True)
        assert find_export(tmp_path, WEIGHTS) == tmp_path / exported.name
        assert find_export(tmp_path, "other weights") is None
        with (tmp_path / exported.name).open("r+b") as stream:
            stream.seek(1000)
            stream.write(b"damaged")
        assert find_export(tmp_path, WEIGHTS) is None


class TestInt8Encoder(EncoderContract):
    @pytest.fixture(scope="class")
    def model(self) -> Encoder:
        return load_encoder(EncoderConfig(threads=1, precision="int8"), ModelsConfig())

    def test_it_nearly_agrees_with_float32(self, model: Encoder, encoder: Encoder) -> None:
        cosines = np.sum(model.encode(TEXTS) * encoder.encode(TEXTS), axis=1)
        assert 0.97 < cosines.min() < 0.9999


class Remembering:
    """An encoder that encodes each text once: a server's vector of a text is always the same."""

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.dim, self._encode = encoder.name, encoder.dim, encoder.encode
        self._rows: dict[str, FloatArray] = {}

    def encode(self, texts: Sequence[str]) -> FloatArray:
        new = [text for text in texts if text not in self._rows]
        self._rows.update(zip(new, self._encode(new), strict=True))
        return np.array([self._rows[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dim)


@pytest.fixture(scope="session")
def server(encoder: Encoder) -> Iterator[EmbeddingStandIn]:
    with embedding_stand_in(Remembering(encoder)) as state:
        yield state


class TestOllama(EncoderContract):
    @pytest.fixture
    def model(self, server: EmbeddingStandIn) -> Encoder:
        return load_encoder(EncoderConfig(name="ollama:all-minilm"), ModelsConfig(), server.url)


class TestOpenAi(EncoderContract):
    @pytest.fixture
    def model(self, server: EmbeddingStandIn, monkeypatch: pytest.MonkeyPatch) -> Encoder:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "none is needed here")
        return load_encoder(EncoderConfig(name="openai:text-embedding-ada-002"), ModelsConfig())
