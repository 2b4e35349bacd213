from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shortlist.store.caches.bounded import BoundedCache


def test_the_least_recently_used_values_are_evicted() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2, 100)
    cache.put("a", 1, 1)
    cache.put("b", 2, 1)
    assert cache.get("a") == 1
    cache.put("c", 3, 1)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    cache.clear()
    assert cache.get("a") is None


def test_a_value_heavier_than_all_room_evicts_nothing() -> None:
    cache: BoundedCache[str, int] = BoundedCache(9, 10)
    cache.put("a", 1, 10)
    cache.put("huge", 2, 11)
    assert (cache.get("a"), cache.get("huge")) == (1, None)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=40))
def test_what_is_cached_never_weighs_more_than_allowed(puts: list[tuple[int, int]]) -> None:
    cache: BoundedCache[int, int] = BoundedCache(5, 20)
    for key, weight in puts:
        cache.put(key, weight, weight)
    kept = [weight for weight in map(cache.get, range(10)) if weight is not None]
    assert len(kept) <= 5
    assert sum(kept) <= 20
