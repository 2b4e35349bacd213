"""Who works in parallel: our own threads, which share nothing until the end.

BLAS is held to one thread meanwhile: its own wait for each other after every product, which on a busy machine costs
five times the work.
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


def in_threads(work: Callable[[T], R], given: Sequence[T], threads: int) -> list[R]:
    """`work` for each of `given`, so many at a time."""
    return [work(one) for one in given] if min(len(given), threads) <= 1 else list(_pool(threads).map(work, given))


def one_blas_thread() -> AbstractContextManager[object]:
    """Inside, BLAS works in the thread that calls it."""
    limit: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="retrieval")
