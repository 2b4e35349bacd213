"""8-bit copies of ONNX networks: dynamic quantisation, by channel, which needs no calibration data."""

from __future__ import annotations

import logging
from pathlib import Path


def quantise(network: Path, to: Path) -> None:
    """Write `network` to the path `to` with weights of 8 bits.

    The scale of the activations is computed from whatever is in one call, so a row's result depends on the others of
    its batch. Run a quantised network on one text at a time.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # onnxruntime advises to optimise the network first, which gains nothing here
    try:
        quantize_dynamic(network, to, weight_type=QuantType.QInt8, per_channel=True)
    finally:
        root.setLevel(level)
