"""Fixtures shared by all folders."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from pydantic import SecretStr

from shortlist.core.config import EncoderConfig, LlmConfig, ModelsConfig, StoreConfig
from shortlist.core.types import Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message, Schema
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.store.home_files import VECTORS
from tests import database_servers
from tests.database_servers import Postgres
from tests.feature_store_stand_in import FeatureStoreStandIn, feature_store_stand_in

# A machine that halts for a moment fails no test, and what fails here fails for everybody.
settings.register_profile(
    "shortlist", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shortlist")

# Each worker has one core: threads of faiss and scikit-learn that wait for each other use it up.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
SERVER_FIXTURES = {"browser", "chroma_url", "postgres", "servers"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses a server's fixture with `servers`."""
    for item in items:
        if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("servers")


def pytest_collection_finish() -> None:
    """Take what was imported and collected out of garbage collection, which servers run at every start."""
    gc.freeze()


@pytest.fixture(scope="session")
def bench_data() -> Path:
    """The folder of real data; the test is skipped, with the reason, where it is absent."""
    folder = os.environ.get("SHORTLIST_BENCH_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip(f"real data is absent: SHORTLIST_BENCH_DATA is {folder or 'not set'}")
    return Path(folder)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The default encoder. Its weights are in the cache after `make install`."""
    from shortlist.models.encoders.loader import load_encoder

    return load_encoder(EncoderConfig(), ModelsConfig())


@pytest.fixture(scope="session")
def tiny_llm() -> LlamaCppModel:
    """The smallest embedded language model. Its weights are in the cache after `make install`."""
    from shortlist.models.llm.loader import load_language_model

    model = load_language_model(
        LlmConfig(provider="embedded", model="smollm2-135m", threads=1, context=2048), ModelsConfig()
    )
    assert isinstance(model, LlamaCppModel)
    return model


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A home with all of sample/, ingested once a run and copied for each worker. Copy it before you change it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    ingested = folder / "sample"
    with FileLock(folder / "sample.lock"):
        if not ingested.exists():
            encoder, part = request.getfixturevalue("encoder"), folder / "sample.part"
            part.mkdir(mode=0o700, exist_ok=True)
            kept = request.config.cache.mkdir("sample-vectors") / f"{encoder_sha(encoder)}.sqlite3"
            if kept.exists():
                shutil.copy(kept, part / VECTORS)
            ingest_sample(part, encoder)
            shutil.copy(part / VECTORS, kept)
            part.rename(ingested)
    return shutil.copytree(ingested, tmp_path_factory.mktemp("sample") / "home")


def encoder_sha(encoder: Encoder) -> str:
    """A hash of the encoder's version and of the code that runs it: its vectors are kept between runs."""
    sources = sorted((ROOT / "models" / "encoders").glob("*.py"))
    return hashlib.sha256(b"".join([encoder.name.encode(), *(path.read_bytes() for path in sources)])).hexdigest()


def ingest_sample(path: Path, encoder: Encoder) -> None:
    """Ingest all of sample/ into a new home."""
    from shortlist.core.config_sections.ingest import IngestConfig
    from shortlist.ingest.load import load_articles, load_events, load_readers, load_videos
    from shortlist.retrieval.index.indexer import load_snapshot
    from shortlist.store.home import Home

    sample = ROOT / "sample"
    with Home.open(path, encoder.name) as home:
        load_videos(home, sample / "videos.jsonl", lambda: encoder, IngestConfig())
        load_articles(home, sample / "articles.csv", lambda: encoder, IngestConfig())
        load_readers(home, sample / "readers.jsonl", IngestConfig())
        load_events(home, sample / "events.csv", IngestConfig())
        load_snapshot(home)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; the test is skipped, with the reason, where it is not installed."""
    with database_servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def chroma_url() -> Iterator[str]:
    """The address of a running Chroma server."""
    with database_servers.chroma() as url:
        yield url


@pytest.fixture
def servers(postgres: Postgres, chroma_url: str) -> StoreConfig:
    """A new, empty database and a Chroma server."""
    return StoreConfig(catalogue=SecretStr(postgres.new_database()), chroma=chroma_url)


@pytest.fixture(scope="session")
def feature_runtime() -> Iterator[FeatureStoreStandIn]:
    """A server in place of the runtime of SageMaker Feature Store."""
    with feature_store_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def feature_groups(feature_runtime: FeatureStoreStandIn, monkeypatch: pytest.MonkeyPatch) -> FeatureStoreStandIn:
    """The server with the empty groups of all views, which boto3 reaches."""
    from shortlist.ops.features.feature_groups import group_definition
    from shortlist.ops.features.views import VIEWS

    feature_runtime.reset(group_definition(view) for view in VIEWS.values())
    for name, value in feature_runtime.environment().items():
        monkeypatch.setenv(name, value)
    return feature_runtime


class ScriptedModel:
    """A LanguageModel that answers from a script and keeps every call. A script entry that is an exception is raised.

    `script` answers call i with entry i, the last entry for ever after; an entry is the log-probabilities of
    `choice_logprobs` or the text of `complete`.
    """

    name = "scripted"

    def __init__(self, *script: Sequence[float] | str | ChoiceScores | Exception, max_choices: int = 20) -> None:
        self.script = script
        self.max_choices = max_choices
        self.calls: list[tuple[Message, ...]] = []

    def _next(self, messages: Sequence[Message]) -> Any:
        entry = self.script[min(len(self.calls), len(self.script) - 1)]
        self.calls.append(tuple(messages))
        if isinstance(entry, Exception):
            raise entry
        return entry

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        return Completion(self._next(messages), prompt_tokens=100, output_tokens=5)

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        entry = self._next(messages)
        if isinstance(entry, ChoiceScores):
            return entry
        return ChoiceScores(np.array(entry, dtype=np.float64), (False,) * len(choices), prompt_tokens=100)


@pytest.fixture(scope="session")
def scripted_model() -> type[ScriptedModel]:
    """The class of language models that answer from a script."""
    return ScriptedModel


class HashEncoder:
    """An Encoder whose vectors depend on the text alone, in every process. `texts` keeps what it was asked."""

    name = "hash-32"
    dim = 32

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        self.texts.extend(texts)
        digests = b"".join(hashlib.sha256(text.encode()).digest() for text in texts)
        rows = np.frombuffer(digests, dtype=np.uint8).reshape(-1, self.dim).astype(np.float32) - 127.5
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="session")
def new_hash_encoder() -> type[HashEncoder]:
    """The class of tiny deterministic encoders."""
    return HashEncoder


@pytest.fixture
def hash_encoder() -> HashEncoder:
    """A tiny deterministic encoder."""
    return HashEncoder()


@pytest.fixture(scope="session")
def snapshot_of() -> Any:
    """Makes a `Snapshot` of videos and their vectors (unit rows), in `parts` segments, without files.

    `watched` are the sequences of readers, oldest first.
    """
    from shortlist.retrieval.index.cowatch_counts import Links
    from shortlist.retrieval.index.segment import SegmentView, video_segment
    from shortlist.retrieval.index.snapshot import Snapshot

    def make(
        videos: Sequence[Video],
        vectors: np.ndarray[Any, Any],
        *,
        popular: Mapping[str, float] | None = None,
        parts: int = 1,
        removed: Sequence[str] = (),
        watched: Sequence[Sequence[str]] = (),
    ) -> Snapshot:
        made = []
        for chosen in np.array_split(np.arange(len(videos)), parts):
            segment = video_segment([videos[at] for at in chosen], vectors[chosen].astype(np.float32))
            made.append(SegmentView(segment).without(removed))
        readers = [[(item, 1) for item in sequence] for sequence in watched]
        links = Links.empty().updated(readers, 1)
        return Snapshot("home", 1, tuple(made), popular=popular or {}, links=links)

    return make
