"""Windows of tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Replace
from tokenizers.processors import TemplateProcessing

from shortlist.core.config import EncoderConfig
from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import FloatArray
from shortlist.models.encoders.windowed_encoder import WindowedEncoder, load_tokenizer, special_tokens
from shortlist.models.encoders.windows import cut, pad, pool


def test_a_long_text_is_sampled_from_its_first_window_to_its_last() -> None:
    assert cut(range(100), 10, 4) == [range(10), range(30, 40), range(60, 70), range(90, 100)]


def test_no_tokens_are_one_empty_window() -> None:
    assert cut([], 10, 4) == [[]]


@given(st.lists(st.integers(), max_size=200), st.integers(1, 50), st.integers(1, 8))
def test_windows_are_never_too_many_nor_too_long_and_cover_a_short_text(
    tokens: list[int], size: int, limit: int
) -> None:
    windows = cut(tokens, size, limit)
    assert 1 <= len(windows) <= limit
    assert all(len(window) <= size for window in windows)
    if len(tokens) <= size * limit:
        assert [token for window in windows for token in window] == tokens


def test_padding_is_masked() -> None:
    ids, mask = pad([[5, 6, 7], [8]], token=0)
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_rows_are_pooled_with_their_own_text() -> None:
    vectors = np.array([[1, 0], [0, 1], [0, 2]], dtype=np.float32)
    np.testing.assert_allclose(pool(vectors, [2, 1]), [[0.5**0.5, 0.5**0.5], [0, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("template", "ids"), [("$A </s>", [[2, 1]]), ("<s> $A", [[0, 2]]), ("<s> $A </s>", [[0, 2, 1]])]
)
def test_texts_get_the_special_tokens_of_their_tokenizer(tmp_path: Path, template: str, ids: list[list[int]]) -> None:
    vocabulary = {"<s>": 0, "</s>": 1, "a": 2, "[UNK]": 3}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.post_processor = TemplateProcessing(single=template, special_tokens=[("<s>", 0), ("</s>", 1)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    seen: list[list[int]] = []

    class RecordingEncoder(WindowedEncoder):
        dim = 1

        def embed(self, ids: np.ndarray, mask: np.ndarray) -> FloatArray:
            seen.extend(ids.tolist())
            return np.ones((len(ids), 1), dtype=np.float32)

    RecordingEncoder(tmp_path, EncoderConfig(name="framed")).encode(["a"])
    assert seen == ids == [tokenizer.encode("a").ids]


def test_a_tokenizer_that_drops_the_text_is_refused() -> None:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.normalizer = Replace("a", "")
    with pytest.raises(ModelMissing, match="the tokenizer of empty cannot be used"):
        special_tokens(tokenizer, "empty")


def test_a_damaged_tokenizer_is_reported(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"version": "1.0", "mod')
    with pytest.raises(ModelMissing, match="damaged tokenizer"):
        load_tokenizer(tmp_path / "tokenizer.json")
