"""Count which video is watched after which, in this process or as a job on Ray. Both give the same counts.

The job maps shards of readers to links, in buckets of videos, then adds up and prunes each bucket. No process holds all
links before they are pruned; Ray keeps them in its object store, and on disk if that is full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from shortlist.app.ray_session import ray_session
from shortlist.core.config import Config
from shortlist.retrieval.index.cowatch_counts import Links, Watches, pairs, strongest
from shortlist.retrieval.index.cowatch_file import write_links
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.vectors.arrays import Ints
from shortlist.store.home import Home
from shortlist.store.sql.read_only import read_only

Engine = Literal["local", "ray"]
READERS = 5_000  # of a shard
BUCKETS = 32  # of videos, each a share of their numbers
LINK = np.dtype([("before", "<i4"), ("after", "<i4"), ("value", "<i8")])

Table = npt.NDArray[np.void]  # LINK[k]


def count_again(home: Home, config: Config, engine: Engine) -> Links:
    """Count all events of `home` and replace its co-watch file.

    Raises `ModelMissing` if Ray is not installed, and `ReadOnlyHome` for a home that follows snapshots.
    """
    if home.is_follower:
        raise read_only("the counts are those of the snapshot")
    top = config.retrieval.cowatch_top
    with home.catalogue.snapshot():
        newest, removal = home.catalogue.events.version()
        watches = home.catalogue.events.iterate_watches()
        if engine == "local":
            links = Links.empty().updated(watches, newest).strongest(top)
        else:
            workers = config.export.workers or 2
            links = count_on_ray(watches, newest, top, config.export.ray_address, workers)
    write_links(home.path / FOLDER, home, links, removal, top)
    return links


def count_on_ray(readers: Iterable[Watches], until: int, top: int | None, address: str | None, workers: int) -> Links:
    """Return the links of the events of `readers` up to number `until`, as `Links.updated` and `strongest` give them.

    Without the `address` of a cluster, Ray starts on this machine with `workers` cores.
    """
    numbered = Numbered()
    with ray_session(address, workers) as ray:
        shards = [ray.put(shard) for shard in numbered.shards(readers, until)]
        n = len(numbered.numbers)
        order = ray.put(np.argsort(np.argsort(np.array(list(numbered.numbers)))))
        mapper = ray.remote(num_cpus=1, num_returns=BUCKETS)(map_shard)
        reducer = ray.remote(num_cpus=1)(reduce_bucket)
        parts = [mapper.remote(shard, n) for shard in shards]
        sums = [reducer.remote(n, top, order, *bucket) for bucket in zip(*parts, strict=True)]
        tables = [ray.get(bucket) for bucket in sums]
    return joined(numbered, tables, until)


class Numbered:
    """Numbers videos in the order in which they appear, as `Links.updated` does, and counts readers.

    A shard has `size` readers.
    """

    def __init__(self, size: int = READERS) -> None:
        self._size = size
        self.numbers: dict[str, int] = {}
        self.watched: list[Ints] = []
        self.readers = 0

    def shards(self, readers: Iterable[Watches], until: int) -> Iterator[bytes]:
        """Yield shards of the readers' sequences: int32, every sequence after its length."""
        shard: list[Ints] = []
        for watches in readers:
            items = dict.fromkeys(item for item, number in watches if number <= until)
            if not items:
                continue
            numbers = [self.numbers.setdefault(item, len(self.numbers)) for item in items]
            shard.append(np.array([len(numbers), *numbers], dtype=np.int64))
            self.readers += 1
            if len(shard) == self._size:
                yield self._closed(shard)
                shard = []
        if shard:
            yield self._closed(shard)

    def _closed(self, shard: Sequence[Ints]) -> bytes:
        self.watched.append(np.concatenate([one[1:] for one in shard]))
        return np.concatenate(shard).astype("<i4").tobytes()


def map_shard(shard: bytes, n: int) -> list[Table]:
    """Count the links of a shard. Return a table for each bucket."""
    flat, sequences, at = np.frombuffer(shard, "<i4"), [], 0
    while at < len(flat):
        end = at + 1 + int(flat[at])
        sequences.append(flat[at + 1 : end].astype(np.int64))
        at = end
    table = _table(pairs(sequences, n))
    ends = np.searchsorted(table["before"].astype(np.int64) * BUCKETS // n, np.arange(BUCKETS + 1))
    return [table[ends[bucket] : ends[bucket + 1]] for bucket in range(BUCKETS)]


def reduce_bucket(n: int, top: int | None, order: Ints, *tables: Table) -> Table:
    """Add up the tables of a bucket, and keep the `top` strongest links of each video."""
    links = _matrix(tables, n)
    return _table(links if top is None else strongest(links, top, order))


def joined(numbered: Numbered, tables: Sequence[Table], until: int) -> Links:
    """Return the links in the `tables` of all buckets."""
    n = len(numbered.numbers)
    watched = np.bincount(np.concatenate([np.empty(0, np.int64), *numbered.watched]), minlength=n)
    return Links(tuple(numbered.numbers), _matrix(tables, n), watched, numbered.readers, until)


def _matrix(tables: Sequence[Table], n: int) -> csr_array:
    table = np.concatenate([np.empty(0, LINK), *tables])
    return coo_array((table["value"], (table["before"], table["after"])), shape=(n, n)).tocsr()


def _table(links: csr_array) -> Table:
    found = links.tocoo()
    table = np.empty(found.nnz, LINK)
    table["before"], table["after"], table["value"] = found.row, found.col, found.data
    return table
