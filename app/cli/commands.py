"""The table of commands: the names, a line of help each, and where the functions are. It imports none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shortlist.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Entry:
    """A command or a group: its line in a list of commands, its function, and its subcommands.

    `function` is "module:function", with the module below `shortlist.app.cli`. That of a group is called before each of
    its subcommands, and without any. `extra` is the extra whose packages the modules import, for all subcommands, too.
    `default` is the subcommand that may be left out, of a group without a function.
    """

    help: str
    function: str = ""
    commands: Mapping[str, Entry] = field(default_factory=dict)
    extra: str = ""
    default: str = ""


# In the order of a person's day.
FRONT: Mapping[str, Entry] = {
    "recommend": Entry("Recommend videos to a reader, each with a reason.", "recommend:recommend"),
    "search": Entry("Search titles, summaries and transcripts.", "search:search"),
    "chat": Entry("Ask in words, once or in a conversation.", "chat:chat"),
    "ingest": Entry(
        "Store videos, articles, readers and events.",
        commands={
            "videos": Entry("Store videos from tables, media files and addresses.", "ingest.videos:videos"),
            "articles": Entry("Store articles that readers read.", "ingest.commands:articles"),
            "readers": Entry("Store readers and their stated interests.", "ingest.commands:readers"),
            "events": Entry("Store what readers did.", "ingest.commands:events"),
            "enrich": Entry("Write summaries, categories and tags.", "ingest.enrich:enrich"),
            "retry": Entry("Try everything that failed again.", "ingest.retry:retry"),
        },
    ),
    "import": Entry(
        "Bring what you watched, read and saved elsewhere.",
        commands={
            "from": Entry("Import an export: `shortlist import FILE`.", "imports.run:run"),
            "list": Entry("List the imports.", "imports.batches:list_"),
            "undo": Entry("Remove all that an import stored.", "imports.batches:undo"),
        },
        default="from",
    ),
    "export": Entry("Write every reader's best videos to a file.", "export:export"),
    "serve": Entry(
        "Start the web page, the HTTP API and the MCP server.",
        "serve:everything",
        {
            "api": Entry("Start the HTTP API.", "serve:api"),
            "web": Entry("Start the web page, with the HTTP API.", "serve:web"),
            "mcp": Entry("Start an MCP server.", "serve:mcp"),
        },
        "serve",
    ),
    "status": Entry("Show what is stored, what failed, and the models.", "status:status"),
    "doctor": Entry(
        "Check everything, and repair what is derived.",
        "doctor.checkup:doctor",
        {
            "rebuild": Entry("Rebuild Chroma and the indexes.", "doctor.rebuild:rebuild"),
            "cowatch": Entry("Count again which video is watched after which.", "doctor.cowatch:cowatch"),
        },
    ),
    "report": Entry("Test Shortlist on the newest part of a reader's own past.", "report:report"),
    "config": Entry("Show every setting, its value and its source.", "config:config"),
    "plugins": Entry("List the installed plugins and what they add.", "plugins:plugins"),
}

PIPELINE: Mapping[str, Entry] = {
    "run": Entry("Run every step that has something to do.", "ops.pipeline.run:run"),
    "watch": Entry("Run whenever files arrive, until Ctrl-C.", "ops.pipeline.run:watch"),
    "show": Entry("Draw the steps as a flowchart.", "ops.pipeline.run:show"),
    "history": Entry("List the runs, and what each step did.", "ops.pipeline.run:history"),
    "sagemaker": Entry("Print the steps for Amazon SageMaker.", "ops.pipeline.run:sagemaker"),
    "arrive": Entry("Take complete files from incoming/.", "ops.pipeline.arrivals:arrive"),
    "validate": Entry("Check the files that were taken.", "ops.pipeline.arrivals:validate"),
    "ingest": Entry("Store the files that passed.", "ops.pipeline.arrivals:ingest"),
    "transcribe": Entry("Transcribe the files in incoming/media.", "ops.pipeline.transcribe:transcribe"),
    "arrivals": Entry("List the files that were taken.", "ops.pipeline.arrivals:arrivals"),
    "accept": Entry("Let a refused file pass as it is.", "ops.pipeline.arrivals:accept"),
}
FEATURES: Mapping[str, Entry] = {
    "list": Entry("List the views with their features.", "ops.features:list_views"),
    "show": Entry("Print the newest values of an entity.", "ops.features:show"),
    "as-of": Entry("Print values as they were known at a moment.", "ops.features:as_of"),
    "answers": Entry("Write a table to train on.", "ops.features:answers"),
    "build": Entry("Compute what is new.", "ops.features:build"),
}
EXPERIMENT: Mapping[str, Entry] = {
    "start": Entry("Start to compare two variants.", "ops.experiment:start"),
    "status": Entry("Show which variant leads.", "ops.experiment:status"),
    "stop": Entry("End the experiment.", "ops.experiment:stop"),
    "promote": Entry("End an experiment, and use its winner.", "ops.experiment:promote"),
    "list": Entry("List all experiments.", "ops.experiment:list_"),
}

GROUPS: Mapping[str, Entry] = {
    "reader": Entry(
        "One reader: what is stored, what they want, what would change it.",
        commands={
            "events": Entry(
                "List a reader's events, or remove some.",
                commands={
                    "list": Entry("List a reader's newest events.", "reader.events:list_"),
                    "remove": Entry("Delete events for good.", "reader.events:remove"),
                },
            ),
            "objective": Entry("Show what a reader wants of every list, or change it.", "reader.objective:objective"),
            "whatif": Entry("Show the list if something were different.", "reader.what_if:whatif"),
            "replay": Entry("Answer a recorded request again.", "reader.replay:replay"),
            "export": Entry("Print everything that is stored of a reader.", "reader.forget:export_reader"),
            "forget": Entry("Erase readers, videos or articles for good.", "reader.forget:forget"),
        },
    ),
    "models": Entry(
        "Weights to download, and the versions trained here.",
        commands={
            "list": Entry("List the models and the state of their weights.", "models:list_models"),
            "pull": Entry("Download weights.", "models:pull"),
            "verify": Entry("Hash every file of weights again.", "models:verify"),
            "history": Entry("List the versions trained on this home.", "models:history"),
            "approve": Entry("Approve a version.", "models:approve"),
            "retire": Entry("Take back the approval of a version.", "models:retire"),
            "promote": Entry("Use a version from now on.", "models:promote"),
            "rollback": Entry("Return to the version before.", "models:rollback"),
            "mlflow": Entry("Write each version as a run of MLflow.", "models:mlflow"),
        },
    ),
    "train": Entry(
        "Train models on what this home's readers watched.",
        commands={
            "all": Entry("Tune the weights of the legs, then train the ranker.", "train.models:train"),
            "weights": Entry("Tune the weights of the legs.", "train.models:train"),
            "ranker": Entry("Train the ranker, and the models below it.", "train.models:train"),
            "lambdamart": Entry("Train a ranker of trees (extra trees).", "train.models:train"),
            "svd": Entry("Train the SVD of what readers watched.", "train.models:train"),
            "tower": Entry("Train a network for the leg tower.", "train.models:train"),
            "hierarchical": Entry("Train a network that reads sessions.", "train.models:train"),
            "triplet": Entry("Train a network on triplets.", "train.models:train"),
            "student": Entry("Train a small model on the language model's judgements.", "train.student:student"),
        },
    ),
    "eval": Entry(
        "Measure variants on data sets or on this home's events.",
        commands={
            "run": Entry("Measure a variant.", "eval.commands:run"),
            "ablation": Entry("Compare variants with a baseline.", "eval.commands:ablation"),
            "tune": Entry("Tune the weights of legs and rerank.", "eval.commands:tune"),
            "compare": Entry("Compare two variants of an ablation.", "eval.commands:compare"),
            "offline": Entry("Judge a variant by the lists that readers were shown.", "eval.offline:offline"),
        },
    ),
    "ops": Entry(
        "Run unattended: pipeline, features, drift, experiments, backups.",
        commands={
            "pipeline": Entry("Arriving files, their checks, training.", commands=PIPELINE, extra="ops"),
            "features": Entry("Features of readers and videos.", commands=FEATURES, extra="ops"),
            "drift": Entry("Compare the newest day with the days before.", "ops.drift:drift", extra="ops"),
            "experiment": Entry("Compare two variants by what readers choose.", commands=EXPERIMENT),
            "publish": Entry("Publish a snapshot, for servers to follow.", "ops.publish:publish"),
            "backup": Entry("Back up the home.", "ops.backup:backup"),
            "restore": Entry("Put back a backup.", "ops.backup:restore"),
            "simulate": Entry("Create readers with a known taste.", "ops.simulate:simulate"),
            "cost": Entry("Estimate what the deployment on AWS costs.", "ops.cost:cost"),
        },
    ),
    "keys": Entry(
        "Keys of the HTTP API.",
        commands={
            "create": Entry("Create a key.", "keys:create"),
            "list": Entry("List all keys, without their secrets.", "keys:list_"),
            "revoke": Entry("Revoke a key at once.", "keys:revoke"),
        },
    ),
}

FEEDS: Mapping[str, Entry] = {
    "follow": Entry("Follow channels, podcasts and other feeds.", "follow:follow"),
    "following": Entry("List what is followed, and how each feed does.", "follow:following"),
    "unfollow": Entry("Stop following addresses; their videos stay.", "follow:unfollow"),
    "sync": Entry("Store what is new in the feeds that are followed.", "follow:sync"),
}

COMMANDS: Mapping[str, Entry] = {**FRONT, **GROUPS, **FEEDS}

MOVED: Mapping[str, str] = {
    "simulate": "ops simulate", "whatif": "reader whatif", "objective": "reader objective", "replay": "reader replay",
    "distil": "train student", "drift": "ops drift", "events": "reader events", "pipeline": "ops pipeline",
    "features": "ops features", "experiment": "ops experiment", "rebuild": "doctor rebuild",
    "cowatch": "doctor cowatch", "backup": "ops backup", "restore": "ops restore", "publish": "ops publish",
    "forget": "reader forget", "export-reader": "reader export", "cost": "ops cost",
}  # fmt: skip


def refuse_old_name(name: str) -> None:
    """Raise `UsageError` with the new name of a command, if `name` is an old one."""
    if name in MOVED:
        raise UsageError(
            f"`shortlist {name}` has another name now", expected=f"`shortlist {MOVED[name]}`", found="the old name",
            remedy="use the new name",
        )  # fmt: skip


def walk(commands: Mapping[str, Entry], *group: str) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Yield every group and command with its words, in the order of the table, each group before its commands."""
    for name, entry in commands.items():
        words = (*group, name)
        yield words, entry
        yield from walk(entry.commands, *words)
