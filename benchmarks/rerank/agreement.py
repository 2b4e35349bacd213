"""The agreement of students with their teacher as the training lists grow, on lists that none has seen.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank.agreement --home HOME [--wishes FILE] [--on stored]
        [--out docs/agreement.svg]

The lists to train on are those that `shortlist train student` has judged in the home. They are compared on
those of the home that are held out. With `--on stored` it is on the lists of DL19 and NovelEval whose judgements by the
language model are part of the repository; the relevance judgements of these sets are not read.

"fitted" is the student of Shortlist: weights that start from the similarity of tokens. "boosted" is the cheapest rival:
trees (LightGBM) on the same features and the score of the retrieval. Both learn the teacher's log-odds, centred within
each list. Each size is drawn `DRAWS` times, by whole videos.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.rerank.lists import ListSet, Vectors, load
from benchmarks.rerank.quality import DEPTH, JUDGED, read, show
from benchmarks.rerank.student import BENCHES, CONFIG, TEACHER, token_network
from shortlist.agent.prompt_safety.sanitize import candidate_text, clean
from shortlist.agent.rerank.prompt import WISH_TOKENS
from shortlist.agent.students.features import FEATURES, features
from shortlist.app.distillation import collect
from shortlist.core.config import Config
from shortlist.core.progress import no_bars
from shortlist.core.ranking import Ranking
from shortlist.engine.build import open_home
from shortlist.eval.student_gate import judge_student
from shortlist.learning.student.distil import START
from shortlist.learning.student.fit import fit
from shortlist.learning.student.lists import JudgedList
from shortlist.models.students.token_network import TokenNetwork

SIZES = (5, 10, 25, 50, 100, 150, 300, 1000, 3000)
DRAWS = 5
SEED = 18
TREES: dict[str, Any] = {
    "n_estimators": 100, "learning_rate": 0.05, "num_leaves": 7, "min_child_samples": 20, "subsample": 0.8,
    "subsample_freq": 1, "colsample_bytree": 0.8, "random_state": 0, "n_jobs": 1, "verbose": -1,
}  # fmt: skip

Floats = npt.NDArray[np.float64]
Row = tuple[JudgedList, Floats, Floats]
Score = Callable[[Floats, Floats], Floats]  # token features and stage score of a list to its scores
Fitted = dict[int, list[tuple[float, float]]]  # tau and nDCG of each draw, by the number of lists

START_WEIGHTS = np.array([float(name == START) for name in FEATURES])


def stage_score(one: JudgedList) -> Floats:
    """Return float64[n, 1]: the score of the retrieval over the best of the list; 0 outside the head."""
    scores = dict(zip(one.head.ids, one.head.scores.tolist(), strict=True))
    return np.array([[scores.get(item, 0.0)] for item in one.teacher]) / max(1e-9, float(one.head.scores[0]))


def stored_lists(name: str, bench: ListSet) -> list[JudgedList]:
    """Return the lists of `bench`, which has the `name`, with the stored judgements of the teacher."""
    lists, known = [], read(JUDGED / f"{name}.{TEACHER}.yesno.jsonl")
    for query, one in bench.lists.items():
        teacher = dict(zip(known[query].ids, known[query].scores, strict=True))
        texts = {item: candidate_text(bench.items.videos[item], CONFIG.candidate_tokens) for item in teacher}
        head = Ranking(one.ranking.ids[:DEPTH], one.ranking.scores[:DEPTH], one.ranking.origin)
        lists.append(JudgedList(clean(one.wish or "", WISH_TOKENS), query, head, teacher, texts, held_out=True))
    return lists


def fitted(lists: Sequence[JudgedList], tokens: Sequence[Floats], _stages: Sequence[Floats]) -> Score:
    """Fit the weights of a student."""
    weights = fit(lists, tokens, START_WEIGHTS)
    return lambda features, _stages: features @ weights


def boosted(lists: Sequence[JudgedList], tokens: Sequence[Floats], stages: Sequence[Floats]) -> Score:
    """Fit trees on token features and the score of the retrieval."""
    from lightgbm import LGBMRegressor

    rows = np.concatenate([np.hstack(pair) for pair in zip(tokens, stages, strict=True)])
    odds = np.concatenate([np.array(list(one.teacher.values())) - np.mean(list(one.teacher.values())) for one in lists])
    model = LGBMRegressor(**TREES).fit(rows, odds)
    return lambda features, stages: np.asarray(model.predict(np.hstack([features, stages])), dtype=np.float64)


METHODS = {"fitted": fitted, "boosted": boosted}


class Agreement:
    """Fits on `training` lists and judges on `held_out` ones, whose features are computed once."""

    def __init__(self, training: Sequence[JudgedList], held_out: Sequence[JudgedList], network: TokenNetwork) -> None:
        def rows(lists: Sequence[JudgedList]) -> list[Row]:
            return [(one, features(one.wish, list(one.texts.values()), network), stage_score(one)) for one in lists]

        self._training, self._held_out = rows(training), rows(held_out)
        self.sizes = [size for size in SIZES if size < len(training)] + [len(training)]

    def judge(self, score: Score) -> dict[str, tuple[float | None, float]]:
        """Return tau and nDCG@10 of none, student and teacher."""
        scores = {id(one): dict(zip(one.teacher, score(tokens, stages).tolist(), strict=True))
                  for one, tokens, stages in self._held_out}  # fmt: skip
        lists = [one for one, _, _ in self._held_out]
        verdict = judge_student(lists, lambda one: scores[id(one)], {}, CONFIG, SEED)
        return {row.name: (row.tau, row.ndcg) for row in verdict.rows}

    def curve(self, name: str) -> Fitted:
        """Return tau and nDCG@10 of the students that the method `name` fits on each number of lists."""
        found: Fitted = {}
        for size in self.sizes:
            for draw in range(DRAWS if size < len(self._training) else 1):
                lists, tokens, stages = zip(*self._drawn(size, draw), strict=True)
                tau, ndcg = self.judge(METHODS[name](lists, tokens, stages))["student"]
                found.setdefault(size, []).append((float(tau or 0.0), ndcg))
        return found

    def _drawn(self, size: int, draw: int) -> list[Row]:
        groups = sorted({one.group for one, _, _ in self._training})
        order = {group: at for at, group in enumerate(np.random.default_rng([SEED, draw]).permutation(groups).tolist())}
        return sorted(self._training, key=lambda row: order[row[0].group])[:size]


def plot(curves: dict[str, Fitted], levels: dict[str, tuple[float | None, float]], path: Path) -> None:
    """Draw tau and nDCG@10 against the number of lists, with the spread over the draws."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "shortlist", "font.size": 8}):
        figure = Figure(figsize=(7.5, 3), layout="constrained")
        for at, (axes, title) in enumerate(zip(figure.subplots(1, 2), ("Kendall's tau", "nDCG@10"), strict=True)):
            for name, found in curves.items():
                values = [np.array([one[at] for one in draws]) for draws in found.values()]
                means, spread = [value.mean() for value in values], [value.std() for value in values]
                axes.errorbar(list(found), means, spread, marker="o", capsize=2, label=name)
            for name, style in (("untrained", ":"), ("none", "--"), ("teacher", "-.")):
                level = levels[name][at]
                if level is not None:
                    axes.axhline(level, linestyle=style, color="#888888", label=name)
            axes.set(xscale="log", xlabel="lists to train on", title=f"{title}, against the teacher")
            axes.legend(fontsize=7)
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None, "Creator": None} if path.suffix == ".svg" else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--home", type=Path, required=True, help="home whose lists `shortlist train student` has judged"
    )
    parser.add_argument("--wishes", type=Path, help="the file of real wishes given to `shortlist train student`")
    parser.add_argument("--on", choices=("home", "stored"), default="home", help="lists to compare on")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors and the network")
    parser.add_argument("--out", type=Path, help="picture to write, as .svg or .png")
    args = parser.parse_args()
    config = Config(home=args.home)
    wishes = args.wishes.read_text(encoding="utf-8").splitlines() if args.wishes else []
    with open_home(config) as home:
        made = collect(home, config, 0, wishes, no_bars, lambda _line: None)
    unseen = made.held_out
    if args.on == "stored":
        data, vectors = Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(args.work)
        unseen = [one for name in BENCHES for one in stored_lists(name, load(name, data, vectors))]
    bench = Agreement(made.training, unseen, token_network(args.work))
    untrained = bench.judge(lambda features, _stages: features @ START_WEIGHTS)
    levels = {**untrained, "untrained": untrained["student"]}
    levels.pop("student")
    rows = [{"judge": name, "tau": tau, "nDCG@10": ndcg} for name, (tau, ndcg) in levels.items()]
    show(f"{len(unseen)} lists to compare on", rows)
    curves = {name: bench.curve(name) for name in METHODS}
    for name, found in curves.items():
        means = {size: np.mean(draws, axis=0).tolist() for size, draws in found.items()}
        show(name, [{"lists": size, "tau": tau, "nDCG@10": ndcg} for size, (tau, ndcg) in means.items()])
    if args.out:
        plot(curves, levels, args.out)


if __name__ == "__main__":
    main()
