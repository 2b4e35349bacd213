"""Make a student: fit it on judged lists, and write the files of its version."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from shortlist.agent.students.features import FEATURES, features
from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.core.progress import Bar
from shortlist.learning.student.fit import fit
from shortlist.learning.student.lists import JudgedList
from shortlist.models.encoders.loader import load_reference
from shortlist.models.encoders.onnx_export import TOKENS, trace
from shortlist.models.encoders.quantise import quantise
from shortlist.models.students.token_network import NETWORK, TOKENIZER, TokenNetwork

DIGITS = 12
START = "token similarity"


def version_name(lists: Sequence[JudgedList], code: str) -> str:
    """Return a name such as `student-3f2a91c04d7e`, which depends on the judged lists and on the code that trains."""
    judged = [[one.wish, one.held_out, sorted(one.teacher.items())] for one in lists]
    return f"student-{hashlib.sha256(json.dumps([judged, code]).encode()).hexdigest()[:DIGITS]}"


def write_token_network(folder: Path, config: EncoderConfig, models: ModelsConfig) -> None:
    """Write the encoder without its pooling layer, in 8 bits, and its tokenizer into `folder`.

    Raises `ModelFailed` if the encoder cannot be exported, `ModelMissing` if it is not on this machine.
    """
    weights, reference = load_reference(config, models)
    full = folder / f"float32-{NETWORK}"
    trace(reference.network, full, TOKENS)
    quantise(full, folder / NETWORK)
    full.unlink()
    shutil.copyfile(weights / TOKENIZER, folder / TOKENIZER)


def train(lists: Sequence[JudgedList], network: TokenNetwork, bar: Bar) -> list[float]:
    """Return the weights of `FEATURES` fitted on `lists`, from the similarity of tokens, which needs no training."""
    values = []
    for one in lists:
        values.append(features(one.wish, list(one.texts.values()), network))
        bar(1)
    weights: list[float] = fit(lists, values, np.array([float(name == START) for name in FEATURES])).tolist()
    return weights
