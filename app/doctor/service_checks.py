"""Checks of the environment: versions, weights, a language model, disk space."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from importlib.metadata import version

from shortlist.app.doctor.finding import Finding, broken, ok, warn
from shortlist.core.config import Config, ModelsConfig
from shortlist.core.errors import ModelMissing, ServiceError
from shortlist.core.plugins import PLUGINS
from shortlist.engine.build import encoder_of
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.models.llm.loader import load_language_model
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.resolve import verify
from shortlist.retrieval.index.manifest import FORMAT
from shortlist.store.sql.schema import SCHEMA_VERSION

LOW_GB, TOO_LOW_GB = 2.0, 0.1
QUESTION = (Message("user", "Is water wet? Answer yes or no."),)


def versions(_config: Config) -> Finding:
    """Report the installed versions."""
    parts = (
        f"shortlist {version('shortlist')}", f"schema {SCHEMA_VERSION}", f"index format {FORMAT}",
        f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}", f"chromadb {version('chromadb')}",
    )  # fmt: skip
    return ok(", ".join(parts))


def plugins(_config: Config) -> Finding:
    """Check that the chosen plugins can be loaded."""
    PLUGINS.load()
    failed = [one for one in PLUGINS.loaded.values() if one.error is not None]
    if failed:
        found = "; ".join(f"{one.name} is not loaded: {one.error}" for one in failed)
        return warn(found, f"update or uninstall {failed[0].distribution or failed[0].name}, or see --no-plugins")
    return ok(", ".join(PLUGINS.identity) or "none")


def encoder(config: Config) -> Finding:
    """Check that the encoder's weights match the manifest and that it encodes a text."""
    name = config.encoder.name
    wrong = _wrong_weights(name, config.models)
    if wrong:
        return broken(f"the weights of {name} are {wrong}", f"shortlist models pull {name}", ModelMissing.exit_code)
    load = encoder_of(config.model_copy(update={"models": offline(config.models)}))
    encoded = load().encode(["What is this about?"])
    return ok(f"{name} encodes, {encoded.shape[1]} dimensions")


def language_model(config: Config) -> Finding:
    """Check that a language model is available and answers. Without one, recommendations keep retrieval's order."""
    try:
        model = load_language_model(config.llm, offline(config.models))
        answer = _test_answer(model)
    except ServiceError as error:
        return _no_language_model(config, error)
    wrong = _wrong_weights(model.name.partition("@")[0], config.models)
    if wrong:
        return warn(f"the weights of {model.name} are {wrong}", f"shortlist models pull {config.llm.model}")
    return ok(f"{model.name} {answer}")


def disk(config: Config) -> Finding:
    """Check the free disk space at the home."""
    folder = next(path for path in (config.home, *config.home.absolute().parents) if path.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    said, remedy = f"{free_gb:,.1f} GB free at {folder}", "free some space, or move the home with --home"
    if free_gb < TOO_LOW_GB:
        return broken(said, remedy)
    return warn(said, remedy) if free_gb < LOW_GB else ok(said)


def _test_answer(model: LanguageModel) -> str:
    if model.max_choices >= 2:
        model.choice_logprobs(QUESTION, ["yes", "no"])
        return "answers with log-probabilities"
    model.complete(QUESTION, max_tokens=4)
    return "answers, without log-probabilities"


def _no_language_model(config: Config, error: ServiceError) -> Finding:
    said = f"{error.problem}: expected {error.expected}, found {error.found}"
    if config.llm.provider == "auto":
        return warn(f"none; recommendations keep the order of retrieval ({said})", error.remedy)
    return broken(said, error.remedy, error.exit_code)


def _wrong_weights(name: str, models: ModelsConfig) -> str:
    """Hash the weights of `name` again. Returns "missing", "damaged", or "" for intact weights and unknown models."""
    known = {one: model for one, model in load_manifest().items() if one == name}
    states = [one.state for one in verify(models, manifest=known)]
    return "" if states in ([], ["ready"]) else states[0]


def offline(models: ModelsConfig) -> ModelsConfig:
    """Return `models` with downloads switched off."""
    return models.model_copy(update={"offline": True, "source": None})
