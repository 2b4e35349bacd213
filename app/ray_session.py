"""Start Ray on this machine, or connect to a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shortlist.core.errors import ModelMissing


@contextmanager
def ray_session(address: str | None, cores: int) -> Iterator[Any]:
    """Yield the module `ray`, connected to the cluster at `address`; None starts one of `cores` on this machine.

    Raises `ModelMissing` if it is not installed.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        remedy = "run `pip install -e '.[ray]'`, or use --engine local"
        raise ModelMissing(
            "Ray is not installed", expected="the package ray", found=str(error), remedy=remedy
        ) from error
    options: dict[str, Any] = {"address": address} if address else {"num_cpus": cores}
    ray.init(**options, log_to_driver=False, include_dashboard=False)
    try:
        yield ray
    finally:
        ray.shutdown()
