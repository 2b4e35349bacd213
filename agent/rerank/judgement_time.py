"""How long one judgement takes, by language model: measured on this machine and kept in the folder of weights."""

from __future__ import annotations

import json
import logging
import os
import platform
import secrets
from pathlib import Path
from time import perf_counter

from shortlist.agent.batch import ItemBatch
from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.policy import AUTO_LEAST
from shortlist.agent.rerank.prompt import ReaderPrompt
from shortlist.agent.rerank.yesno import CHOICES, WISH_PROMPT
from shortlist.core.config import RerankConfig
from shortlist.core.types import Profile, Video
from shortlist.models.llm.language_model import LanguageModel

FILE = "judgement_seconds.json"
TEXT = (
    "Two friends take the last train over the mountains. They cook in the dining car, talk with the crew about winter "
    "and snow, sleep through six tunnels, and tell at the end what they would pack for the way back."
)

log = logging.getLogger(__name__)


class JudgementTimes:
    """Seconds of one judgement by the name of the model, in a JSON file of `folder`.

    The file has one table for each kind of machine, since machines may share the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._machine = f"{platform.machine()}, {os.cpu_count()} processors"

    def get(self, model: str) -> float | None:
        """Return the seconds of one judgement by `model`; None if it was never measured here."""
        seconds = self._read().get(self._machine, {}).get(model)
        return float(seconds) if isinstance(seconds, (int, float)) and seconds > 0 else None

    def put(self, model: str, seconds: float) -> None:
        """Keep the time of a judgement by `model`. A folder that cannot be written is logged: nothing depends on it."""
        times = self._read()
        times.setdefault(self._machine, {})[model] = round(seconds, 4)
        partial = self._file.with_name(f"{FILE}.{os.getpid()}.partial")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(times, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            partial.replace(self._file)
        except OSError as error:
            log.info("the time of a judgement was not kept: %s", error)

    def _read(self) -> dict[str, dict[str, float]]:
        try:
            times = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return times if isinstance(times, dict) else {}


def measure(model: LanguageModel) -> float:
    """Return the seconds of one judgement by `model`: the second of two, since the first one may load it.

    The candidates are new each time, so that no cache answers. Raises `ModelFailed`.
    """
    prompt = ReaderPrompt.load(WISH_PROMPT, Profile(""), "night trains", ItemBatch({}), RerankConfig())
    seconds = 0.0
    for _ in range(2):
        video = Video(id="candidate", title=f"Night train {secrets.randbelow(10**9)}", description=TEXT)
        messages = prompt.messages(candidate=candidate_text(video, RerankConfig().candidate_tokens))
        started = perf_counter()
        model.choice_logprobs(messages, CHOICES)
        seconds = perf_counter() - started
    return seconds


def depth_in_time(seconds: float | None, config: RerankConfig) -> int:
    """Return the number of candidates that a model judges in `config.auto_ms`; 0 if fewer than ten, or not measured."""
    if seconds is None:
        return 0
    depth = int(config.auto_ms / 1000 / seconds)
    return min(depth, config.depth) if depth >= AUTO_LEAST else 0
