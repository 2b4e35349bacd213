"""Files as blocks of equal size, named by their hash: a block that is there already is not sent again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shortlist.ops.publish.manifest import BLOCK, BLOCKS, BlockList, damaged, sha256
from shortlist.ops.publish.place import Place

AT_ONCE = 8  # blocks that are sent or fetched


def block_list(path: Path) -> BlockList:
    """Read the file at `path`, and return its size and the hashes of its blocks."""
    return BlockList(size=path.stat().st_size, blocks=tuple(map(sha256, _blocks(path))))


def send(place: Place, folder: Path, files: dict[str, BlockList], there: set[str]) -> tuple[int, int]:
    """Write the blocks of `files` in `folder` that are not `there`. Return their number and bytes."""
    missing: dict[str, tuple[Path, int]] = {}
    for name, file in files.items():
        for number, sha in enumerate(file.blocks):
            if f"{BLOCKS}/{sha}" not in there:
                missing.setdefault(sha, (folder / name, number))

    def write(sha: str) -> int:
        content = _read(*missing[sha])
        place.write(f"{BLOCKS}/{sha}", content)
        return len(content)

    return len(missing), sum(_at_once(write, missing))


def fetch(place: Place, path: Path, file: BlockList, before: Path | None, old: BlockList | None) -> int:
    """Write `file` to `path`. Blocks that the `old` file at `before` has at the same place are taken from it.

    Every block is compared with its hash. Return the number of bytes that were fetched. Raises `HomeDamaged` for a
    block that is missing or is not what was published.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fetched = 0
    with path.open("wb") as target, ThreadPoolExecutor(AT_ONCE) as threads:
        known = old.blocks if old is not None and before is not None else ()

        def read(number: int) -> tuple[bytes, bool]:
            sha = file.blocks[number]
            if before is not None and number < len(known) and known[number] == sha:
                content = _read(before, number)
                if sha256(content) == sha:
                    return content, False
            return _fetch(place, sha), True

        for content, is_new in threads.map(read, range(len(file.blocks))):
            target.write(content)
            fetched += is_new * len(content)
        target.flush()
        os.fsync(target.fileno())
    return fetched


def is_intact(place: Place, name: str) -> bool:
    """Return whether the block `name` is what its name says."""
    content = place.read(name)
    return content is not None and name == f"{BLOCKS}/{sha256(content)}"


def _fetch(place: Place, sha: str) -> bytes:
    content = place.read(f"{BLOCKS}/{sha}")
    if content is None or sha256(content) != sha:
        found = "nothing" if content is None else "a block with another SHA-256"
        raise damaged(f"the block {sha[:12]} of {place.address}", found)
    return content


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while content := file.read(BLOCK):
            yield content


def _read(path: Path, number: int) -> bytes:
    with path.open("rb") as file:
        file.seek(number * BLOCK)
        return file.read(BLOCK)


def _at_once(work: Callable[[str], int], names: Iterable[str]) -> list[int]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(work, names))
