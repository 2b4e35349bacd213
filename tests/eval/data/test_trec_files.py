"""Run and qrels files: round trips, outside readers, bad lines."""

from __future__ import annotations

from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import RecordError
from shortlist.core.ranking import Ranking
from shortlist.eval.data.trec_files import read_qrels, read_run, write_qrels, write_run
from shortlist.eval.metrics.metrics import ndcg, reciprocal_rank

IDS = st.text("abc.-_09é", min_size=1, max_size=4)
SCORES = st.one_of(st.floats(-1e30, 1e30), st.sampled_from([0.0, -0.0, 1.0, 1.0 + 1e-12, 1e-320, 0.1]))
RANKINGS = st.dictionaries(IDS, SCORES, min_size=1).map(lambda scored: Ranking.of(scored, "test"))


@given(st.dictionaries(IDS, RANKINGS, min_size=1, max_size=3))
def test_order_survives_writing_and_reading(tmp_path_factory: pytest.TempPathFactory, runs: dict[str, Ranking]) -> None:
    path = tmp_path_factory.mktemp("runs") / "a.run"
    write_run(path, runs, "a")
    back = read_run(path)
    assert list(back) == list(runs)
    for query, ranking in runs.items():
        assert back[query].ids == ranking.ids
        assert back[query].scores == pytest.approx(ranking.scores, rel=1e-5, abs=1e-30)


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=8), st.lists(SCORES, min_size=8, max_size=8))
def test_outside_tools_see_our_order(
    tmp_path_factory: pytest.TempPathFactory, grades: list[int], scores: list[float]
) -> None:
    folder = tmp_path_factory.mktemp("outside")
    judged = {f"d{n}": grade for n, grade in enumerate(grades)}
    ranking = Ranking.of({f"d{n}": score for n, score in enumerate(scores)}, "test")
    write_run(folder / "a.run", {"q": ranking}, "a")
    write_qrels(folder / "a.qrels", {"q": judged})
    measures = [ir_measures.nDCG @ 10, ir_measures.RR]
    theirs = ir_measures.calc_aggregate(
        measures,
        ir_measures.read_trec_qrels(str(folder / "a.qrels")),
        ir_measures.read_trec_run(str(folder / "a.run")),
    )
    ranked = [judged.get(item, 0) for item in ranking.ids]
    ours = [float(ndcg(ranked, list(judged.values()), 10)), float(reciprocal_rank(ranked))]
    assert [theirs[measure] for measure in measures] == pytest.approx(ours, abs=1e-9)


def test_qrels_round_trip(tmp_path: Path) -> None:
    qrels = {"q1": {"a": 2, "b": 0}, "q2": {"a": -1}}
    write_qrels(tmp_path / "x.qrels", qrels)
    assert (tmp_path / "x.qrels").read_text() == "q1 0 a 2\nq1 0 b 0\nq2 0 a -1\n"
    assert read_qrels(tmp_path / "x.qrels") == qrels


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q Q0 a 2 0.5 tag", r"x.run:2: expected each document once a query, found 'a' again"),
        ("q Q0 b c 2 0.5 tag", r"x.run:2: expected 6 fields .* found 7; an id may not hold white space"),
        ("q Q0 b 2 nan tag", r"x.run:2: expected a finite number as score, found 'nan'"),
        ("q Q0 b 2 high tag", r"x.run:2: .* found 'high'"),
    ],
)
def test_bad_run_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "x.run").write_text(f"q Q0 a 1 1.0 tag\n{line}\n")
    with pytest.raises(RecordError, match=message):
        read_run(tmp_path / "x.run")


def test_bad_qrels_lines_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.qrels").write_text("q 0 a 1\n\nq 0 a 2\n")
    with pytest.raises(RecordError, match=r"x.qrels:3: expected one grade for document 'a'"):
        read_qrels(tmp_path / "x.qrels")
    (tmp_path / "x.qrels").write_text("q 0 a high\n")
    with pytest.raises(RecordError, match=r"x.qrels:1: expected a whole number as grade, found 'high'"):
        read_qrels(tmp_path / "x.qrels")
    (tmp_path / "x.qrels").write_bytes(b"q 0 a 1\nq 0 \xff 1\n")
    with pytest.raises(RecordError, match=r"x.qrels:2 is not UTF-8: .* byte 0xff at column 5"):
        read_qrels(tmp_path / "x.qrels")


@pytest.mark.parametrize(
    ("ranking", "message"),
    [(Ranking.of({"a b": 1.0}, "t"), "white space"), (Ranking.of({"a": 1e39}, "t"), "single precision")],
)
def test_ids_and_scores_that_do_not_fit_a_run_file_are_refused(tmp_path: Path, ranking: Ranking, message: str) -> None:
    with np.errstate(all="raise"), pytest.raises(RecordError, match=message):
        write_run(tmp_path / "x.run", {"q": ranking}, "tag")
