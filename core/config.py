"""The configuration: one typed root, read once at the edge (`app/settings.py`) and passed down as arguments.

Every field carries its default and its help together; `docs/config.md` is generated from them. Unknown
keys are refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LEGS = ("bm25", "tfidf", "dense", "affinity", "popular")
AUTO = "auto"
NONE = "none"
METHODS = ("yesno",)
RERANK_CHOICES = (AUTO, NONE, *METHODS)

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Section(BaseModel):
    """Base of every section: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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

    name: str = Field("all-MiniLM-L6-v2", description="name of the encoder in models/manifest.toml")
    batch_size: int = Field(32, ge=1, description="texts encoded at once")
    threads: int = Field(2, ge=1, description="threads of the encoder")
    max_chunks: int = Field(4, ge=1, description="a long text is the mean of at most this many windows of 256 tokens")


class LlmConfig(Section):
    """Which language model is asked, and how."""

    provider: Literal["auto", "ollama", "embedded", "langchain"] = Field(
        "auto", description="auto = Ollama where it answers, else the embedded llama.cpp"
    )
    model: str = Field("qwen2.5-coder-1.5b", description="name of the embedded model in models/manifest.toml")
    threads: int = Field(
        2, ge=1, description="threads of the embedded model; more than the free cores makes it collapse"
    )
    context: int = Field(4096, ge=512, description="tokens of context")
    timeout_s: Positive = Field(120.0, description="longest wait for one answer of a server")
    ollama_url: str = Field("http://127.0.0.1:11434", description="address of the Ollama server")
    ollama_model: str = Field("qwen2.5:1.5b", description="model asked for at the Ollama server")
    keep_alive: str = Field("10m", description="how long Ollama keeps the model in memory")
    langchain: str | None = Field(None, description='any LangChain chat model, as "openai:gpt-4o-mini"')


class RetrievalConfig(Section):
    """Legs and their fusion."""

    depth: int = Field(200, ge=1, le=1000, description="candidates asked of every leg, whatever k is")
    fusion: Literal["weighted", "rrf"] = Field("weighted", description="how the legs are joined")
    weights: dict[str, Weight] = Field(
        default_factory=lambda: {"bm25": 0.3, "tfidf": 0.2, "dense": 1.0, "affinity": 0.6, "popular": 0.1},
        description="weight of each leg in the weighted fusion; a leg with weight 0 is not asked",
    )
    text_weights: dict[str, Weight] = Field(
        default_factory=lambda: {"bm25": 0.3, "tfidf": 0.1, "dense": 1.0, "affinity": 0.1, "popular": 0.0},
        description="the same where there is a wish or a search text",
    )
    rrf_k: Positive = Field(60.0, description="the constant of reciprocal rank fusion")
    k1: Positive = Field(1.2, description="BM25 term saturation")
    b: Share = Field(0.75, description="BM25 length normalisation")
    dense_top: int = Field(3, ge=1, description="similarities that make a video's dense score, where a reader has more")
    popular_half_life_days: Positive = Field(14.0, description="a click, view or like this old counts half as popular")
    fresh_half_life_days: Positive = Field(30.0, description="a video this much older than the newest is half as fresh")
    fresh_weight: Weight = Field(0.2, description="weight of freshness against popularity in the popular leg")


class ProfileConfig(Section):
    """How events become a profile."""

    max_history: int = Field(50, ge=1, description="events that make the profile, newest first")
    half_life_days: Positive = Field(14.0, description="an event this old counts half")
    session_gap_min: Positive = Field(30.0, description="a pause this long starts a new session")
    session_boost: Positive = Field(2.0, description="weight of an event in the current session against an older one")
    full_dwell_s: Positive = Field(30.0, description="a view this long counts fully")
    thin_history: int = Field(3, ge=0, description="a reader with fewer liked items than this has a thin history")


class RerankConfig(Section):
    """What the language model judges, and how much it counts."""

    method: Literal["yesno"] = Field("yesno", description="the method that `--rerank auto` uses")
    depth: int = Field(20, ge=1, le=200, description="candidates that the language model judges")
    history_items: int = Field(10, ge=0, description="liked items shown to the language model, newest first")
    candidate_words: int = Field(60, ge=5, description="words of each candidate shown to the language model")
    weight_plain: Share = Field(0.0, description="share of the model's score for a reader without a wish")
    weight_wish: Share = Field(0.5, description="share of the model's score for a reader with a wish")
    weight_thin: Share = Field(0.0, description="share of the model's score for a reader with a thin history")
    weight_named: Share = Field(
        0.5, description="share used where a method is asked for by name and the weight above is 0"
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


class Config(Section):
    """The root."""

    home: Path = Field(Path("chroma_db"), description="folder that holds all state")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="least severe log record shown"
    )
    models: ModelsConfig = ModelsConfig()
    encoder: EncoderConfig = EncoderConfig()
    llm: LlmConfig = LlmConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    profile: ProfileConfig = ProfileConfig()
    rerank: RerankConfig = RerankConfig()
    ingest: IngestConfig = IngestConfig()
