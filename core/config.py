"""The configuration: one typed root, read once at the edge (`app/settings.py`) and passed down as arguments.

Every field carries its default and its help together; `docs/config.md` is generated from them. Unknown
keys are refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

LEGS = ("bm25", "tfidf", "dense", "affinity", "cowatch", "popular")
AUTO = "auto"
NONE = "none"
METHODS = ("yesno", "letters", "list")
RERANK_CHOICES = (AUTO, NONE, *METHODS)

WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
GO_DURATION = re.compile(r"[+-]?(([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})(ns|us|µs|ms|s|m|h))+")

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _expanded(value: Any) -> Any:
    try:
        return value.expanduser() if isinstance(value, Path) else value
    except RuntimeError as error:  # ~NAME of nobody
        raise ValueError(str(error)) from error


class Section(BaseModel):
    """Base of every section: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def _paths(cls, value: Any) -> Any:
        """ "~" at the beginning of a path is the user's folder."""
        if isinstance(value, dict):
            return {name: _expanded(one) for name, one in value.items()}
        return _expanded(value)


class ModelsConfig(Section):
    """Where weights come from and are kept."""

    cache: Path | None = Field(None, description="folder of downloaded weights; the user's cache folder if unset")
    offline: bool = Field(False, description="never ask the network for weights")
    hub: str = Field("https://huggingface.co", description="address of the model hub")
    hub_timeout_s: Positive = Field(5.0, description="seconds to wait for the hub, once, before a mirror is tried")
    paths: dict[str, Path] = Field(
        default_factory=dict, description="model name = file or folder, used instead of a download"
    )


class EncoderConfig(Section):
    """How texts become vectors."""

    name: str = Field(
        "all-MiniLM-L6-v2",
        description="an encoder of `shortlist models list` or models.paths, a folder or a repository of the hub with a "
        'sentence-transformers model, or a server\'s as "ollama:nomic-embed-text" or "openai:text-embedding-ada-002"',
    )
    batch_size: int = Field(32, ge=1, description="texts encoded at once")
    threads: int = Field(2, ge=1, description="threads of the encoder")
    max_chunks: int = Field(
        4,
        ge=1,
        description="a long text is the mean of at most this many windows of 256 tokens (servers: 1,000 letters)",
    )


