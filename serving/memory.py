"""Memory that a reload has freed, handed back to the system."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Collect what is garbage and let the C library return it: glibc keeps it, and a server grows with each reload."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
