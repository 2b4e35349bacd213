"""`shortlist eval`: measure variants, their cost, and the significance of differences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shortlist.app.cli.eval.tables import print_comparison, print_results, print_scored_run
from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import bars_one_by_one, print_json, print_remark
from shortlist.core.config import RERANK_CHOICES, Config
from shortlist.core.errors import UsageError
from shortlist.engine.build import evaluation_factories
from shortlist.eval.ablation import Plan, ablate, read_results
from shortlist.eval.comparison import compare_variants
from shortlist.eval.cost_estimate import calls_model
from shortlist.eval.evaluator import Evaluator
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.scored_run import PRIMARY, run_document
from shortlist.eval.metrics.scores import AUC, METRICS
from shortlist.eval.tasks.specs import load_task
from shortlist.eval.tasks.task import Task
from shortlist.eval.tuning.settings_file import settings_toml, tuned_document
from shortlist.eval.tuning.tune import tune as search
from shortlist.eval.variants import SHIPPED, choose, load_variants

SOME_FAILED = 1
SPEC_HELP = "beir:DIR, trec:DIR, mind:DIR, watches:DIR, events or simulated:N"
Queries = Annotated[int | None, typer.Option("--queries", help="Use a random sample of this many queries.", min=1)]
Variants = Annotated[
    Path | None, typer.Option("--variants", help="TOML file of variants [eval/ablations.toml].", metavar="FILE")
]
Chosen = Annotated[list[str] | None, typer.Option("--variant", help="Only this one; may be repeated.", metavar="NAME")]


@command()
def run(
    call: Call,
    data: Annotated[str, typer.Option("--data", help=SPEC_HELP, metavar="SPEC")],
    variant: Annotated[str, typer.Option("--variant", help="A name in the variants file.", metavar="NAME")] = "default",
    variants: Variants = None,
    queries: Queries = None,
) -> None:
    """Measure a variant on a data set. Measurements with the same code and settings are read from the cache.

    Example: shortlist eval run --data simulated:100 --variant bm25
    """
    [selected] = choose(load_variants(variants or SHIPPED), [variant])
    task, factories = _task(data, queries, call.config)
    with bars_one_by_one(call.as_json) as bars:
        scored_run = Evaluator(task, call.config, factories, bars).measure(selected)
    if call.as_json:
        print_json(run_document(scored_run))
        return
    print_scored_run(scored_run)


@command()
def ablation(
    call: Call,
    data: Annotated[list[str], typer.Option("--data", help=f"{SPEC_HELP}; may be repeated.", metavar="SPEC")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report and its data.", metavar="DIR")],
    variants: Variants = None,
    variant: Chosen = None,
    baseline: Annotated[
        str, typer.Option("--baseline", help="The variant that all are compared with.", metavar="NAME")
    ] = "default",
    queries: Queries = None,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="Leave out variants that use a language model.")] = False,
) -> None:
    """Compare variants with a baseline on one or more data sets. Writes report.md, report.html, results.json,
    runs/DATA.VARIANT.run, qrels/DATA.qrels and scores/DATA.VARIANT.csv. An interrupted run is resumed. Variants that
    use a language model run last; their estimated cost is printed first.

    Example: shortlist eval ablation --data events --data simulated:200 --out reports/ablation
    """
    known = load_variants(variants or SHIPPED)
    selected = [one for one in choose(known, variant or known) if not (no_llm and calls_model(one))]
    tasks, [factories, *_] = zip(*(_task(spec, queries, call.config) for spec in data), strict=True)
    plan = Plan(tasks, selected, baseline, out)
    expected = plan.estimates(call.config)
    for line in (*map(str, expected), *(["--no-llm leaves these variants out"] if expected else [])):
        print_remark(line)
    with bars_one_by_one(call.as_json) as bars:
        ablate(plan, call.config, factories, bars, print_remark)
    results = read_results(out)
    if call.as_json:
        print_json(results)
    else:
        print_results(results)
        print_remark(f"written to {out}: report.html, report.md, results.json, runs, qrels and scores")
    if any(one["not_measured"] for one in results["data"].values()):
        raise typer.Exit(SOME_FAILED)


@command()
def tune(
    call: Call,
    data: Annotated[str, typer.Option("--data", help=SPEC_HELP, metavar="SPEC")],
    out: Annotated[Path, typer.Option("--out", help="TOML file to write; use it with --config.", metavar="FILE.toml")],
    metric: Annotated[
        str | None, typer.Option("--metric", help="Metric to maximise [the main one of the data].", metavar="NAME")
    ] = None,
    rerank: Annotated[
        str, typer.Option("--rerank", help="Also tune the weight of this rerank method. Calls the model.")
    ] = "none",
    queries: Queries = None,
) -> None:
    """Tune the weights of the legs, and with --rerank the weight of the rerank. One part of the queries is used for
    tuning, the rest for testing: the earlier two thirds if the queries have times, else a random half.

    Example: shortlist eval tune --data simulated:200 --out tuned.toml
    """
    task, factories = _task(data, queries, call.config)
    target = metric or PRIMARY[task.data.kind]
    for name, found, known in (("--metric", target, [*METRICS, AUC]), ("--rerank", rerank, RERANK_CHOICES)):
        if found not in known:
            expected, remedy = f"one of {', '.join(known)}", f"correct {name}"
            raise UsageError(f"unknown {name.removeprefix('--')}", expected=expected, found=repr(found), remedy=remedy)
    if target == AUC and any(query.candidates is None for query in task.data.queries):
        found, remedy = "queries over all videos", "choose another --metric"
        raise UsageError(
            "AUC is not defined here", expected="the candidates of every query", found=found, remedy=remedy
        )
    with bars_one_by_one(call.as_json) as bars:
        tuned = search(task, target, call.config, factories, rerank, bars)
    text = settings_toml(tuned, call.config)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        found = error.strerror or str(error)
        raise UsageError(f"cannot write {out}", expected="a file", found=found, remedy="correct --out") from error
    if call.as_json:
        print_json(tuned_document(tuned))
        return
    typer.echo(text, nl=False)


@command()
def compare(
    call: Call,
    folder: Annotated[Path, typer.Argument(help="The folder that `eval ablation --out` wrote.", metavar="DIR")],
    variant: Annotated[str, typer.Argument(help="The variant to compare.", metavar="VARIANT")],
    other: Annotated[str, typer.Argument(help="The variant to compare it with.", metavar="VARIANT")],
) -> None:
    """Compare two variants of an ablation query by query, on every data set that has both.

    Example: shortlist eval compare reports/ablation default bm25
    """
    comparison = compare_variants(folder, variant, other, call.config.eval.seed)
    if call.as_json:
        print_json(comparison)
        return
    print_comparison(comparison)


def _task(spec: str, queries: int | None, config: Config) -> tuple[Task, Factories]:
    factories = evaluation_factories()
    task = load_task(spec, config, factories)
    return task if queries is None else task.sampled(queries, config.eval.seed), factories
