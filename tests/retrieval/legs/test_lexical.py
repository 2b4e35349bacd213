"""bm25 and tfidf against the libraries and formulas that define them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.core.types import Video
from shortlist.retrieval.analysis import terms
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.segment import indexed_text
from shortlist.retrieval.index.snapshot import Snapshot

QUERIES = [" ".join(f"word{number % 60}" for number in range(start, start + 5)) for start in range(0, 40, 4)]


class LuceneIdf(BM25Okapi):  # type: ignore[misc]
    """rank_bm25 with the idf that cannot be negative; everything else is its own."""

    def _calc_idf(self, nd: dict[str, int]) -> None:
        self.idf = {
            word: math.log(1 + (self.corpus_size - frequency + 0.5) / (frequency + 0.5))
            for word, frequency in nd.items()
        }


def every_row(snapshot: Snapshot) -> np.ndarray[Any, Any]:
    return np.arange(len(snapshot))


def texts_by_row(snapshot: Snapshot, videos: list[Video]) -> list[str]:
    by_id = {video.id: indexed_text(video).prose for video in videos}
    return [by_id[item_id] for item_id in snapshot.ids]


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (2.0, 0.0), (0.9, 1.0)])
def test_bm25_scores_are_those_of_rank_bm25(
    corpus: list[Video], corpus_snapshot: Snapshot, k1: float, b: float
) -> None:
    peer = LuceneIdf([terms(text) for text in texts_by_row(corpus_snapshot, corpus)], k1=k1, b=b)
    leg = build_leg("bm25", corpus_snapshot, RetrievalConfig(k1=k1, b=b))
    for text in QUERIES:
        expected = peer.get_scores(terms(text))
        np.testing.assert_allclose(leg.score(Query(k=1, text=text), every_row(corpus_snapshot)), expected, rtol=1e-5)
        best = sorted(range(len(expected)), key=lambda row: (-round(expected[row], 4), corpus_snapshot.ids[row]))[:10]
        found = leg.search(Query(k=10, text=text))
        assert len(set(found.ids) & {corpus_snapshot.ids[row] for row in best}) >= 9  # last digits differ


def test_bm25_by_hand(snapshot_of: Any) -> None:
    snapshot = snapshot_of([Video("a", "moon moon cat"), Video("b", "cat")], np.eye(2))
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))  # moon: in 1 of 2
    tf = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))  # twice, in 3 words where 2 are usual
    ranking = build_leg("bm25", snapshot, RetrievalConfig()).search(Query(k=5, text="the moon"))
    assert ranking.ids == ("a",)
    assert ranking.scores[0] == pytest.approx(idf * tf, rel=1e-6)


def test_a_word_in_a_list_counts_a_tenth(snapshot_of: Any) -> None:
    listed = Video("a", "Cats at home", description="They sleep all day long in the sun. moon; mars; venus; saturn")
    prose = Video("b", "Cats at home", description="They sleep all day long in the moon light of mars, venus, saturn")
    snapshot = snapshot_of([listed, prose], np.eye(2))
    leg = build_leg("bm25", snapshot, RetrievalConfig(b=0.0))
    ranking = leg.search(Query(k=2, text="moon"))
    idf = math.log(1 + (2 - 2 + 0.5) / (2 + 0.5))
    assert ranking.ids == ("b", "a")
    assert ranking.scores.tolist() == pytest.approx([idf * 2.2 / 2.2, idf * 0.1 * 2.2 / 1.3], rel=1e-6)
    assert build_leg("tfidf", snapshot, RetrievalConfig()).search(Query(k=2, text="moon")).ids == ("b", "a")


def test_tfidf_scores_are_those_of_scikit_learn(corpus: list[Video], corpus_snapshot: Snapshot) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    peer = TfidfVectorizer(analyzer=terms, sublinear_tf=True)
    matrix = peer.fit_transform(texts_by_row(corpus_snapshot, corpus))
    leg = build_leg("tfidf", corpus_snapshot, RetrievalConfig())
    for text in [*QUERIES, "word1 word1 word1 word2 unheard"]:
        expected = (matrix @ peer.transform([text]).T).toarray()[:, 0]
        np.testing.assert_allclose(leg.score(Query(k=1, text=text), every_row(corpus_snapshot)), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["bm25", "tfidf"])
class TestBoth:
    def test_statistics_are_those_of_the_living(self, name: str, corpus: list[Video], snapshot_of: Any) -> None:
        vectors = np.tile([1.0, 0.0], (len(corpus), 1))
        gone = {video.id for video in corpus[::3]}
        left = [video for video in corpus if video.id not in gone]
        patched = snapshot_of(corpus, vectors, parts=4, removed=gone)
        fresh = snapshot_of(left, vectors[: len(left)])
        for text in QUERIES:
            one, other = (
                build_leg(name, made, RetrievalConfig()).search(Query(k=20, text=text)) for made in (patched, fresh)
            )
            assert one.ids == other.ids
            np.testing.assert_allclose(one.scores, other.scores, rtol=1e-6)

    def test_weighted_terms_add_to_the_text(self, name: str, corpus_snapshot: Snapshot) -> None:
        leg = build_leg(name, corpus_snapshot, RetrievalConfig())
        said = leg.search(Query(k=20, text="word1 word1 word2"))
        given = leg.search(Query(k=20, text="word1", terms=(("word1", 1.0), ("word2", 1.0))))
        assert said.ids == given.ids
        np.testing.assert_allclose(said.scores, given.scores)

    def test_words_that_no_video_has_are_no_error(self, name: str, corpus_snapshot: Snapshot) -> None:
        leg = build_leg(name, corpus_snapshot, RetrievalConfig())
        assert leg.search(Query(k=5, text="unheard")).ids == ()
        assert leg.search(Query(k=5, text="unheard word1")).ids == leg.search(Query(k=5, text="word1")).ids
