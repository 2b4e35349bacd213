from __future__ import annotations

import numpy as np
import pytest

from shortlist.retrieval.analysis import term_keys, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cats are Running!", ["cat", "run"]),
        ("iPhone_15 vs. C-3PO", ["iphon", "15", "vs", "c", "3po"]),
        ("Don’t eat the baker's bread", ["don't", "eat", "baker", "bread"]),
        ("ﬁne Ｗｉｄｅ ½", ["fine", "wide", "1", "2"]),
        ("Über Straße", ["über", "straße"]),
        ("東京塔", ["東京", "京塔"]),
        ("猫", ["猫"]),
        ("iPhone手机评测 now", ["iphon", "手机", "机评", "评测", "now"]),
        ("हिन्दी", ["हिन्दी"]),
        ("of the and", []),
        ("... 🎬 !", []),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_what_is_written_differently_is_found_all_the_same() -> None:
    assert terms("CAFE\u0301 RUNNERS") == terms("caf\u00e9 runner")


def test_keys_do_not_depend_on_the_company() -> None:
    assert term_keys(["moon", "cat"])[1] == term_keys(["cat"])[0]
    assert term_keys([]).dtype == np.uint64
    assert len(np.unique(term_keys(f"term{number}" for number in range(10_000)))) == 10_000
