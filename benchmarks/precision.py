"""Quality and cost of the encoder in 8 bits: published BM25 runs fused with the vectors of their candidates.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.precision [--work reports/precision]

Encodes 4,717 passages twice, unless their vectors are in `--work`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.rerank.lists import ENCODER, Vectors, load
from benchmarks.rerank.quality import quality, show
from shortlist.core.config import EncoderConfig
from shortlist.eval.stats.significance import compare

ENCODERS = {"float32": ENCODER, "int8": EncoderConfig(threads=1, precision="int8")}
SETS = ("dl19", "noveleval")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("reports/precision"), help="folder of vectors")
    args, data = parser.parse_args(), Path(os.environ["SHORTLIST_BENCH_DATA"])
    rows = []
    for name in SETS:
        found = {}
        for precision, config in ENCODERS.items():
            bench = load(name, data, Vectors(args.work / precision, config))
            found[precision] = quality(bench, {query: one.ranking for query, one in bench.lists.items()})["nDCG@10"]
        test = compare(found["int8"], found["float32"], seed=0)
        rows.append({"set": name, **{precision: float(values.mean()) for precision, values in found.items()},
                     "difference": test.difference.mean, "low": test.difference.low, "high": test.difference.high,
                     "p": test.p})  # fmt: skip
    show("nDCG@10 of BM25 and dense", rows)


if __name__ == "__main__":
    main()
