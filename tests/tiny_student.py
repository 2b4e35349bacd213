"""A student over a network of random token vectors, which is written in milliseconds and needs no torch."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from shortlist.agent.students.features import FEATURES
from shortlist.agent.students.student import save_weights
from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.models.students.token_network import NETWORK, TOKENIZER
from shortlist.models.weights.resolve import resolve

VOCABULARY, DIM = 30_522, 16


def write_tiny_student(folder: Path, **weights: float) -> Path:
    """Write a student with `weights` by feature, the others 0, and return `folder`.

    A token has the same random vector everywhere, so the student finds candidates with the words of the wish.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vectors = np.random.default_rng(0).normal(size=(VOCABULARY, DIM)).astype(np.float32)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, [1, "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [1, "tokens", DIM])
    look_up = helper.make_node("Gather", ["table", "input_ids"], ["vectors"])
    graph = helper.make_graph([look_up], "tiny", inputs, [output], [numpy_helper.from_array(vectors, "table")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), folder / NETWORK)
    shutil.copyfile(resolve(EncoderConfig().name, ModelsConfig()) / TOKENIZER, folder / TOKENIZER)
    save_weights(folder, [weights.get(name.replace(" ", "_"), 0.0) for name in FEATURES])
    return folder
