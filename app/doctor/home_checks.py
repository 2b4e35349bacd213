"""Checks of the home: the catalogue, the caches, Chroma and the indexes are intact and agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shortlist.app.doctor.finding import Finding, broken, ok, problems_found, warn
from shortlist.app.doctor.service_checks import offline
from shortlist.core.config import Config
from shortlist.core.errors import ServiceError
from shortlist.core.ranking import FloatArray, Query
from shortlist.engine.build import encoder_of
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.cowatch_file import cowatch_is_damaged
from shortlist.retrieval.index.index import FOLDER, Index, open_index
from shortlist.retrieval.index.indexer import is_newer_than_catalogue, item_vectors
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.trained.versions import promoted, read_version
from shortlist.store.documents.document import Document, video_documents
from shortlist.store.embed import Embedder, LoadEncoder, batches, changes
from shortlist.store.home import Home
from shortlist.store.outbox import expected_documents, pending
from shortlist.store.registry.decisions import NO_MODELS

SAMPLE = 100  # videos that are searched for by their own vectors
REENCODED = 5  # videos whose texts are encoded again
MIN_COSINE = 0.999  # of a cached embedding with the text encoded again
TOLERANCE = 1e-4  # cosines that differ by less are equal

REBUILD = "shortlist doctor rebuild"
ENCODE_AGAIN = "delete vectors.sqlite3, then shortlist doctor rebuild"
BY_ITSELF = "nothing: the next ingest or server catches up; or shortlist doctor rebuild"


def catalogue(home: Home, _config: Config) -> Finding:
    """Check the database pages and the checksum of every record."""
    problems = home.catalogue.integrity.problems()
    if problems:
        return problems_found(problems, f"{REBUILD}, then ingest what it lists; or `shortlist ops restore` a backup")
    counts = home.catalogue.counts()
    return ok(
        f"{counts.videos:,} videos, {counts.articles:,} articles, {counts.readers:,} readers, "
        f"{counts.events:,} events, revision {home.catalogue.revision()}"
    )


def caches(home: Home, _config: Config) -> Finding:
    """Check every cached embedding and answer."""
    damaged = [f"{cache.name}: {problem}" for cache in home.caches for problem in cache.problems()[:1]]
    return problems_found(damaged, REBUILD) if damaged else ok("cached embeddings and answers are as they were written")


def embeddings(home: Home, config: Config) -> Finding:
    """Check that every text has an embedding, and that a few texts encoded again have the same one."""
    embedder = Embedder(home)
    texts = missing = 0
    for batch in batches(changes(home, after=0)):
        expected = {document.text_sha: document for change in batch for document in change.documents}
        texts += len(expected)
        missing += len(expected) - len(embedder.embed(expected.values()))
    if missing:
        return warn(f"{missing:,} of {texts:,} texts have no embedding", REBUILD)
    try:
        wrong = _wrong_embeddings(home, encoder_of(config.model_copy(update={"models": offline(config.models)})))
    except ServiceError:
        return ok(f"{texts:,} texts have one; none was encoded again because the encoder is missing")
    if wrong:
        return broken(f"{len(wrong)} texts encoded again have another embedding: {wrong[0]!r}", ENCODE_AGAIN)
    return ok(f"{texts:,} texts have one; a few encoded again have the same")


def documents(home: Home, _config: Config) -> Finding:
    """Check that Chroma has a document for every text of the catalogue, and in a sample the right vectors."""
    waiting = pending(home)
    if waiting:
        return warn(f"{waiting:,} records are not in Chroma yet", BY_ITSELF)
    found, expected = home.documents.count(), expected_documents(home)
    if found != expected:
        return broken(f"{found:,} documents for {expected:,} texts of the catalogue", REBUILD)
    wrong = _wrong_vectors(home)
    if wrong:
        return broken(f"{len(wrong)} documents have other vectors than their texts: {wrong[0]!r}", REBUILD)
    return ok(f"{found:,} documents, as many as the catalogue has texts")


def indexes(home: Home, _config: Config) -> Finding:
    """Check the checksum of every index file, and that the index has the items of the catalogue."""
    index = _open_index(home)
    if cowatch_is_damaged(home.content / FOLDER):
        return warn("cowatch.npz is not what was written", "nothing: the next recommend counts it again")
    if is_newer_than_catalogue(home):
        return warn("the index is newer than the catalogue: a backup was put back", BY_ITSELF)
    behind = home.catalogue.changed_since(index.manifest.revision)
    if behind:
        return warn(f"{behind:,} records are not indexed yet", BY_ITSELF)
    for kind, known in (("video", home.catalogue.videos.ids()), ("article", home.catalogue.articles.ids())):
        indexed = sorted(item for part in index.of_kind(kind) for item in part.live_ids())  # type: ignore[arg-type]
        if indexed != known:
            return broken(f"{len(indexed):,} {kind}s in the index, {len(known):,} in the catalogue", REBUILD)
    return ok(f"{len(index.parts)} segments at revision {index.manifest.revision}, the items of the catalogue")


def self_retrieval(home: Home, config: Config) -> Finding:
    """Check in a sample that a video's own embeddings find it first."""
    index = _open_index(home)
    snapshot = Snapshot(home.home_id, index.manifest.revision, index.of_kind("video"))
    ids = snapshot.live_ids()
    if not ids:
        return ok("no videos yet")
    chosen, vectors = _embedded(home, _sample(ids))
    if not chosen:
        return broken("no text of the sampled videos has an embedding", REBUILD)
    weight = np.ones(1, dtype=np.float32)
    queries = [Query(k=1, vectors=vector[None], vector_weights=weight) for vector in vectors]
    rankings = build_leg("dense", snapshot, config.retrieval).search_many(queries)
    own = snapshot.vectors_of("video", chosen)
    lost = [
        item
        for item, vector, ranking in zip(chosen, vectors, rankings, strict=True)
        if item not in own or not len(ranking) or float(own[item] @ vector) < ranking.scores[0] - TOLERANCE
    ]
    if lost:
        return broken(f"{len(lost)} of {len(chosen)} videos are not found by their own vectors: {lost[0]!r}", REBUILD)
    return ok(f"{len(chosen)} of {len(chosen)} videos are found first by their own vectors")


