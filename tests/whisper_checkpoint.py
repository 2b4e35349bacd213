"""The weights of CTranslate2's Whisper as a checkpoint of openai-whisper, so that both can run the same."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
LAYER = {
    "self_attention/layer_norm": "attn_ln",
    "self_attention/linear_1": "attn.out",
    "attention/layer_norm": "cross_attn_ln",
    "attention/linear_0": "cross_attn.query",
    "attention/linear_2": "cross_attn.out",
    "ffn/layer_norm": "mlp_ln",
    "ffn/linear_0": "mlp.0",
    "ffn/linear_1": "mlp.2",
}
TOP = {
    "encoder/conv1": "encoder.conv1",
    "encoder/conv2": "encoder.conv2",
    "encoder/layer_norm": "encoder.ln_post",
    "decoder/layer_norm": "decoder.ln",
}
PARTS = {"gamma": "weight", "beta": "bias", "weight": "weight", "bias": "bias"}
JOINED = {"self_attention/linear_0": ("attn", "query key value"), "attention/linear_1": ("cross_attn", "key value")}


def checkpoint(folder: Path, target: Path) -> None:
    """Write what lies in `folder` (model.bin) to `target` (.pt)."""
    import torch

    arrays = dict(_arrays(folder / "model.bin"))
    weights = {name: torch.from_numpy(value.astype(np.float32)) for name, value in _renamed(arrays).items()}
    torch.save({"dims": _dims(weights), "model_state_dict": weights}, target)


def _dims(weights: dict[str, Any]) -> dict[str, int]:
    n_vocab, state = weights["decoder.token_embedding.weight"].shape
    layers = {
        side: len({n.split(".")[2] for n in weights if n.startswith(f"{side}.blocks")})
        for side in ("encoder", "decoder")
    }
    return {
        "n_mels": weights["encoder.conv1.weight"].shape[1], "n_audio_ctx": 1500, "n_audio_state": state,
        "n_audio_head": state // 64, "n_audio_layer": layers["encoder"], "n_vocab": n_vocab, "n_text_ctx": 448,
        "n_text_state": state, "n_text_head": state // 64, "n_text_layer": layers["decoder"],
    }  # fmt: skip


def _renamed(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    found = {
        "decoder.token_embedding.weight": arrays["decoder/embeddings/weight"],
        "encoder.positional_embedding": arrays["encoder/position_encodings/encodings"],
        "decoder.positional_embedding": arrays["decoder/position_encodings/encodings"],
    }
    for name, value in arrays.items():
        path, _, part = name.rpartition("/")
        if path in TOP:
            found[f"{TOP[path]}.{PARTS[part]}"] = value
        if path in TOP or "/layer_" not in path:
            continue
        side, layer, rest = path.split("/", 2)
        block = f"{side}.blocks.{layer.removeprefix('layer_')}"
        if rest in LAYER:
            found[f"{block}.{LAYER[rest]}.{PARTS[part]}"] = value
        if rest in JOINED:
            attention, names = JOINED[rest]
            for one, piece in zip(names.split(), np.split(value, len(names.split())), strict=True):
                if (one, part) != ("key", "bias"):  # openai-whisper has none
                    found[f"{block}.{attention}.{one}.{part}"] = piece
    return found


def _arrays(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Every array of a model.bin by name; see CTranslate2's python/ctranslate2/specs/model_spec.py."""
    with path.open("rb") as file:
        _number(file, "I")
        _text(file)
        _number(file, "I")
        for _ in range(_number(file, "I")):
            name = _text(file)
            shape = [_number(file, "I") for _ in range(_number(file, "B"))]
            dtype = DTYPES[_number(file, "B")]
            yield name, np.frombuffer(file.read(_number(file, "I")), dtype=dtype).reshape(shape)


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "H")).rstrip(b"\0").decode()


def _number(file: BinaryIO, kind: str) -> int:
    return int(struct.unpack(f"<{kind}", file.read(struct.calcsize(f"<{kind}")))[0])
