"""The sparse encoder with its real weights, and against the BERT of transformers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing
from shortlist.models.encoders.sparse_encoder import IMPACT, STEP, SparseEncoder
from shortlist.models.weights.resolve import resolve

LONG = "The history of the printing press, told by the people who ran it. " * 60


@pytest.fixture(scope="module")
def folder() -> Path:
    return resolve("splade-tiny", ModelsConfig())


@pytest.fixture(scope="module")
def splade(folder: Path) -> SparseEncoder:
    return SparseEncoder(folder, 4)


def test_a_text_is_expanded_to_related_words(splade: SparseEncoder) -> None:
    found = {term.word: term.weight for term in splade.terms("train journeys at night")}
    assert {"train", "night", "journey", "railway", "trip"} <= found.keys()
    assert found["train"] > found["railway"] > found["trip"] > 0
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_documents_and_wishes_are_encoded_alike(splade: SparseEncoder) -> None:
    [impacts] = splade.encode(["how bread rises"])
    assert impacts.dtype == IMPACT
    assert (np.diff(impacts["term"].astype(int)) > 0).all()
    terms = {term.number: term.weight for term in splade.terms("how bread rises")}
    assert dict(zip(impacts["term"].tolist(), (impacts["weight"] * STEP).tolist(), strict=True)) == terms


def test_a_long_text_has_the_largest_weight_of_any_window(splade: SparseEncoder) -> None:
    alone, after = (
        {term.word: term.weight for term in splade.terms(text)}
        for text in ("a volcano erupted in Iceland", LONG + " a volcano erupted in Iceland")
    )
    assert after["volcano"] > 0.5 * alone["volcano"]
    assert after["press"] > 0


def test_only_the_sampled_windows_of_a_long_text_count(folder: Path) -> None:
    words = {term.word for term in SparseEncoder(folder, 1).terms(LONG + "volcano")}
    assert "press" in words
    assert "volcano" not in words


@pytest.mark.parametrize("text", ["", " ", "\x00", "🌟", "量子计算入门"])
def test_any_text_is_encoded(splade: SparseEncoder, text: str) -> None:
    [impacts] = splade.encode([text])
    assert (impacts["weight"] > 0).all()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.safetensors", b"short"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"[]"),
        ("model.safetensors", (60).to_bytes(8, "little") + json.dumps({"w": {"dtype": "F16"}}).ljust(60).encode()),
        ("model.safetensors", (2).to_bytes(8, "little") + b"{}"),
        ("config.json", b"{}"),
        ("config.json", b"[2"),
    ],
)
def test_damaged_weights_are_reported(folder: Path, tmp_path: Path, file: str, content: bytes) -> None:
    copy = shutil.copytree(folder, tmp_path / "weights")
    (copy / file).write_bytes(content)
    with pytest.raises(ModelMissing, match="the sparse encoder does not load"):
        SparseEncoder(copy, 4)


@pytest.mark.integration  # importing torch and transformers takes seconds
def test_it_equals_the_bert_of_transformers(folder: Path, splade: SparseEncoder) -> None:
    import torch
    from transformers import AutoModelForMaskedLM, PreTrainedTokenizerFast

    model = AutoModelForMaskedLM.from_pretrained(folder).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    for text in ("train journeys at night", "x", LONG[:1000]):
        with torch.inference_mode():
            predicted = model(**tokenizer(text, return_tensors="pt")).logits[0].max(dim=0).values.numpy()
        expected = np.log1p(np.maximum(predicted, 0))
        found = np.zeros(len(expected))
        for term in splade.terms(text):
            found[term.number] = term.weight
        np.testing.assert_allclose(found, expected, atol=STEP / 2 + 3e-6)