def _wrong_embeddings(home: Home, load: LoadEncoder) -> list[str]:
    """Encode the texts of a few videos again; return the ids of documents whose cached embedding differs."""
    chosen = _documents(home, _sample(home.catalogue.videos.ids(), REENCODED)).values()
    documents = [document for each in chosen for document in each]
    if not documents:
        return []
    cached = Embedder(home).embed(documents)
    again = load().encode([document.text for document in documents])
    pairs = zip(documents, again, strict=True)
    return [document.id for document, vector in pairs if float(cached[document.text_sha] @ vector) < MIN_COSINE]


def _sample(ids: Sequence[str], most: int = SAMPLE) -> list[str]:
    return [ids[at] for at in np.linspace(0, len(ids) - 1, min(most, len(ids))).astype(int)]


def _documents(home: Home, ids: Sequence[str]) -> dict[str, list[Document]]:
    """Return the documents of each video by id, without the videos that lack an embedding for one of their texts."""
    documents = {item: video_documents(video, 0) for item, video in home.catalogue.videos.get_many(ids).items()}
    embedded = Embedder(home).embed(document for each in documents.values() for document in each)
    return {item: each for item, each in documents.items() if all(document.text_sha in embedded for document in each)}


def _embedded(home: Home, ids: Sequence[str]) -> tuple[list[str], FloatArray]:
    documents = _documents(home, ids)
    return list(documents), item_vectors(home, list(documents.values()))


def _wrong_vectors(home: Home) -> list[str]:
    """Return the videos of a sample whose transcript has another vector in Chroma than in the cache."""
    documents = _documents(home, _sample(home.catalogue.videos.ids()))
    transcripts = {item: each[0] for item, each in documents.items()}
    embeddings = Embedder(home).embed(transcripts.values())
    vectors = home.documents.vectors("transcript", transcripts)
    return [
        item
        for item, document in transcripts.items()
        if item in vectors and not np.allclose(vectors[item], embeddings[document.text_sha], atol=TOLERANCE)
    ]


def _open_index(home: Home) -> Index:
    return open_index(home.content / FOLDER, home.home_id, home.encoder)


def trained_models(home: Home, _config: Config) -> Finding:
    """Read every number of the promoted models."""
    version = promoted(home.content)
    if version == NO_MODELS:
        return ok("the shipped weights are in use")
    towers = read_version(home.content, version).towers
    bad = [name for name, tower in towers.items() if not np.isfinite(tower.outputs).all()]
    if bad:
        return broken(f"{version}: {', '.join(bad)} has numbers that are not finite", "shortlist models rollback")
    return ok(f"{version}: {', '.join(towers)} are in use")
