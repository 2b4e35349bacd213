from __future__ import annotations

from tests.serving.conftest import small, small_home

__all__ = ["small", "small_home"]
