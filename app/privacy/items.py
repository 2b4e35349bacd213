"""Remove videos and articles from everything that is derived from them: index, Chroma, pictures, media files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from shortlist.app.privacy.file_search import SHORT, holds_any
from shortlist.app.privacy.traces import SHORTEST_TEXT
from shortlist.core.types import KINDS
from shortlist.ingest.media.media_file import download_name
from shortlist.ingest.media.pipeline import MEDIA
from shortlist.retrieval.index.indexer import purge
from shortlist.store.catalogue.erasure.subject import READER, Erased, Subject
from shortlist.store.home import Home
from shortlist.store.home_files import CHROMA


def clean_items(home: Home, erased: Mapping[Subject, Erased]) -> int:
    """Remove the items among `erased` from index, pictures and downloads. May be repeated.

    Return the number of downloads that were deleted. Your own media files stay.
    """
    items = {subject: one for subject, one in erased.items() if subject.kind != READER}
    if items:
        purge(home, {kind: [one.id for one in items if one.kind == kind] for kind in KINDS})
    downloads = [path for one in items.values() for path in _downloads(home.path, one.locations)]
    for path in downloads:
        path.unlink()
    for subject in items:
        home.pictures.remove(subject.id)
    return len(downloads)


def empty_chroma(home: Home, erased: Collection[Subject], texts: Collection[str]) -> bool:
    """Empty Chroma if it holds an item, or any trace of a reader. Return whether it was emptied. May be repeated.

    The next process that writes content fills it from the cached embeddings. This one must not: the files of Chroma's
    vectors hold remains of the memory of the process that wrote them, and this process has read what is erased.
    """
    if not home.documents.exists():
        return False
    if all(subject.kind == READER for subject in erased):
        ids = (subject.id for subject in erased if len(subject.id) >= SHORT)
        if not holds_any(home.path / CHROMA, [*ids, *(text for text in texts if len(text) >= SHORTEST_TEXT)]):
            return False
    home.documents.reset()
    return True


def _downloads(home: Path, locations: Mapping[str, str]) -> Iterator[Path]:
    for location, version in locations.items():
        yield from (home / MEDIA).glob(f"{download_name(location, version)}.*")