class LlmConfig(Section):
    """Which language model is asked, and how."""

    provider: Literal["auto", "ollama", "embedded", "langchain"] = Field(
        "auto", description="auto = Ollama where it answers, else the embedded llama.cpp"
    )
    model: str = Field("qwen2.5-coder-1.5b", description="name of the embedded model in `shortlist models list`")
    threads: int = Field(
        2, ge=1, description="threads of the embedded model; more than the free cores makes it collapse"
    )
    context: int = Field(4096, ge=512, description="tokens of context")
    timeout_s: Positive = Field(120.0, description="longest wait for one answer of a server")
    ollama_url: str = Field("http://127.0.0.1:11434", description="address of the Ollama server")
    ollama_model: str = Field("qwen2.5:1.5b", description="model asked for at the Ollama server")
    keep_alive: int | str = Field(
        "10m", description='how long Ollama keeps the model in memory: seconds, or as "1h30m"; -1 is for ever'
    )
    langchain: str | None = Field(None, description='any LangChain chat model, as "openai:gpt-4o-mini"')

    @field_validator("keep_alive", mode="before")
    @classmethod
    def _duration(cls, value: Any) -> int | str:
        """Ollama takes a number of seconds as a number only, and any text as a duration of Go."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and WHOLE.fullmatch(value):
            return int(value)
        if isinstance(value, str) and GO_DURATION.fullmatch(value):
            return value
        raise ValueError('seconds as a whole number, or a duration as "10m" or "1h30m"')


class RetrievalConfig(Section):
    """Legs and their fusion."""

    depth: int = Field(200, ge=1, le=1000, description="candidates asked of every leg, whatever k is")
    fusion: Literal["weighted", "rrf"] = Field("weighted", description="how the legs are joined")
    weights: dict[str, Weight] = Field(
        default_factory=lambda: {
            "bm25": 0.1,
            "tfidf": 0.2,
            "dense": 1.0,
            "affinity": 0.4,
            "cowatch": 1.0,
            "popular": 0.05,
        },
        description="weight of each leg in the weighted fusion; a leg with weight 0 is not asked",
    )
    text_weights: dict[str, Weight] = Field(
        default_factory=lambda: {"bm25": 0.5, "tfidf": 0.1, "dense": 1.0, "affinity": 0.1, "popular": 0.0},
        description="the same where there is a wish or a search text",
    )
    rrf_k: Positive = Field(60.0, description="the constant of reciprocal rank fusion")
    k1: Positive = Field(1.2, description="BM25 term saturation")
    b: Share = Field(0.75, description="BM25 length normalisation")
    threads: int = Field(2, ge=1, description="threads that compare vectors")
    dense_top: int = Field(5, ge=1, description="similarities that make a video's dense score, where a reader has more")
    cowatch_recency: Share = Field(0.65, description="weight of a liked video against the one liked next after it")
    cowatch_backward: Share = Field(0.1, description="weight of a link to the video that was watched before")
    cowatch_damping: Share = Field(0.1, description="exponent of the popularity by which a link is divided")
    popular_half_life_days: Positive = Field(14.0, description="a click, view or like this old counts half as popular")
    fresh_half_life_days: Positive = Field(30.0, description="a video this much older than the newest is half as fresh")
    freshness: Share = Field(
        0.0, description="share of its score that a video loses as it ages, by fresh_half_life_days"
    )
    diversity: Share = Field(0.0, description="weight of being unlike the videos above against being relevant")
    fresh_weight: Weight = Field(0.2, description="weight of freshness against popularity in the popular leg")


class ProfileConfig(Section):
    """How events become a profile."""

    max_history: int = Field(50, ge=1, description="events that make the profile, newest first")
    half_life_days: Positive = Field(180.0, description="an event this old counts half")
    session_gap_min: Positive = Field(30.0, description="a pause this long starts a new session")
    session_boost: Positive = Field(1.0, description="weight of an event in the current session against an older one")
    full_dwell_s: Positive = Field(30.0, description="a view this long counts fully")
    thin_history: int = Field(3, ge=0, description="a reader with fewer liked items than this has a thin history")


class RerankConfig(Section):
    """What the language model judges, and how much it counts."""

    method: Literal["yesno", "letters", "list"] = Field("yesno", description="the method that `--rerank auto` uses")
    depth: int = Field(20, ge=1, le=200, description="candidates that the language model judges")
    top: int = Field(
        10, ge=1, le=200, description="places the rerank is for: yesno stops where no deeper candidate can reach them"
    )
    history_tokens: int = Field(250, ge=0, description="tokens of each prompt, about, that tell what the reader did")
    wish_history_tokens: int = Field(0, ge=0, description="the same beside a wish")
    candidate_tokens: int = Field(80, ge=16, description="tokens, about, that tell what a candidate is")
    weight_plain: Share = Field(0.0, description="share of the model's score for a reader without a wish")
    weight_wish: Share = Field(
        0.5, description="share of the model's score for a reader with a wish; 0 if unset for the small embedded models"
    )
    weight_thin: Share = Field(0.0, description="share of the model's score for a reader with a thin history")
    weight_named: Share = Field(
        0.5, description="share used where a method is asked for by name and the weight above is 0"
    )


class StoreConfig(Section):
    """Servers that keep what else lies in the home, and which events it takes."""

    catalogue: SecretStr | None = Field(
        None,
        description="a PostgreSQL database as postgresql://user@host/database, best without a password (PGPASSWORD or "
        "~/.pgpass); the file catalogue.sqlite3 of the home if unset",
    )
    chroma: str | None = Field(
        None, description="a Chroma server as http://host:8000; the folder chroma of the home if unset"
    )
    clock_tolerance_s: float = Field(
        86_400.0,
        ge=0,
        le=1e9,
        description="seconds by which an event may lie in the future; later ones are refused, stored ones ignored",
    )


class IngestConfig(Section):
    """How records are stored."""

    batch: int = Field(500, ge=1, description="records written in one transaction")
    categories: tuple[str, ...] = Field(
        (
            "World", "Sports", "Business", "Sci/Tech", "Food", "Health", "Travel", "Home", "Music", "Nature", "Arts",
            "Education", "Comedy", "Gaming", "Fashion",
        ),
        description="categories that a video without one is compared with",
    )  # fmt: skip
    enrich_tokens: int = Field(
        1200, ge=64, description="tokens of a transcript or article that a model reads to enrich it"
    )


class SpeechConfig(Section):
    """What turns speech into text."""

    provider: Literal["faster-whisper", "openai-whisper"] = Field("faster-whisper", description="engine")
    model: str = Field(
        "whisper-base", description="name of the speech model in `shortlist models list` or models.paths"
    )
    threads: int = Field(2, ge=1, description="threads of the speech model")


class MediaConfig(Section):
    """Which videos are taken from addresses and files, and how politely."""

    max_duration_s: Positive = Field(180.0, description="longest video taken from an address")
    max_file_duration_s: Positive = Field(14400.0, description="longest file taken; an hour needs 0.9 GB of memory")
    max_bytes: int = Field(2_000_000_000, ge=1, description="largest file taken or downloaded")
    auto_captions: bool = Field(False, description="take a site's automatic captions where the uploader wrote none")
    allow_private: bool = Field(False, description="take addresses on this machine and in its private networks")
    keep_media: bool = Field(False, description="keep downloads, in the folder media of the home, once transcribed")
    cookies: Path | None = Field(None, description="cookies.txt of a browser, for videos that need a login")
    downloads: int = Field(2, ge=1, le=16, description="downloads at the same time")
    rate_limit: int | None = Field(None, ge=1, description="bytes a second of one download")
    pause_s: float = Field(1.0, ge=0, description="seconds between two videos of one download thread")
    retries: int = Field(3, ge=0, description="further attempts where a server is busy or a connection breaks")
    backoff_s: Positive = Field(2.0, description="seconds before the first of them; twice as long before each next")
    timeout_s: Positive = Field(20.0, description="longest silence of a server")
    s3_endpoint: str | None = Field(None, description="address of an S3 server other than Amazon's")


class TunedConfig(Section):
    """What the values of this configuration were chosen on; reports label figures of the same data."""

    on: dict[str, str] = Field(default_factory=dict, description="data set = hash of its files")
    keys: tuple[str, ...] = Field((), description="settings that were chosen there, as retrieval.weights")


class EvalConfig(Section):
    """How variants are measured."""

    cache: Path | None = Field(
        None, description="folder of ingested data sets and finished runs; in the user's cache folder if unset"
    )
    seed: int = Field(0, ge=0, description="of samples, resampling and simulated readers")


class ExportConfig(Section):
    """How the export is divided."""

    workers: int = Field(0, ge=0, description="processes that rank readers; 0 is one a core")
    shard: int = Field(500, ge=1, description="readers of one part, the least that a stopped export loses")
    ray_address: str | None = Field(
        None, description='address of a Ray cluster, as "ray://host:10001" or "auto"; a Ray of this machine if unset'
    )


class ChatConfig(Section):
    """How messages are read."""

    mode: Literal["auto", "parser", "agent"] = Field(
        "auto", description="who reads: rules, a language model, or (auto) the model only what the rules cannot read"
    )


class ServeConfig(Section):
    """The HTTP API, the web page and the MCP server."""

    host: str = Field("127.0.0.1", description="address to listen on; without keys always this machine only")
    port: int = Field(8000, ge=0, le=65535, description="port of the HTTP API; 0 takes a free one")
    web_port: int = Field(7860, ge=0, le=65535, description="port of the web page")
    mcp_port: int = Field(8001, ge=0, le=65535, description="port of the MCP server over HTTP")
    workers: int = Field(1, ge=1, le=64, description="processes that answer the HTTP API")
    threads: int = Field(2, ge=1, description="requests worked on at once by each process, the language model's apart")
    requests: int = Field(
        256, ge=1, description="requests accepted at once by each process; more are told to come again"
    )
    llm_at_once: int = Field(1, ge=1, description="requests that ask the language model at once, of all processes")
    llm_waiting: int = Field(8, ge=0, description="requests that wait for it; more are told to come again (503)")
    deadline_s: Positive = Field(
        20.0,
        description="longest wait for a rerank, then the answer comes without it; or for a free thread, then 503 comes",
    )
    rate_per_s: Positive = Field(200.0, description="requests a second of one key, on average; twice as many at once")
    body_bytes: int = Field(8_000_000, ge=1, description="largest request")
    body_timeout_s: Positive = Field(
        30.0, description="time for the head of a request, and for its body, which has a second more for each 100 KB"
    )
    connections: int = Field(1024, ge=1, description="open connections of each process; the longest idle make room")
    connections_per_client: int = Field(256, ge=1, description="the same for each client address, such as a proxy")
    batch: int = Field(1000, ge=1, description="events or videos of one request")
    upload_bytes: int = Field(500_000_000, ge=1, description="largest table that the web page takes")
    write_wait_s: float = Field(
        10.0, ge=0, description="longest wait of a request that writes videos for another writer"
    )
    kept_answers: int = Field(2048, ge=0, description="recommendations kept until the reader or the home changes")
    refresh_s: Positive = Field(1.0, description="seconds between two looks for what another process has ingested")
    shutdown_s: Positive = Field(15.0, description="longest wait for running requests when the server is stopped")


class Config(Section):
    """The root."""

    home: Path = Field(
        Path("chroma_db"),
        description="folder that holds all state; if unset, chroma_db in the current folder where that is a home or "
        "empty, else the user's data folder",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="least severe log record shown"
    )
    models: ModelsConfig = ModelsConfig()
    encoder: EncoderConfig = EncoderConfig()
    llm: LlmConfig = LlmConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    profile: ProfileConfig = ProfileConfig()
    rerank: RerankConfig = RerankConfig()
    store: StoreConfig = StoreConfig()
    ingest: IngestConfig = IngestConfig()
    speech: SpeechConfig = SpeechConfig()
    media: MediaConfig = MediaConfig()
    chat: ChatConfig = ChatConfig()
    serve: ServeConfig = ServeConfig()
    export: ExportConfig = ExportConfig()
    eval: EvalConfig = EvalConfig()
    tuned: TunedConfig = TunedConfig()
