"""Run independent work in threads, with BLAS limited to one thread.

The threads of BLAS wait for each other after every product, which takes five times as long on a busy machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

T = TypeVar("T")
R = TypeVar("R")


def map_in_threads(work: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """Return `work` of each of `items`, in their order, with at most so many `threads`."""
    return [work(item) for item in items] if min(len(items), threads) <= 1 else list(_pool(threads).map(work, items))


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS works in the calling thread only."""
    limit: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="retrieval")
