"""Four days of real news arrive one after the other, with everything that goes wrong. `make demo-pipeline`.

    python -m benchmarks.ops.unattended DATA/eval/mind_nov9to12 [--home build/unattended]

Every command is the one that a person would type. The script checks what it says, and ends with 1 if it is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import ndcg_score, roc_auc_score

from benchmarks.ops.mind_days import Impression, MindDays, Row, write
from shortlist.app.pipeline import open_workplace
from shortlist.core.config import Config
from shortlist.core.errors import ShortlistError
from shortlist.core.ranking import Filters, Request
from shortlist.engine.build import open_home, open_recommender
from shortlist.eval.stats.significance import compare
from shortlist.ops.pipeline.history import History
from shortlist.ops.pipeline.steps import STEPS
from shortlist.ops.pipeline.triggers import reason_now
from shortlist.store.registry.decisions import NO_MODELS

NOV_9, NOV_10, NOV_11, NOV_12, NOV_13 = (date(2019, 11, day) for day in range(9, 14))
TRAIN_AFTER = 19_000  # events: enough came by the evening of 10, and again on 11 November
NEVER = 1_000_000  # events
COMMAND = Path(sys.executable).with_name("shortlist")
SETTINGS = {
    "PIPELINE__SETTLE_S": "0",
    "PIPELINE__QUIET_S": "0",
    "PIPELINE__POLL_S": "0.5",
    "PIPELINE__MAX_AGE_DAYS": "100000",  # the news are of 2019
    "FEATURES__CLOCK": "event",
    "DRIFT__REFERENCE_DAYS": "7",  # the fewest: 1 to 7 November, days of histories, are compared with the 13th
    "DRIFT__RECENT_DAYS": "6",
}
SPORTS = "sports"
METRICS = ("AUC of the shown", "nDCG@10 of the shown", "nDCG@10 of all")


class Story:
    """A home that lives through the four days, and the checks of what is told."""

    def __init__(self, days: MindDays, home: Path) -> None:
        self.days, self.home = days, home
        self.delivered: Counter[tuple[str, ...]] = Counter()
        own = {f"SHORTLIST_{name}": value for name, value in SETTINGS.items()}
        cache = str(home.parent / f"{home.name}-cache")
        self.environment = {**os.environ, **own, "SHORTLIST_HOME": str(home), "SHORTLIST_EVAL__CACHE": cache}
        self.began = time.monotonic()

    def tell(self, text: str) -> None:
        """Print a paragraph."""
        print(f"\n\033[1m{text}\033[0m  [{time.monotonic() - self.began:.0f} s]", flush=True)

    def check(self, holds: bool, what: str) -> None:
        """Print `what` with a tick, or end with 1."""
        print(f"  {'ok' if holds else 'NOT SO'}: {what}", flush=True)
        if not holds:
            raise SystemExit(1)

    def shortlist(self, *words: str, says: bool = True, expected: Sequence[int] = (0,)) -> str:
        """Run a command, print it with what it says, and return that."""
        print(f"$ shortlist {' '.join(words)}", flush=True)
        command = [str(COMMAND), *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if says:
            print("".join(f"  {line}\n" for line in done.stdout.splitlines() if line.strip()), end="", flush=True)
        if done.returncode not in expected:
            raise SystemExit(f"exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def document(self, *words: str) -> Any:
        """Return what a command says with --json."""
        return json.loads(self.shortlist(*words, "--json", says=False))

    def put(self, kind: str, name: str, rows: Sequence[Row]) -> None:
        """Put a file into incoming/, and remember its events."""
        print(f"  {name}.csv arrives in incoming/{kind}: {len(rows):,} rows")
        write(self.home / "incoming" / kind / f"{name}.csv", rows)

    def put_content(self, day: date) -> None:
        """Deliver the videos and the readers of `day`."""
        self.put("videos", f"videos-{day}", self.days.videos(day))
        users = sorted({one.user for one in self.days.of(day)})
        self.put("readers", f"readers-{day}", [{"user_id": user} for user in users])

    def train_after(self, events: int) -> None:
        """Train after so many new events from now on."""
        self.environment["SHORTLIST_PIPELINE__TRAIN_AFTER"] = str(events)

    def put_events(self, name: str, rows: Sequence[Row]) -> None:
        """Deliver events that must be stored once."""
        self.delivered.update(map(identity, rows))
        self.put("events", name, rows)

    def n_stored(self) -> int:
        """Return the number of stored events."""
        return int(self.document("status")["events"])

    def champion(self) -> str:
        """Return the version in use."""
        return str(self.document("models", "history")["in_use"])


def identity(row: Row) -> tuple[str, ...]:
    """Return what makes an event the same event."""
    return row["user_id"], row["item_id"], row["action"], row["at"]


def events_of(impressions: Iterable[Impression]) -> list[Row]:
    """Return the events of all impressions."""
    return [row for one in impressions for row in one.events()]


def first_day(story: Story) -> None:
    """9 November: a first delivery."""
    story.tell("9 November. The first videos, histories and events arrive. Nobody wants a training yet.")
    story.train_after(NEVER)
    story.put_content(NOV_9)
    story.put_events("histories", story.days.histories())
    story.put_events("events-2019-11-09", events_of(story.days.of(NOV_9)))
    story.shortlist("ops", "pipeline", "run", "--reason", "upload: 9 November")


def twice_delivered(story: Story) -> None:
    """10 November: a file comes a second time; a first training."""
    story.tell("10 November. The sender delivers yesterday's events a second time. There is enough to train on.")
    story.train_after(TRAIN_AFTER)
    story.put_content(NOV_10)
    story.put_events("events-2019-11-10", events_of(story.days.of(NOV_10)))
    story.put("events", "events-2019-11-09-again", events_of(story.days.of(NOV_9)))
    story.shortlist("ops", "pipeline", "run", "--reason", "upload: 10 November")
    again = next(one for one in story.document("ops", "pipeline", "arrivals") if "again" in one["name"])
    story.check(again["state"] == "duplicate", "the second delivery is a duplicate")
    story.check(story.n_stored() == len(story.delivered), f"{len(story.delivered):,} events are stored, each once")
    show_gate(story)


def broken_and_killed(story: Story) -> None:
    """11 November: another schema, and a kill in training."""
    story.tell("11 November. The sender has renamed a column.")
    rows = events_of(story.days.of(NOV_11))
    story.put_content(NOV_11)
    renamed = [{**{"article" if key == "item_id" else key: value for key, value in row.items()}} for row in rows]
    story.put("events", "events-2019-11-11", renamed)
    before = story.champion()
    story.shortlist("ops", "pipeline", "arrive", says=False)
    story.shortlist("ops", "pipeline", "validate", says=False)
    refused = next(
        one for one in story.document("ops", "pipeline", "arrivals") if one["name"] == "events-2019-11-11.csv"
    )
    story.check(refused["state"] == "failed", f"nothing of it is stored: {refused['why'][0]}")
    story.tell("The sender corrects it. Training begins, and the machine fails: kill -9.")
    story.put_events("events-2019-11-11", rows)
    kill_in_training(story)
    story.check(story.champion() == before, "the version in use is still that of 10 November")
    story.tell("The next run goes on.")
    story.shortlist("ops", "pipeline", "run", "--reason", "after the failure")
    run, killed = story.document("ops", "pipeline", "history")[:2]
    states = {step["step"]: step["state"] for step in run["steps"]}
    story.check(killed["state"] == "interrupted", "the history says that the run before was interrupted")
    story.check(states["ingest"] == "skipped" and states["train"] == "done", "only the training was done again")
    story.check(story.n_stored() == len(story.delivered), f"{len(story.delivered):,} events are stored, each once")
    show_gate(story)


def kill_in_training(story: Story) -> None:
    """Begin a run and kill it, when the first models of a version are being trained."""
    words = [str(COMMAND), "ops", "pipeline", "run", "--reason", "upload: 11 November"]
    print(f"$ {' '.join(['shortlist', *words[1:]])}", flush=True)
    run = subprocess.Popen(words, env=story.environment, stdout=subprocess.DEVNULL)
    work = story.home / "trained/work"
    while run.poll() is None and not list(work.glob("*.pt")):
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    story.check(run.returncode == -signal.SIGKILL, "killed while a tower was trained")


def on_the_next_day(story: Story, of_day_10: str) -> None:
    """12 November: both models rank what its readers will be shown, and all news, before anybody has clicked."""
    story.tell("12 November, morning. The day's news arrive. Nobody has clicked yet.")
    story.put_content(NOV_12)
    story.shortlist("ops", "pipeline", "run", "--reason", "upload: 12 November, morning")
    impressions, of_day_11 = story.days.of(NOV_12), story.champion()
    compare_models(story, {"none": NO_MODELS, "10 November": of_day_10, "11 November": of_day_11}, impressions)
    story.tell("12 November, evening.")
    story.put_events("events-2019-11-12", events_of(impressions))
    story.shortlist("ops", "pipeline", "run", "--reason", "upload: 12 November, evening")


def compare_models(story: Story, versions: Mapping[str, str], impressions: Sequence[Impression]) -> None:
    """Print how well each version ranks, and the difference of the last two."""
    scores = {name: rank(story, version, impressions) for name, version in versions.items()}
    print(f"  {len(impressions):,} lists that were shown on 12 November, and the ten best of all news:")
    for name, table in scores.items():
        figures = "   ".join(f"{metric} {value:.4f}" for metric, value in zip(METRICS, table.mean(0), strict=True))
        print(f"  model of {name:12} {figures}")
    old, new = list(scores.values())[-2:]
    for column, metric in enumerate(METRICS):
        found = compare(new[:, column], old[:, column], 0)
        low, mean, high = found.difference.low, found.difference.mean, found.difference.high
        better = "better" if found.p < 0.05 and mean > 0 else "worse" if found.p < 0.05 else "no significant difference"
        print(f"  11 against 10 November, {metric}: {mean:+.4f} [{low:+.4f}, {high:+.4f}], p {found.p:.4f}: {better}")


def rank(story: Story, version: str, impressions: Sequence[Impression]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return float64[lists, metrics]: how well `version` ranks what each reader was shown, and all news."""
    config = Config(home=story.home, retrieval={"models": version})  # type: ignore[arg-type]
    shown = [
        Request(one.user, len(one.shown), rerank="none", filters=Filters(include_seen=True), only=frozenset(one.shown),
                at=one.at)
        for one in impressions
    ]  # fmt: skip
    free = [Request(one.user, 10, rerank="none", at=one.at) for one in impressions]
    with open_home(config) as home:
        recommender = open_recommender(home, config)
        ranked = [[one.result.final.ids for one in recommender.rank_many(requests)] for requests in (shown, free)]
    return np.array([measures(*one) for one in zip(impressions, *ranked, strict=True)])


