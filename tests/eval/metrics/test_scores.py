"""Rankings to per-query scores."""

from __future__ import annotations

import numpy as np
import pytest

from shortlist.core.errors import RecordError
from shortlist.core.ranking import Ranking
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item
from shortlist.eval.metrics.scores import score


def data(candidates: tuple[str, ...] | None) -> DataSet:
    return DataSet(
        "mind-tiny",
        "mind",
        tuple(Item(item, item) for item in "abcd"),
        (EvalQuery("q1", candidates=candidates), EvalQuery("q2", candidates=candidates)),
        {"q1": {"a": 0, "b": 1}, "q2": {"c": 2}},
        "hash",
    )


def test_scores_are_aligned_with_the_queries_and_a_missing_query_scores_zero() -> None:
    table = score(data(None), {"q2": Ranking.of({"a": 2.0, "c": 1.0}, "t")})
    assert table["MRR"].tolist() == [0, 0.5]
    assert table["nDCG@10"] == pytest.approx([0, 1 / np.log2(3)])
    assert table["HR@10"].tolist() == [0, 1]
    assert "AUC" not in table


def test_auc_is_taken_over_the_candidates_with_ties_half() -> None:
    table = score(data(tuple("abcd")), {"q1": Ranking.of({"b": 1.0, "a": 1.0, "c": 2.0}, "t")})
    assert table["AUC"] == pytest.approx([(0.5 + 0 + 1) / 3, 0.5])


def test_equal_scores_are_ranked_by_id_and_give_auc_one_half() -> None:
    table = score(data(tuple("abcd")), {"q1": Ranking.of(dict.fromkeys("abcd", 0.0), "t")})
    assert (table["MRR"][0], table["AUC"][0]) == (0.5, 0.5)


def test_the_block_size_does_not_change_scores() -> None:
    rankings = {"q1": Ranking.of({"b": 1.0}, "t"), "q2": Ranking.of({"a": 3.0, "b": 2.0, "c": 1.0}, "t")}
    whole = score(data(None), rankings)
    for name, values in score(data(None), rankings, block_size=1).items():
        assert values.tolist() == whole[name].tolist()


def test_rankings_of_other_data_are_refused_with_three_examples() -> None:
    strangers = {f"x{n}": Ranking.of({"a": 1.0}, "t") for n in range(5)}
    with pytest.raises(RecordError, match=r"only queries .* found 5 \('x0', 'x1', 'x2', \.\.\.\) others"):
        score(data(None), strangers)
    with pytest.raises(RecordError, match=r"only items .* found 1 \('d'\) others"):
        score(data(("a", "b")), {"q1": Ranking.of({"d": 1.0, "a": 0.5}, "t")})


def test_non_finite_scores_are_refused_and_named() -> None:
    with pytest.raises(RecordError, match="a non-finite score from dense"):
        Ranking.of({"a": float("nan")}, "dense")
