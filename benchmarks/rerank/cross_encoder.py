"""Quality and cost of a cross-encoder that learns from the lists of a student, with the student for comparison.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank.cross_encoder --home HOME [--wishes FILE]
        [--layers 6] [--frozen 0] [--loss margin-mse] [--work reports/rerank]

A cross-encoder reads a wish and a text together. `cross_training` trains it on the lists that `shortlist train student`
has judged in the home; its networks are kept in the folder `--work`. It judges on one thread, one pair at a time,
because a batch in 8 bits shares its scale. "fitted" is the student of Shortlist, "boosted" its rival of trees (see
`agreement`), both from the same lists.

They are compared on the lists of the home that are held out, and on DL19 and NovelEval, whose relevance judgements are
used for nothing else.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rerank.agreement import METHODS, SEED, START_WEIGHTS, Floats, Score, stage_score, stored_lists
from benchmarks.rerank.cross_training import LOSSES, Recipe, title_lists, train, write
from benchmarks.rerank.lists import Vectors, load
from benchmarks.rerank.quality import DEPTH, show
from benchmarks.rerank.student import BENCHES, CONFIG, table, token_network
from shortlist.agent.students.features import features
from shortlist.app.distillation import collect
from shortlist.core.config import Config
from shortlist.core.progress import no_bars
from shortlist.engine.build import open_home
from shortlist.eval.student_gate import judge_student
from shortlist.learning.student.lists import JudgedList
from shortlist.models.encoders.onnx_encoder import load_session
from shortlist.models.students.token_network import TOKENIZER, TokenNetwork, load_tokenizer

Judge = Callable[[JudgedList], Floats]


def cross_encoder(folder: Path, precision: str) -> Judge:
    """Load the network that `train` has written into `folder`."""
    tokenizer, session = load_tokenizer(folder / TOKENIZER), load_session(folder / f"{precision}.onnx", threads=1)

    def score(wish: str, text: str) -> float:
        pair = tokenizer.encode(wish, text)
        given = {"input_ids": np.array([pair.ids]), "attention_mask": np.array([pair.attention_mask])}
        return float(session.run(None, given)[0][0, 0])

    return lambda one: np.array([score(one.wish, text) for text in one.texts.values()])


class Comparison:
    """Compares students, which score the features of a list, and networks, which read its texts."""

    def __init__(self, network: TokenNetwork, students: Mapping[str, Score], networks: Mapping[str, Judge]) -> None:
        self._network, self._students, self._networks = network, students, networks

    def row(self, one: JudgedList) -> tuple[Floats, Floats]:
        """Return the features of a list and the score of the retrieval."""
        return features(one.wish, list(one.texts.values()), self._network), stage_score(one)

    def show(self, name: str, lists: Sequence[JudgedList]) -> dict[str, Any]:
        """Print the agreement of all with the teacher and their cost. Return scores by group and candidate."""
        rows, shared = _timed(lambda: [self.row(one) for one in lists])
        scored = {}
        for judge, score in self._students.items():
            values, own = _timed(lambda score=score: [score(*row) for row in rows])
            scored[judge] = values, shared + own
        for judge, read in self._networks.items():
            scored[judge] = _timed(lambda read=read: [read(one) for one in lists])
        candidates, found, table = sum(len(one.teacher) for one in lists), {}, []
        for judge, (values, seconds) in scored.items():
            scores = {one.wish: dict(zip(one.teacher, of.tolist(), strict=True))
                      for one, of in zip(lists, values, strict=True)}  # fmt: skip
            verdict = judge_student(lists, lambda one, scores=scores: scores[one.wish], {}, CONFIG, SEED)
            none, student, teacher = verdict.rows
            table.append({"judge": judge, "tau": student.tau, "nDCG@10": student.ndcg,
                          "difference": verdict.over_none[0], "p": verdict.over_none[3],
                          f"core-ms for {DEPTH}": round(seconds * 1000 * DEPTH / candidates)})  # fmt: skip
            found[judge] = {one.group: scores[one.wish] for one in lists}
        levels = f"no rerank {none.ndcg:.4f}, the teacher {teacher.ndcg:.4f}"
        show(f"{name}: agreement with the teacher over {verdict.items} videos or wishes; {levels}", table)
        return found


def students(lists: Sequence[JudgedList], network: TokenNetwork) -> dict[str, Score]:
    """Return the student without training, and those of `METHODS`, fitted on `lists`."""
    tokens = [features(one.wish, list(one.texts.values()), network) for one in lists]
    stages = [stage_score(one) for one in lists]
    scores: dict[str, Score] = {"token similarity": lambda features, _stages: features @ START_WEIGHTS}
    return scores | {name: method(lists, tokens, stages) for name, method in METHODS.items()}


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    return work(), time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--home", type=Path, required=True, help="home whose lists `shortlist train student` has judged"
    )
    parser.add_argument("--wishes", type=Path, help="the file of real wishes given to `shortlist train student`")
    parser.add_argument("--layers", type=int, default=6, help="layers of the encoder to keep, from below")
    parser.add_argument("--frozen", type=int, default=0, help="layers that are not trained, from below")
    parser.add_argument("--loss", choices=LOSSES, default="margin-mse", help="on the teacher's log-odds")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors and networks")
    args = parser.parse_args()
    config = Config(home=args.home)
    wishes = args.wishes.read_text(encoding="utf-8").splitlines() if args.wishes else []
    with open_home(config) as home:
        made = collect(home, config, 0, wishes, no_bars, lambda _line: None)
        recipe = Recipe(args.layers, args.frozen, args.loss)
        folder = args.work / f"{recipe.name}-{len(made.training)}"
        if not folder.exists():
            write(train(title_lists(home, config), made.training, recipe), folder)
    network = token_network(args.work)
    networks = {f"cross-encoder, {precision}": cross_encoder(folder, precision) for precision in ("int8", "float32")}
    comparison = Comparison(network, students(made.training, network), networks)
    comparison.show("held out", made.held_out)
    for name in BENCHES:
        bench = load(name, Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(args.work))
        show(f"{name}: relevance", table(name, bench, comparison.show(name, stored_lists(name, bench))))


if __name__ == "__main__":
    main()