def measures(one: Impression, ranked: Sequence[str], best: Sequence[str]) -> tuple[float, float, float]:
    """Return AUC and nDCG@10 of the shown items as `ranked`, and nDCG@10 of the `best` ten."""
    places = {item: -place for place, item in enumerate(ranked)}
    clicked, score = list(one.shown.values()), [places.get(item, -len(places)) for item in one.shown]
    gains = [one.shown.get(item, False) / np.log2(place + 2) for place, item in enumerate(best)]
    ideal = sum(1 / np.log2(place + 2) for place in range(min(10, sum(clicked))))
    return roc_auc_score(clicked, score), ndcg_score([clicked], [score], k=10), sum(gains) / ideal


def drift(story: Story) -> None:
    """13 November, which is made up: nearly all readers choose sports."""
    story.tell("13 November, made up: the readers of yesterday choose sports and little else.")
    moved = [
        {**row, "at": datetime.fromisoformat(row["at"]).replace(day=13).isoformat()}
        for row in events_of(story.days.of(NOV_12))
        if row["action"] == "click"
    ]
    sports = [row["id"] for row in story.days.videos(NOV_12) if row["category"] == SPORTS]
    chosen = [{**row, "item_id": sports[n % len(sports)]} if n % 10 else row for n, row in enumerate(moved)]
    story.put_events("events-2019-11-13", list({identity(row): row for row in chosen}.values()))
    for step in STEPS[: [step.name for step in STEPS].index("train")]:
        story.shortlist(*step.command, says=step.name == "drift")
    found = story.document("ops", "drift", "--exit-zero")["findings"]
    category = next(one for one in found if "category" in one["feature"])
    story.check(category["state"] == "drifting", f"`shortlist ops drift` finds it: {category['change']}")
    config = Config(home=story.home, pipeline={"train_after": TRAIN_AFTER})  # type: ignore[arg-type]
    with open_home(config) as home, open_workplace(home, config) as place, closing(History(home.path)) as history:
        reason = reason_now(place, history)
    story.check(reason is not None and reason.startswith("drift:"), f"the next run has a reason to train: {reason}")


