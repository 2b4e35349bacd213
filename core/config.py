"""Typed configuration, read once by `app/settings.py` and passed down as arguments.

Every field has its default and its help in one place; `docs/config.md` is generated from them. Unknown keys are errors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from shortlist.core.config_sections.batch import EvalConfig, ExportConfig, TunedConfig
from shortlist.core.config_sections.copies import BackupConfig, PublishConfig
from shortlist.core.config_sections.ingest import IngestConfig, MediaConfig, SpeechConfig
from shortlist.core.config_sections.operations import DriftConfig, FeaturesConfig, PipelineConfig
from shortlist.core.config_sections.section import Positive, Section, Share, Weight
from shortlist.core.config_sections.serving import ServeConfig
from shortlist.core.legs import LEGS

AUTO = "auto"
NONE = "none"
STUDENT = "student"
METHODS = ("yesno", "letters", "list", STUDENT)
RERANK_CHOICES = (AUTO, NONE, *METHODS)

WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
GO_DURATION = re.compile(r"[+-]?(([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})(ns|us|µs|ms|s|m|h))+")


class ModelsConfig(Section):
    """Sources and cache of model weights."""

    cache: Path | None = Field(None, description="folder of downloaded weights; the user's cache folder if unset")
    offline: bool = Field(False, description="never ask the hub or a mirror for weights")
    source: str | None = Field(
        None,
        description="your folder or s3://BUCKET/PREFIX with weights as MODEL/FILE, read before the hub is asked",
    )
    s3_endpoint: str | None = Field(
        None, description="address of the S3 server of models.source; media.s3_endpoint if unset"
    )
    hub: str = Field("https://huggingface.co", description="address of the model hub")
    hub_timeout_s: Positive = Field(5.0, description="seconds to wait for the hub, once, before a mirror is tried")
    paths: dict[str, Path] = Field(
        default_factory=dict, description="model name = file or folder, used instead of a download"
    )


class EncoderConfig(Section):
    """The encoder of texts into vectors."""

    name: str = Field(
        "all-MiniLM-L6-v2",
        description="an encoder of `shortlist models list` or models.paths, a folder or a repository of the hub with a "
        'sentence-transformers model, or a server\'s as "ollama:nomic-embed-text" or "openai:text-embedding-ada-002"',
    )
    batch_size: int = Field(32, ge=1, description="texts encoded at once")
    precision: Literal["float32", "int8"] = Field(
        "float32",
        description="int8 takes less than half the time, for slightly other vectors; only for the encoders of "
        "`shortlist models list`. A home keeps the precision that it was made with",
    )
    threads: int = Field(2, ge=1, description="threads of the encoder")
    max_chunks: int = Field(
        4,
        ge=1,
        description="windows of 256 tokens (servers: 1,000 letters) at most whose mean represents a long text",
    )


class LlmConfig(Section):
    """The language model."""

    provider: Literal["auto", "ollama", "embedded", "langchain"] = Field(
        "auto", description="auto = Ollama if it is running, else the embedded llama.cpp"
    )
    model: str = Field("qwen2.5-coder-1.5b", description="name of the embedded model in `shortlist models list`")
    threads: int = Field(
        2, ge=1, description="threads of the embedded model; it becomes very slow with more threads than free cores"
    )
    context: int = Field(4096, ge=512, description="tokens of context")
    timeout_s: Positive = Field(120.0, description="longest wait for one answer of a server")
    ollama_url: str = Field("http://127.0.0.1:11434", description="address of the Ollama server")
    ollama_model: str = Field("qwen2.5:1.5b", description="model to use on the Ollama server")
    keep_alive: int | str = Field(
        "10m", description='how long Ollama keeps the model in memory: seconds, or as "1h30m"; -1 is forever'
    )
    langchain: str | None = Field(None, description='any LangChain chat model, as "openai:gpt-4o-mini"')

    @field_validator("keep_alive", mode="before")
    @classmethod
    def _duration(cls, value: Any) -> int | str:
        """Turn digits into seconds: Ollama reads numbers as seconds and every string as a Go duration."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and WHOLE.fullmatch(value):
            return int(value)
        if isinstance(value, str) and GO_DURATION.fullmatch(value):
            return value
        raise ValueError('seconds as a whole number, or a duration such as "10m" or "1h30m"')


