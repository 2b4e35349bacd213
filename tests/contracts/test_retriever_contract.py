"""Contract of retrievers: each leg and both fusions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import numpy as np
import pytest

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Filters, Query, Ranking
from shortlist.core.types import Attributed, Enrichment, HistoryItem, Profile, Video
from shortlist.models.towers.item_tower import ACTS, AGES, LAST, ItemTower
from shortlist.retrieval.build import build_leg, build_retriever
from shortlist.retrieval.index.act_log import ActLog
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker
from shortlist.retrieval.trained.versions import Trained

START = datetime(2026, 1, 1, tzinfo=UTC)
CLONES = [f"clone-{number:02d}" for number in range(12)]
REMOVED = ["video-03", "video-17"]
WORDS = ["bread", "moon", "cat", "guitar", "tax", "river", "python", "goal"]


def video(number: int) -> Video:
    """Every title has the word `clip`, so that a search for it may return everything. Some fields are missing."""
    draw = np.random.default_rng(number)
    return Video(
        id=f"video-{number:02d}",
        title=" ".join(["clip", *draw.choice(WORDS, size=4)]),
        channel=f"channel {number % 3}" if number % 5 else None,
        duration_s=float(number) if number % 4 else None,
        published=START + timedelta(days=number) if number % 6 else None,
        language=["en", "de", "en-GB", None][number % 4],
        enrichment=Enrichment(category=Attributed(f"topic {number % 4}", "given")),
    )


VIDEOS = [video(number) for number in range(40)]
ALIKE = [replace(VIDEOS[10], id=name) for name in CLONES]


def unit(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


VECTORS = unit(np.random.default_rng(5).normal(size=(40, 16)))
READ = HistoryItem("a", "article", "click", START, None, "", "topic 1", 0.5)
WATCHED = HistoryItem("elsewhere", "video", "view", START, None, "", None, 0.5)
PROFILE = Profile("u", (READ, WATCHED), {"topic 1": 0.7, "topic 2": 0.3})
# What other readers watched: every video after the one that the reader has watched, some of them several times.
CROWD = [["elsewhere", one.id] for number, one in enumerate(VIDEOS) for _ in range(1 + number % 5)]
CROWD += [["elsewhere", clone] for clone in CLONES]


def full_query(k: int, **more: Any) -> Query:
    """Gives every leg something to go by, and lets every video match."""
    asked = VECTORS[[1, 7, 20, 33, 10]]
    weights = np.array([0.4, 0.3, 0.1, 0.1, 0.1], dtype=np.float32)
    return Query(
        k=k,
        text="clip of bread",
        terms=(("moon", 0.5),),
        vectors=asked,
        vector_weights=weights,
        profile=PROFILE,
        **more,
    )


FILTERED = [
    Filters(max_duration_s=20),
    Filters(category="TOPIC 1"),
    Filters(channel="channel 2"),
    Filters(language="en"),
    Filters(published_after=START + timedelta(days=20)),
    Filters(published_before=START + timedelta(days=20)),
    Filters(max_duration_s=30, category="topic 2"),
]


def passes(one: Video, filters: Filters) -> bool:
    """The rule, said once more and plainly."""
    limit, since, end = filters.max_duration_s, filters.published_after, filters.published_before
    return (
        (limit is None or (one.duration_s is not None and one.duration_s <= limit))
        and (since is None or (one.published is not None and one.published >= since))
        and (end is None or (one.published is not None and one.published < end))
        and (filters.category is None or (one.category or "").lower() == filters.category.lower())
        and (filters.channel is None or one.channel == filters.channel)
        and (filters.language is None or (one.language or "").split("-")[0] == filters.language)
    )


def same(one: Ranking, other: Ranking) -> bool:
    return one.ids == other.ids and bool(np.allclose(one.scores, other.scores, atol=1e-5))


class RetrieverContract:
    answers_nothing = False  # whether it answers a query that asks for nothing

    def make(self, snapshot: Snapshot) -> Retriever:
        raise NotImplementedError

    @pytest.fixture(scope="class", params=[1, 3], ids=["one segment", "three segments and tombstones"])
    def snapshot(self, request: pytest.FixtureRequest, snapshot_of: Any) -> Snapshot:
        everything, vectors = [*VIDEOS, *ALIKE], np.concatenate([VECTORS, VECTORS[[10] * len(CLONES)]])
        shuffled = np.random.default_rng(1).permutation(len(everything))
        removed = REMOVED if request.param > 1 else ()
        popular = {one.id: float(number % 5) for number, one in enumerate(VIDEOS)}
        popular |= dict.fromkeys(CLONES, popular["video-10"])
        made: Snapshot = snapshot_of(
            [everything[at] for at in shuffled],
            vectors[shuffled],
            popular=popular,
            parts=request.param,
            removed=removed,
            watched=CROWD,
        )
        return made

    @pytest.fixture(scope="class")
    def retriever(self, snapshot: Snapshot) -> Retriever:
        return self.make(snapshot)

    def test_a_batch_is_its_queries_one_by_one(self, retriever: Retriever) -> None:
        queries = [
            full_query(5),
            Query(k=3),
            full_query(40, filters=FILTERED[0]),
            Query(k=7, text="moon river"),
            full_query(9, only=frozenset(["video-01", "video-30"])),
            full_query(1, exclude=frozenset(CLONES)),
        ] * 13
        alone = [retriever.search(query) for query in queries]
        assert all(map(same, retriever.search_many(queries), alone))
        assert same(retriever.search_many(queries[:1])[0], alone[0])
        assert retriever.search_many([]) == []

    def test_at_most_k_different_videos_best_first(self, retriever: Retriever) -> None:
        for k in (1, 7, 50, 1000):
            ranking = retriever.search(full_query(k))
            assert len(ranking) <= k
            assert len(set(ranking.ids)) == len(ranking)
            assert (np.diff(ranking.scores) <= 0).all()

    def test_all_that_there_is_comes_back_when_asked_for(self, retriever: Retriever, snapshot: Snapshot) -> None:
        assert set(retriever.search(full_query(1000)).ids) == set(snapshot.live_ids())

    def test_a_smaller_k_is_a_prefix(self, retriever: Retriever) -> None:
        longest = retriever.search(full_query(50))
        assert retriever.search(full_query(11)).ids == longest.ids[:11]

    def test_equals_come_by_id_wherever_the_list_is_cut(self, retriever: Retriever) -> None:
        everything = retriever.search(full_query(60)).ids
        alike = [item for item in everything if item in {*CLONES, "video-10"}]
        assert alike == [*CLONES, "video-10"]
        where = everything.index(CLONES[0])
        for k in range(where + 1, where + 13):
            assert retriever.search(full_query(k)).ids == everything[:k]

    def test_the_removed_and_the_excluded_stay_away(self, retriever: Retriever, snapshot: Snapshot) -> None:
        excluded = frozenset(["video-01", CLONES[3], "no-such-video"])
        found = set(retriever.search(full_query(1000, exclude=excluded)).ids)
        assert found == set(snapshot.live_ids()) - excluded

    @pytest.mark.parametrize("filters", FILTERED, ids=repr)
    def test_filters_let_through_exactly_what_passes(
        self, retriever: Retriever, snapshot: Snapshot, filters: Filters
    ) -> None:
        passing = {one.id for one in [*VIDEOS, *ALIKE] if passes(one, filters)} & set(snapshot.live_ids())
        assert set(retriever.search(full_query(1000, filters=filters)).ids) == passing
        few = retriever.search(full_query(4, filters=filters))
        assert len(few) == min(4, len(passing))
        assert set(few.ids) <= passing

    def test_named_candidates_all_come_back_whatever_they_score(self, retriever: Retriever) -> None:
        named = frozenset(["video-04", "video-05", "video-38", CLONES[0], "no-such-video"])
        asked = replace(full_query(10, only=named), text="unheard words", terms=())
        assert set(retriever.search(asked).ids) == named - {"no-such-video"}
        assert len(retriever.search(replace(asked, k=2))) == 2
        assert set(retriever.search(replace(asked, exclude=frozenset(["video-04"]))).ids) == {
            "video-05",
            "video-38",
            CLONES[0],
        }
        assert len(retriever.search(replace(asked, only=frozenset()))) == 0

    def test_a_query_for_nothing(self, retriever: Retriever) -> None:
        found = [retriever.search(query) for query in (Query(k=5), Query(k=5, text="  "), Query(k=5, text="of the"))]
        assert [len(ranking) for ranking in found] == [5 if self.answers_nothing else 0] * 3

    def test_an_empty_index(self, snapshot_of: Any) -> None:
        nothing = Snapshot("home", 0)
        emptied = snapshot_of(VIDEOS[:2], VECTORS[:2], removed=[one.id for one in VIDEOS[:2]])
        for snapshot in (nothing, emptied):
            retriever = self.make(snapshot)
            found = retriever.search_many([full_query(5), Query(k=5), full_query(5, filters=FILTERED[0])])
            assert [len(ranking) for ranking in found] == [0, 0, 0]


class LegContract(RetrieverContract):
    name: str

    def make(self, snapshot: Snapshot) -> Retriever:
        return build_leg(self.name, snapshot, RetrievalConfig())

    def test_any_row_can_be_scored_as_the_search_scores_it(self, snapshot: Snapshot) -> None:
        leg = build_leg(self.name, snapshot, RetrievalConfig())
        ranking = leg.search(full_query(60))
        scores = leg.score(full_query(1), snapshot.rows(ranking.ids))
        assert scores.dtype == np.float64
        np.testing.assert_array_equal(scores, ranking.scores)

    def test_named_candidates_are_in_the_order_they_have_among_all(self, retriever: Retriever) -> None:
        named = frozenset(["video-04", "video-05", "video-38"])
        everything = [item for item in retriever.search(full_query(60)).ids if item in named]
        assert list(retriever.search(full_query(3, only=named)).ids) == everything

    def test_its_rankings_carry_its_name(self, retriever: Retriever) -> None:
        assert retriever.search(full_query(3)).origin == self.name


class TestBm25(LegContract):
    name = "bm25"


class TestTfidf(LegContract):
    name = "tfidf"


class TestDense(LegContract):
    name = "dense"


class TestAffinity(LegContract):
    name = "affinity"


class TestCowatch(LegContract):
    name = "cowatch"


class TestPopular(LegContract):
    name = "popular"
    answers_nothing = True


def tower_of(ids: list[str], text_side: bool) -> ItemTower:
    """A tower that has learned the vectors of `ids`; equal videos have equal ones."""
    vectors = dict(zip([one.id for one in VIDEOS], VECTORS, strict=True)) | dict.fromkeys(CLONES, VECTORS[10])
    table = np.stack([vectors.get(item, VECTORS[3]) for item in ids]).astype(np.float32)
    text = np.eye(16, dtype=np.float32) if text_side else np.empty((0, 16), np.float32)
    ones = [np.ones(n, np.float32) for n in (LAST, ACTS, AGES)]
    bias = np.zeros(len(ids), np.float32)
    return ItemTower(tuple(ids), table, table, bias, ones[0], ones[1], ones[2], text, text, np.zeros(1, np.float32))


EVERYTHING = ["elsewhere", *(one.id for one in VIDEOS), *CLONES]
TRAINED = Trained(
    "contract",
    {"svd": tower_of(EVERYTHING, False), "tower": tower_of(["gone", "elsewhere", "video-01", "video-07"], True)},
)


class TestSvd(LegContract):
    name = "svd"

    def make(self, snapshot: Snapshot) -> Retriever:
        return super().make(replace(snapshot, trained=TRAINED))

    def test_any_row_can_be_scored_as_the_search_scores_it(self, snapshot: Snapshot) -> None:
        super().test_any_row_can_be_scored_as_the_search_scores_it(replace(snapshot, trained=TRAINED))


class TestTower(TestSvd):
    """Knows only some of the videos: the vectors of the others come from their texts."""

    name = "tower"


LOG = ActLog.of([(one.id, number, bool(number % 3)) for number, one in enumerate(VIDEOS[:20])])


class TestClicks(LegContract):
    """Shown were only some of the videos: the others have the usual rate."""

    name = "clicks"
    answers_nothing = True

    def make(self, snapshot: Snapshot) -> Retriever:
        return super().make(replace(snapshot, log=LOG))

    def test_any_row_can_be_scored_as_the_search_scores_it(self, snapshot: Snapshot) -> None:
        super().test_any_row_can_be_scored_as_the_search_scores_it(replace(snapshot, log=LOG))

    def test_equals_come_by_id_wherever_the_list_is_cut(self, retriever: Retriever) -> None:
        """Many videos have the usual rate."""
        everything = retriever.search(full_query(60)).ids
        assert [item for item in everything if item in CLONES] == CLONES
        assert all(retriever.search(full_query(k)).ids == everything[:k] for k in range(1, 60))


class FusionContract(RetrieverContract):
    answers_nothing = True
    config: RetrievalConfig
    weights: ClassVar = {"bm25": 0.3, "tfidf": 0.2, "dense": 1.0, "affinity": 0.5, "cowatch": 0.4, "popular": 0.1}

    def make(self, snapshot: Snapshot) -> Retriever:
        return build_retriever(snapshot, self.config)

    def test_it_says_what_it_was_made_from(self, retriever: Retriever) -> None:
        ranking = retriever.search(full_query(10))
        assert {leg.origin for leg in ranking.legs} == set(self.weights)
        assert set(ranking.ids) <= set().union(*(leg.whole().ids for leg in ranking.legs))

    def test_the_places_of_its_items_are_those_in_the_whole_ranking_of_each_leg(self, retriever: Retriever) -> None:
        ranking = retriever.search(full_query(10))
        for leg in ranking.legs:
            whole = leg.whole()
            place = {item: rank for rank, item in enumerate(whole.ids, start=1)}
            assert leg.ranks.tolist() == [place.get(item, 0) for item in ranking.ids]
            assert leg.scores.tolist() == [
                whole.scores[place[item] - 1] if item in place else 0 for item in ranking.ids
            ]

    def test_where_nothing_is_asked_the_popular_answer_and_a_note_says_so(
        self, retriever: Retriever, snapshot: Snapshot
    ) -> None:
        ranking = retriever.search(Query(k=6))
        assert ranking.ids == build_leg("popular", snapshot, self.config).search(Query(k=6)).ids
        assert [note.code for note in ranking.notes] == ["popular-only"]
        assert retriever.search(full_query(6)).notes == ()


class TestWeightedMean(FusionContract):
    config = RetrievalConfig(weights=FusionContract.weights, text_weights=FusionContract.weights)

    def test_every_leg_scores_all_that_any_leg_found(self, snapshot: Snapshot) -> None:
        shallow = self.config.model_copy(update={"depth": 3})
        ranking = build_retriever(snapshot, shallow).search(full_query(3))
        assert len({frozenset(leg.whole().ids) for leg in ranking.legs}) == 1
        assert len(ranking.legs[0].whole()) > 3


class TestReciprocalRanks(FusionContract):
    config = RetrievalConfig(fusion="rrf", weights=FusionContract.weights, text_weights=FusionContract.weights)


RANKED = ("cowatch:share", "dense:share", "dense:nearest", "popular:readers", "tower:z", "svd:rank", "tfidf:score")
RANKER = LogisticRanker(
    RANKED, tuple(1.0 + at for at in range(7)), (0.1,) * 7, (0.5,) * 7,
    dict.fromkeys(("affinity", "bm25", "cowatch", "dense", "popular", "svd", "tfidf", "tower"), 80),
)  # fmt: skip


class TestLearnedFusion(FusionContract):
    """A reader without a wish is ranked by the ranker, all others as before."""

    config = RetrievalConfig(weights=FusionContract.weights, text_weights=FusionContract.weights)
    ranked: ClassVar = Query(
        k=60, terms=(("moon", 0.5),), vectors=VECTORS[:2], vector_weights=np.ones(2, np.float32), profile=PROFILE
    )

    def make(self, snapshot: Snapshot) -> Retriever:
        return build_retriever(replace(snapshot, trained=replace(TRAINED, ranker=RANKER)), self.config)

    def test_a_reader_is_ranked_alone_as_in_a_batch(self, retriever: Retriever) -> None:
        queries = [self.ranked, replace(self.ranked, filters=FILTERED[0]), replace(self.ranked, k=5)] * 3
        assert all(map(same, retriever.search_many(queries), [retriever.search(query) for query in queries]))

    def test_its_contributions_add_up_to_the_differences_of_scores(self, retriever: Retriever) -> None:
        ranking = retriever.search(self.ranked)
        assert set(ranking.contributions) == {"cowatch", "dense", "popular", "tower", "svd", "tfidf"}
        total = np.sum(list(ranking.contributions.values()), axis=0)
        np.testing.assert_allclose(np.diff(total), np.diff(ranking.scores), atol=1e-9)
        assert ranking.scores[0] == pytest.approx(1.0)

    def test_removed_and_filtered_videos_stay_away(self, retriever: Retriever, snapshot: Snapshot) -> None:
        found = retriever.search(replace(self.ranked, k=1000, filters=FILTERED[0])).ids
        assert set(found) == {one.id for one in [*VIDEOS, *ALIKE] if passes(one, FILTERED[0])} & set(
            snapshot.live_ids()
        )


class TestDiverse(RetrieverContract):
    answers_nothing = True

    def make(self, snapshot: Snapshot) -> Retriever:
        return build_retriever(snapshot, TestWeightedMean.config.model_copy(update={"diversity": 0.3}))

    def test_equals_come_by_id_wherever_the_list_is_cut(self, retriever: Retriever) -> None:
        """Of equals the first by id comes first; the others are pushed down, for they are alike."""
        everything = retriever.search(full_query(60)).ids
        assert [item for item in everything if item in {*CLONES, "video-10"}] == [*CLONES, "video-10"]