def nothing_lost(story: Story) -> None:
    """Count everything."""
    story.tell("The books.")
    story.shortlist("ops", "pipeline", "arrivals")
    with open_home(Config(home=story.home)) as home:
        stored = Counter(
            (one.user_id, one.item_id, one.action, one.at.isoformat()) for _, one in home.catalogue.events.iterate()
        )
        n_videos = home.catalogue.counts().videos
    story.check(
        stored == Counter(dict.fromkeys(story.delivered, 1)), f"all {len(stored):,} events are stored, each once"
    )
    videos = sum(len(story.days.videos(day)) for day in (NOV_9, NOV_10, NOV_11, NOV_12))
    story.check(n_videos == videos, f"all {videos:,} videos are stored")
    models = story.document("models", "history")
    used = {one["version"] for one in models["history"] if one["state"] == "champion"}
    better = {name for name, one in models["versions"].items() if one["gate"]["promoted"]}
    refused = len(models["versions"]) - len(better)
    story.check(
        used <= better,
        f"each version that was used had passed the gate; {refused} of {len(models['versions'])} had not",
    )
    story.shortlist("models", "history")
    story.shortlist("ops", "pipeline", "history")


def show_gate(story: Story) -> None:
    """Print the verdict on each version."""
    for name, one in story.document("models", "history")["versions"].items():
        print(f"  {name}: {one['state']}; {one['gate']['why']}")


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ops.unattended", description=__doc__)
    parser.add_argument("folder", type=Path, help="MIND's news.tsv and behaviors.tsv of 9 to 12 November 2019")
    parser.add_argument("--home", type=Path, default=Path("build/unattended"), help="replaced by the new home")
    chosen = parser.parse_args()
    missing = [name for name in ("news.tsv", "behaviors.tsv") if not (chosen.folder / name).exists()]
    if missing:
        raise SystemExit(
            f"the data are missing: expected MIND's news.tsv and behaviors.tsv in {chosen.folder}, "
            f"found no {' and no '.join(missing)}; see docs/evaluation.md, and set SHORTLIST_BENCH_DATA"
        )
    shutil.rmtree(chosen.home, ignore_errors=True)
    story = Story(MindDays(chosen.folder), chosen.home.absolute())
    try:
        first_day(story)
        twice_delivered(story)
        of_day_10 = story.champion()
        broken_and_killed(story)
        on_the_next_day(story, of_day_10)
        drift(story)
        nothing_lost(story)
    except ShortlistError as error:
        raise SystemExit(str(error)) from error
    story.tell(f"Everything recovered. The home is {story.home}.")


if __name__ == "__main__":
    main()