class RetrievalConfig(Section):
    """Legs of retrieval and their fusion."""

    depth: int = Field(200, ge=1, le=1000, description="candidates of every leg, whatever k is")
    fusion: Literal["weighted", "rrf", "learned"] = Field(
        "learned",
        description="how the legs are combined; learned = by the promoted ranker, weighted before there is one",
    )
    models: str | None = Field(
        None, description="version of the trained models in use; the promoted one if unset, none for no models"
    )
    weights: dict[str, Weight] = Field(
        default_factory=lambda: {name: leg.weight for name, leg in LEGS.items() if leg.weight},
        description="weight of each leg in the weighted fusion; a leg with weight 0 does not run, svd and tower need "
        "training",
    )
    text_weights: dict[str, Weight] = Field(
        default_factory=lambda: {name: leg.text_weight for name, leg in LEGS.items() if leg.text_weight},
        description="the same for a wish or a search text",
    )
    legs: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="settings of legs that a plugin adds, by leg (docs/plugins.md)"
    )
    rrf_k: Positive = Field(60.0, description="the constant of reciprocal rank fusion")
    k1: Positive = Field(1.2, description="BM25 term saturation")
    b: Share = Field(0.75, description="BM25 length normalisation")
    threads: int = Field(2, ge=1, description="threads that compare vectors")
    dense_top: int = Field(5, ge=1, description="liked items nearest to a video that make up its dense score")
    cowatch_recency: Share = Field(0.65, description="weight of a liked video relative to the next newer one")
    cowatch_backward: Share = Field(0.1, description="weight of a backward link relative to a forward one")
    cowatch_top: int | None = Field(
        None,
        ge=1,
        description="links of each video to others that are kept, the strongest; all if unset (docs/scale.md)",
    )
    cowatch_damping: Share = Field(0.1, description="exponent of the popularity by which a link is divided")
    popular_half_life_days: Positive = Field(14.0, description="a click, view or like this old counts half as popular")
    fresh_half_life_days: Positive = Field(30.0, description="a video this much older than the newest is half as fresh")
    freshness: Share = Field(
        0.0, description="share of its score that a video loses as it ages, by fresh_half_life_days"
    )
    relevance_floor: Share = Field(
        0.3,
        description="cosine below which nothing is about a text of which no video has a third of the words, "
        "calibrated for all-MiniLM-L6-v2; 0 never says so",
    )
    diversity: Share = Field(0.0, description="weight of difference from the videos above, against relevance")
    fresh_weight: Weight = Field(0.2, description="weight of freshness against popularity in the popular leg")

    @field_validator("legs")
    @classmethod
    def _settings_of_legs(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Check the settings of each leg, and add its defaults."""
        checked = {}
        for name, settings in value.items():
            model = LEGS[name].settings if name in LEGS else None
            if model is None:
                raise ValueError(f"{name!r} is not a leg with settings of its own")
            checked[name] = model.model_validate(settings).model_dump()
        return checked


class ProfileConfig(Section):
    """The profile of a reader, computed from events."""

    max_history: int = Field(50, ge=1, description="newest events that make up the profile")
    half_life_days: Positive = Field(180.0, description="an event this old counts half")
    session_gap_min: Positive = Field(30.0, description="a pause this long starts a new session")
    session_boost: Positive = Field(1.0, description="weight of an event in the current session relative to older ones")
    full_dwell_s: Positive = Field(30.0, description="a view this long counts fully")
    thin_history: int = Field(3, ge=0, description="a reader with fewer liked items than this has a thin history")
    imported_weight: Weight = Field(0.5, description="weight of an imported act relative to one in Shortlist")
    imported_half_life_days: Positive = Field(180.0, description="an imported act this old counts half")


class RerankConfig(Section):
    """Rerank by the language model, and the weight of its score."""

    method: Literal["auto", "yesno", "letters", "list", "student"] = Field(
        "auto",
        description="the method that `--rerank auto` uses; auto = the promoted student if there is one, else yesno",
    )
    student: str | None = Field(
        None,
        description="folder or version of a student of `shortlist train student`; the promoted one if unset, none for "
        "no student",
    )
    depth: int = Field(20, ge=1, le=200, description="candidates that the language model judges")
    top: int = Field(
        10,
        ge=1,
        le=200,
        description="places to decide: yesno stops when no deeper candidate can reach them",
    )
    budget_ms: float | None = Field(
        8000.0,
        ge=0,
        allow_inf_nan=False,
        description="milliseconds that `recommend` and the chat wait for a rerank; then what was judged counts. "
        "`export` and `eval` have no limit",
    )
    auto_ms: float = Field(
        2000.0,
        ge=0,
        allow_inf_nan=False,
        description="milliseconds within which a language model must judge ten candidates to be asked by "
        "`--rerank auto`, and which its rerank may take",
    )
    auto_depth: int | None = Field(
        None,
        ge=0,
        le=200,
        description="candidates that a language model judges for `--rerank auto`; as many as fit in `auto_ms` if "
        "unset, 0 for none",
    )
    history_tokens: int = Field(250, ge=0, description="approximate tokens of the reader's history in each prompt")
    wish_history_tokens: int = Field(0, ge=0, description="the same for a request with a wish")
    candidate_tokens: int = Field(80, ge=16, description="approximate tokens of each candidate's text")
    weight_plain: Share = Field(0.0, description="share of the model's score for a reader without a wish")
    weight_wish: Share = Field(
        0.6, description="share of the model's score for a reader with a wish; 0 if unset for the small embedded models"
    )
    weight_thin: Share = Field(0.0, description="share of the model's score for a reader with a thin history")
    max_lift: Weight = Field(
        0.5,
        description="standard deviations by which the model may lift a candidate above its retrieval score; "
        "a lower value limits what a text that deceives the model gains",
    )
    weight_named: Share = Field(0.5, description="share for a method requested by name where the weight above is 0")


class StoreConfig(Section):
    """Servers that replace parts of the home, and limits on events."""

    catalogue: SecretStr | None = Field(
        None,
        description="a PostgreSQL database as postgresql://user@host/database, best without a password (PGPASSWORD or "
        "~/.pgpass); the file catalogue.sqlite3 of the home if unset",
    )
    chroma: str | None = Field(
        None, description="a Chroma server as http://host:8000; the folder chroma of the home if unset"
    )
    snapshot: str | None = Field(
        None,
        min_length=1,
        description="folder or s3://BUCKET/PREFIX of published snapshots to follow instead of a home of one's own; "
        "events need store.catalogue then (docs/operations.md)",
    )
    snapshot_s: Positive = Field(10.0, description="seconds between two looks of a server for a newer snapshot")
    clock_tolerance_s: float = Field(
        86_400.0,
        ge=0,
        le=1e9,
        description="seconds by which an event may be in the future; later events are rejected, stored ones ignored",
    )


class ExposuresConfig(Section):
    """The log of what readers were shown."""

    keep_days: float = Field(
        90.0,
        ge=0,
        le=36_500,
        description="days for which the list of every answer is stored, so that it can be repeated and judged; 0 "
        "stores none",
    )
    explore: Share = Field(
        0.0,
        description="share of the places of each list that are filled at random, so that other variants can be judged "
        "from the log (docs/experiments.md)",
    )


class ChatConfig(Section):
    """The chat."""

    mode: Literal["auto", "parser", "agent"] = Field(
        "auto",
        description="read messages by rules, by a language model, or (auto) by the model only if rules fail",
    )


class Config(Section):
    """All sections."""

    home: Path = Field(
        Path("chroma_db"),
        description="folder that holds all state; if unset, chroma_db in the current folder if that is a home or "
        "empty, else the user's data folder",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="least severe log record shown"
    )
    plugins: tuple[str, ...] | None = Field(
        None,
        description="names of the plugins that are loaded; if unset, all that are installed, but none in servers "
        "(docs/plugins.md)",
    )
    models: ModelsConfig = ModelsConfig()
    encoder: EncoderConfig = EncoderConfig()
    llm: LlmConfig = LlmConfig()
    retrieval: RetrievalConfig = Field(default_factory=RetrievalConfig)
    profile: ProfileConfig = ProfileConfig()
    rerank: RerankConfig = RerankConfig()
    store: StoreConfig = StoreConfig()
    exposures: ExposuresConfig = ExposuresConfig()
    backup: BackupConfig = BackupConfig()
    publish: PublishConfig = PublishConfig()
    pipeline: PipelineConfig = PipelineConfig()
    features: FeaturesConfig = FeaturesConfig()
    drift: DriftConfig = DriftConfig()
    ingest: IngestConfig = IngestConfig()
    speech: SpeechConfig = SpeechConfig()
    media: MediaConfig = MediaConfig()
    chat: ChatConfig = ChatConfig()
    serve: ServeConfig = ServeConfig()
    export: ExportConfig = ExportConfig()
    eval: EvalConfig = EvalConfig()
    tuned: TunedConfig = TunedConfig()

    @model_validator(mode="after")
    def _one_object_storage(self) -> Self:
        """Read weights from the S3 server of the media, unless they have one of their own."""
        if self.models.s3_endpoint is None and self.media.s3_endpoint is not None:
            models = self.models.model_copy(update={"s3_endpoint": self.media.s3_endpoint})
            object.__setattr__(self, "models", models)  # sections are frozen
        return self
