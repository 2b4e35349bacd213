"""Effects on all queries, and by slices."""

from __future__ import annotations

import numpy as np
import pytest

from shortlist.core.errors import RecordError
from shortlist.eval.score_table import ScoreTable, read_table, write_table
from shortlist.eval.stats.effects import by_category, by_history, effects


def table(scores: list[float], history: list[int] | None = None, names: list[str] | None = None) -> ScoreTable:
    n = len(scores)
    names = names or [f"q{number:02d}" for number in range(n)]
    category = ["food" if number % 3 else "space" for number in range(n)]
    return ScoreTable(tuple(names), tuple(history or [0] * n), tuple(category), {"m": np.array(scores)})


def test_the_difference_is_paired_by_query_and_not_by_place() -> None:
    base = table([0.0, 1.0, 0.5], names=["a", "b", "c"])
    other = table([0.5, 0.0, 1.0], names=["c", "a", "b"])
    effect = effects({"base": base, "other": other}, "base", "m", 0)["other"]
    assert (effect.comparison.difference.mean, effect.comparison.ties, effect.comparison.p) == (0, 3, 1)


def test_holm_corrects_over_all_variants() -> None:
    base = table([0.0] * 12)
    tables = {"base": base, "a": table([1.0] * 12), "b": table([1.0] * 11 + [-1.0]), "c": base}
    found = effects(tables, "base", "m", 0)
    assert found["a"].comparison.p == pytest.approx(2 / 2**12)
    assert found["a"].p_holm == pytest.approx(3 * found["a"].comparison.p)
    assert found["c"].p_holm == 1


def test_slices_by_history_are_named_and_hold_the_right_queries() -> None:
    history = [0] * 10 + [3] * 10 + [60] * 10 + [7] * 9
    ours = table([float(length == 3) for length in history], history)
    slices = by_history(ours, table([0.0] * 39, history), "m", 0)
    assert [(one.name, one.mean.n, one.difference.mean) for one in slices] == [
        ("0", 10, 0.0), ("1-4", 10, 1.0), ("50+", 10, 0.0)
    ]  # fmt: skip
    assert by_history(table([1.0] * 20), table([1.0] * 20), "m", 0) == []


def test_slices_by_category_begin_with_the_most_frequent() -> None:
    slices = by_category(table([1.0] * 30), table([0.0] * 30), "m", 0)
    assert [(one.name, one.mean.n) for one in slices] == [("food", 20), ("space", 10)]


def test_queries_that_the_baseline_lacks_are_counted_and_shown() -> None:
    with pytest.raises(RecordError, match=r"found 4 \('x0', 'x1', 'x2', \.\.\.\) others"):
        effects({"b": table([1.0]), "v": table([1.0] * 4, names=["x0", "x1", "x2", "x3"])}, "b", "m", 0)


def test_a_table_survives_its_file_with_undefined_scores(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "scores.csv"  # type: ignore[operator]
    written = table([0.1 + 0.2, float("nan")], [3, 4], ["a,b", 'c"d'])
    write_table(path, written)
    read = read_table(path)
    assert (read.queries, read.history, read.category) == (written.queries, written.history, written.category)
    assert read.scores["m"].tolist()[0] == 0.1 + 0.2
    assert np.isnan(read.scores["m"][1])
