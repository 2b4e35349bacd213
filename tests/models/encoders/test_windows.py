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
from shortlist.models.encoders.windowed_encoder import WindowedEncoder, _frame, _load_tokenizer
from shortlist.models.encoders.windows import cut, padded, pooled


def test_a_long_text_is_sampled_from_its_first_window_to_its_last() -> None:
    assert cut(range(100), 10, 4) == [range(10), range(30, 40), range(60, 70), range(90, 100)]


def test_no_tokens_are_one_empty_window() -> None:
    assert cut([], 10, 4) == [[]]


@given(st.lists(st.integers(), max_size=200), st.integers(1, 50), st.integers(1, 8))
def test_windows_are_never_too_many_nor_too_long_and_cover_a_short_text(
    tokens: list[int], size: int, most: int
) -> None:
    windows = cut(tokens, size, most)
    assert 1 <= len(windows) <= most
    assert all(len(window) <= size for window in windows)
    if len(tokens) <= size * most:
        assert [token for window in windows for token in window] == tokens


def test_padding_is_masked() -> None:
    ids, mask = padded([[5, 6, 7], [8]], pad=0)
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_rows_are_pooled_with_their_own_text() -> None:
    vectors = np.array([[1, 0], [0, 1], [0, 2]], dtype=np.float32)
    np.testing.assert_allclose(pooled(vectors, [2, 1]), [[0.5**0.5, 0.5**0.5], [0, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("template", "framed"), [("$A </s>", [[2, 1]]), ("<s> $A", [[0, 2]]), ("<s> $A </s>", [[0, 2, 1]])]
)
def test_a_text_is_framed_as_its_tokenizer_frames_it(tmp_path: Path, template: str, framed: list[list[int]]) -> None:
    vocabulary = {"<s>": 0, "</s>": 1, "a": 2, "[UNK]": 3}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.post_processor = TemplateProcessing(single=template, special_tokens=[("<s>", 0), ("</s>", 1)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    seen: list[list[int]] = []

    class Remembering(WindowedEncoder):
        dim = 1

        def embed(self, ids: np.ndarray, mask: np.ndarray) -> FloatArray:
            seen.extend(ids.tolist())
            return np.ones((len(ids), 1), dtype=np.float32)

    Remembering(tmp_path, EncoderConfig(name="framed")).encode(["a"])
    assert seen == framed == [tokenizer.encode("a").ids]


def test_a_tokenizer_that_takes_nothing_of_a_text_is_told() -> None:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.normalizer = Replace("a", "")
    with pytest.raises(ModelMissing, match="the tokenizer of empty cannot be used"):
        _frame(tokenizer, "empty")


def test_a_damaged_tokenizer_is_told(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"version": "1.0", "mod')
    with pytest.raises(ModelMissing, match="damaged tokenizer"):
        _load_tokenizer(tmp_path / "tokenizer.json")
