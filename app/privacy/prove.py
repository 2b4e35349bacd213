"""Prove a forgetting: search every byte of the home, and rebuild the derived state to compare it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Mapping, Sequence
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np

from shortlist.app.privacy.traces import find_traces
from shortlist.core.config import Config
from shortlist.core.types import KINDS
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.index.cowatch_file import load_links
from shortlist.retrieval.index.index import FOLDER, Index
from shortlist.retrieval.index.indexer import update_index
from shortlist.retrieval.index.segment import merge_segments
from shortlist.retrieval.index.segment_io import arrays_of
from shortlist.store.catalogue.erasure.subject import Subject
from shortlist.store.home import Home
from shortlist.store.home_files import CATALOGUE, VECTORS
from shortlist.store.sql.sqlite import SqliteDatabase

POPULARITY_BOUND = 1e-9  # relative; sums of floats in another order
NOT_SEARCHED = (
    "the id in other letters (upper for lower case), in base64, or otherwise encoded",
    "the contents of compressed files, but for those of the pipeline",
    "texts of fewer than 12 characters, and ids of fewer than 6 bytes in binary files",
    "what is not in the home: published snapshots, exports, logs, an offline feature store",
)
Comparison = dict[str, Any]


def prove(home: Home, config: Config, subjects: Sequence[Subject], texts: Collection[str]) -> dict[str, Any]:
    """Return the proof: `holds`, what was searched for, the traces found, and each comparison with its hashes.

    `texts` are the ids and texts erased by this run; an earlier, interrupted run can no longer name its own. The index
    of a catalogue on a server is not rebuilt.
    """
    search = find_traces(home, subjects, texts)
    with tempfile.TemporaryDirectory(prefix="shortlist-proof-") as folder:
        compared = [_cowatch(home, config.retrieval.cowatch_top, Path(folder)), *_rebuilt(home, config, Path(folder))]
    return {
        "holds": not search.found and bool(subjects) and all(one["equal"] for one in compared),
        "searched": {
            "files": search.files,
            "ids": len(subjects),
            "short_ids": search.short_ids,
            "texts": len(texts),
        },
        "traces": list(search.found),
        "not_searched": list(NOT_SEARCHED),
        "compared": compared,
    }


def _cowatch(home: Home, top: int | None, folder: Path) -> Comparison:
    """Compare the stored counts with those counted anew from the kept events."""
    stored, fresh = (_links_hash(load_links(home, place, top)) for place in (home.path / FOLDER, folder / "counts"))
    return _comparison("co-watch counts, byte for byte", stored, fresh)


def _rebuilt(home: Home, config: Config, folder: Path) -> list[Comparison]:
    """Compare index and popularity with those of a new home with the kept catalogue and embeddings."""
    if home.servers.catalogue is not None:
        return []
    for name in (CATALOGUE, VECTORS):
        if (home.path / name).exists():
            database = SqliteDatabase(home.path / name, "")
            database.copy_to(folder / name)
            database.close()
    half_life = config.retrieval.popular_half_life_days
    with Home.open(folder, create=False) as copy:
        indexes = [_index_hash(update_index(one)) for one in (home, copy)]
        popular = [one.catalogue.events.popularity(half_life) for one in (home, copy)]
    return [
        _comparison("index, content of all segments", *indexes),
        {
            **_comparison("popularity", *(_popularity_hash(one) for one in popular)),
            "equal": _nearly_equal(*popular),
            "bound": POPULARITY_BOUND,
        },
    ]


def _comparison(name: str, stored: str, rebuilt: str) -> Comparison:
    return {"of": name, "stored": stored, "rebuilt": rebuilt, "equal": stored == rebuilt}


def _links_hash(links: Links) -> str:
    forward = links.forward
    arrays = (forward.data, forward.indices, forward.indptr, links.watched, np.array(links.readers))
    return _hash("\n".join(links.ids).encode(), *(np.ascontiguousarray(array).tobytes() for array in arrays))


def _index_hash(index: Index) -> str:
    """Hash the live rows of all segments, merged, so that earlier merges do not matter."""
    parts: list[bytes] = []
    for kind in KINDS:
        if views := index.of_kind(kind):
            merged = merge_segments(views)
            parts.append("\n".join(merged.ids).encode())
            for name, array in sorted(arrays_of(merged).items()):
                if name != "cells":  # trained when a segment is written; selects candidates only
                    parts += [name.encode(), np.ascontiguousarray(array).tobytes()]
    return _hash(*parts)


def _popularity_hash(popular: Mapping[str, float]) -> str:
    return _hash(*(f"{video_id} {popular[video_id]:.9g}\n".encode() for video_id in sorted(popular)))


def _nearly_equal(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    same = one.keys() == other.keys()
    return same and all(isclose(one[key], other[key], rel_tol=POPULARITY_BOUND) for key in one)


def _hash(*parts: bytes) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big") + part)
    return sha.hexdigest()
