"""Runs of the pipeline: what is done is not done again, whatever happened in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from shortlist.core.config_sections.copies import PublishConfig
from shortlist.core.config_sections.operations import FeaturesConfig
from shortlist.core.errors import HomeLocked
from shortlist.ops.data.arrivals import ingest_arrivals, take_arrivals, validate_arrivals
from shortlist.ops.data.workplace import Workplace
from shortlist.ops.drift.report import Finding, Report, write_report
from shortlist.ops.features.build import build
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.ops.pipeline.draw import mermaid
from shortlist.ops.pipeline.history import Execution, History, Run
from shortlist.ops.pipeline.runner import LOCK, Ended, run_pipeline
from shortlist.ops.pipeline.sagemaker import definition
from shortlist.ops.pipeline.steps import STEPS
from shortlist.ops.pipeline.triggers import reason_now
from shortlist.ops.publish.place import Place, open_place
from shortlist.ops.publish.publish import publish
from shortlist.retrieval.trained.versions import registry

Put = Callable[[str, str], Path]
HEADER = "user_id,item_id,kind,action,at\n"
NAMES = [step.name for step in STEPS]
DAY = date(2026, 11, 20)
WORK: Mapping[str, Callable[[Workplace], object]] = {
    "arrive": take_arrivals,
    "validate": validate_arrivals,
    "ingest": ingest_arrivals,
    "features": lambda place: build(place.home, place.config, LocalFeatureStore(place.home)),
    "publish": lambda place: publish(place.home, snapshots(place), place.models.encoder, 3),
}


def snapshots(place: Workplace) -> Place:
    assert place.config.publish.to is not None
    return open_place(place.config.publish.to, place.config.media)


class Pipeline:
    """The pipeline of a home. `train` leaves a version, which is approved if it is `better`, or ends as `trained` says.

    `drift` writes `drift`. Other steps are real.
    """

    def __init__(self, place: Workplace, history: History) -> None:
        self.place = place
        self.history = history
        self.models = registry(place.home.path)
        self.commands: list[str] = []
        self.trained = Ended(0, "", 2.0, 1.5, 100.0)
        self.drift = Report(datetime(2026, 11, 21, tzinfo=UTC), DAY, (DAY, DAY), 0.001, ())
        self.better = True
        self.dies_in = ""

    def execute(self, command: Sequence[str]) -> Ended:
        name = next(step.name for step in STEPS if step.command == command)
        if name == self.dies_in:
            raise KeyboardInterrupt
        self.commands.append(name)
        if name == "train":
            if self.trained.code == 0:
                version = f"v{self.place.home.catalogue.events.last_number()}"
                self.models.add(version, self.models.new_folder(version), {})
                if self.better:
                    self.models.approve(version, "better")
            return self.trained
        if name == "drift":
            write_report(self.place.home.path, self.drift)
            return Ended(0, "", 1.0, 0.5, 50.0)
        if name == "promote":
            self.models.promote(self.models.waiting() or "none", "approved")
            return Ended(0, "", 1.0, 0.5, 50.0)
        WORK[name](self.place)
        return Ended(0, "", 1.0, 0.5, 50.0)

    def run(self, reason: str = "by hand", **options: Any) -> Run:
        self.commands = []
        return run_pipeline(self.place, self.history, self.execute, reason, **options)

    def states(self, **options: Any) -> dict[str, str]:
        return {step.step: step.state for step in self.run(**options).steps}


@pytest.fixture
def pipeline(workplace: Any, folder: Path) -> Iterator[Pipeline]:
    with workplace() as place:
        few = place.config.pipeline.model_copy(update={"train_after": 3})
        by_event = FeaturesConfig(clock="event")  # so that the days of the events are complete
        to = PublishConfig(to=str(folder.with_name("snapshots")))
        sections = {"pipeline": few, "features": by_event, "publish": to}
        place = replace(place, config=place.config.model_copy(update=sections))
        history = History(folder)
        yield Pipeline(place, history)
        history.close()


def step_of(run: Run, name: str) -> Execution:
    return next(step for step in run.steps if step.step == name)


def rows(number: int, day: int = 20) -> str:
    return HEADER + "".join(f"u{n},v1,video,view,2026-11-{day}T10:00:00Z\n" for n in range(number))


def test_files_go_through_all_steps_once(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(5))
    assert pipeline.states() == dict.fromkeys(NAMES, "done")
    assert pipeline.models.champion() == "v5"
    assert pipeline.states() == {
        **dict.fromkeys(NAMES, "skipped"),
        **dict.fromkeys(("features", "drift", "train", "publish"), "cached"),
    }
    assert pipeline.commands == []
    assert pipeline.place.home.catalogue.counts().events == 5


def test_drift_is_checked_once_for_each_complete_day(pipeline: Pipeline, put: Put) -> None:
    for day, state in ((20, "done"), (21, "done"), (19, "cached")):
        put("events/day.csv", rows(5, day=day))
        assert pipeline.states()["drift"] == state


def test_a_run_says_that_files_are_still_arriving(pipeline: Pipeline, put: Put) -> None:
    assert pipeline.run().steps[0].message == "nothing waits"
    put("events/day.csv.part", HEADER)
    assert pipeline.run().steps[0].message.startswith("1 file is still arriving")


def test_the_same_name_again_is_not_taken_for_done(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(5))
    pipeline.run()
    put("events/day.csv", rows(1, day=21))
    assert pipeline.states() == {**dict.fromkeys(NAMES, "done"), "train": "skipped", "promote": "skipped"}
    assert pipeline.place.home.catalogue.counts().events == 6


def test_training_waits_for_new_events_unless_it_is_asked_for(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(2))
    train = step_of(pipeline.run(), "train")
    assert (train.state, train.message) == ("skipped", "2 new events since the last time, 3 are needed")
    assert pipeline.states(forced=("train",))["train"] == "done"
    put("events/more.csv", rows(2, day=21))
    assert pipeline.states()["train"] == "skipped"
    put("events/more.csv", rows(1, day=22))
    assert pipeline.states()["train"] == "done"


def test_training_does_not_wait_for_new_events_after_a_drift(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(2))
    assert pipeline.states()["train"] == "skipped"
    found = Finding("chosen videos: MMD", "drifting", since=DAY, noticed=3, retrain=True)
    pipeline.drift = replace(pipeline.drift, findings=(found,))
    put("events/more.csv", rows(1, day=21))
    assert pipeline.states()["train"] == "done"
    put("events/more.csv", rows(1, day=22))
    assert pipeline.states()["train"] == "skipped"


def test_too_few_readers_to_train_is_no_failure(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(5))
    pipeline.trained = Ended(2, "too few readers: expected 200", 1.0, 1.0, 10.0)
    run = pipeline.run()
    train = step_of(run, "train")
    assert (run.state, train.state, train.message) == ("done", "skipped", "too few readers: expected 200")


@pytest.mark.parametrize("code", [1, 4, -9])  # 1 is that of a bug, -9 of a killed process
def test_a_failed_step_says_what_to_do_and_is_tried_again(pipeline: Pipeline, put: Put, code: int) -> None:
    put("events/day.csv", rows(5))
    pipeline.trained = Ended(code, "the disk is full", 1.0, 1.0, 10.0)
    run = pipeline.run()
    assert (run.state, run.steps[-1].state) == ("failed", "failed")
    assert run.steps[-1].message.startswith("the disk is full; run `shortlist train all` to see why")
    pipeline.trained = Ended(0, "", 1.0, 1.0, 10.0)
    assert pipeline.states()["train"] == "done"
    assert pipeline.commands == ["train", "promote", "publish"]


@pytest.mark.parametrize("step", NAMES)
def test_a_run_that_was_interrupted_is_resumed_at_its_step(pipeline: Pipeline, put: Put, step: str) -> None:
    put("events/day.csv", rows(5))
    pipeline.dies_in = step
    with pytest.raises(KeyboardInterrupt):
        pipeline.run("upload")
    pipeline.dies_in = ""
    assert pipeline.run("again").state == "done"
    assert pipeline.commands == NAMES[NAMES.index(step) :]
    assert [(run.reason, run.state) for run in pipeline.history.newest(5)] == [
        ("again", "done"),
        ("upload", "interrupted"),
    ]
    assert pipeline.place.home.catalogue.counts().events == 5


def test_a_version_that_is_not_better_is_never_used(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(5))
    pipeline.run()
    pipeline.better = False
    put("events/more.csv", rows(5, day=21))
    run = pipeline.run()
    assert [step_of(run, name).state for name in ("train", "promote")] == ["done", "skipped"]
    assert [(one.name, one.state) for one in pipeline.models.versions()] == [("v10", "candidate"), ("v5", "champion")]
    assert pipeline.states()["promote"] == "skipped"


def test_an_approval_by_hand_is_promoted_by_the_next_run(pipeline: Pipeline) -> None:
    pipeline.models.add("mine", pipeline.models.new_folder("mine"), {})
    assert pipeline.states()["promote"] == "skipped"
    pipeline.models.approve("mine", "by hand")
    assert reason_now(pipeline.place, pipeline.history) == "approved: mine"
    assert pipeline.states()["promote"] == "done"
    assert pipeline.models.champion() == "mine"
    assert reason_now(pipeline.place, pipeline.history) is None


def test_one_run_at_a_time(pipeline: Pipeline, folder: Path) -> None:
    with FileLock(folder / LOCK), pytest.raises(HomeLocked, match="the pipeline is running already"):
        pipeline.run()


def test_the_history_has_costs_inputs_and_outputs(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(5))
    pipeline.run("upload: 1 file")
    [run] = pipeline.history.newest(5)
    assert run.reason == "upload: 1 file"
    assert run.ended is not None
    assert [step.step for step in run.steps] == NAMES
    ingest, train = step_of(run, "ingest"), step_of(run, "train")
    assert (ingest.seconds, ingest.cpu_seconds, ingest.peak_mb) == (1, 0.5, 50)
    assert (train.seconds, train.cpu_seconds, train.peak_mb) == (2, 1.5, 100)
    assert ingest.outputs == train.inputs


def test_the_drawing_has_every_step_and_its_state(pipeline: Pipeline, put: Put) -> None:
    put("events/day.csv", rows(2))
    drawn = mermaid(STEPS, pipeline.run())
    assert drawn.startswith("flowchart LR\n")
    assert '  arrive["arrive<br/>done, 1.0 s"]:::done\n' in drawn
    assert '  train["train<br/>skipped"]:::skipped\n' in drawn
    assert "  arrive -- taken --> validate\n" in drawn
    assert "  incoming[(incoming)] --> arrive\n" in drawn
    assert "  drift --> drift_[(drift)]\n" in drawn


def test_each_step_is_a_command_that_exists() -> None:
    from shortlist.app.cli.commands import COMMANDS, walk

    commands = {words for words, entry in walk(COMMANDS) if entry.function}
    for step in STEPS:
        assert tuple(word for word in step.command if not word.startswith("-")) in commands


ARN = "arn:aws:iam::123456789012:role/any"  # long enough for every parameter


def filled(value: Any) -> Any:
    """`value` with every reference to a parameter replaced by a word."""
    if isinstance(value, dict):
        return ARN if set(value) == {"Get"} else {key: filled(one) for key, one in value.items()}
    return [filled(one) for one in value] if isinstance(value, list) else value


def problems(steps: Sequence[Any]) -> list[str]:
    """What botocore's model of the service finds wrong with the requests of `steps`."""
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.get_session().get_service_model("sagemaker").operation_model("CreateProcessingJob")
    found = []
    for step in steps:
        request = {"ProcessingJobName": step["Name"], **filled(step["Arguments"])}
        found.append(ParamValidator().validate(request, model.input_shape).generate_report())
    return [one for one in found if one]


def test_the_sagemaker_definition_is_valid_and_has_the_same_steps() -> None:
    written = json.loads(json.dumps(definition(STEPS)))
    assert [step["Name"] for step in written["Steps"]] == [step.name for step in STEPS]
    for step, row in zip(written["Steps"], STEPS, strict=True):
        assert step["Arguments"]["AppSpecification"]["ContainerArguments"] == list(row.command)
    assert problems(written["Steps"]) == []
    names = {parameter["Name"] for parameter in written["Parameters"]}
    used = {word.partition("Parameters.")[2] for word in references(written["Steps"])}
    assert used == names
    assert [step.get("DependsOn") for step in written["Steps"]] == [None, *([name] for name in NAMES[:-1])]
    written["Steps"][0]["Arguments"]["AppSpecification"]["ImageUrl"] = "x"
    assert problems(written["Steps"]) != []


def references(value: Any) -> Iterator[str]:
    """Every `Get` in `value`."""
    if isinstance(value, dict):
        if set(value) == {"Get"}:
            yield value["Get"]
        else:
            for one in value.values():
                yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)
