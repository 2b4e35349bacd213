"""`shortlist recommend`: rank the best videos for one reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from shortlist.agent.chat.chat_state import DEFAULT_THREAD
from shortlist.agent.recommend import Recommender
from shortlist.agent.what_if.counterfactual import Counterfactual, counterfactuals
from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.last_reader import last_reader, remember_reader
from shortlist.app.cli.terminal.filter_options import with_filter_options
from shortlist.app.cli.terminal.list_options import About, Explain, K, Rerank
from shortlist.app.cli.terminal.live_list import follow
from shortlist.app.cli.terminal.output import print_json, print_notes, say
from shortlist.app.cli.terminal.result_list import print_answer
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Answer, Filters, Request
from shortlist.engine.engine import Engine, open_engine
from shortlist.models.llm.language_model import Message


@command()
@with_filter_options
def recommend(
    call: Call,
    user: Annotated[
        str | None, typer.Argument(help="Id of the reader. Without one, the last reader.", metavar="[USER]")
    ] = None,
    k: K = 10,
    about: About = None,
    rerank: Rerank = "auto",
    rerank_budget_ms: Annotated[
        float | None,
        typer.Option(
            "--rerank-budget-ms", help="Start no model call that would exceed this time. [default: 8000]", min=0
        ),
    ] = None,
    diversity: Annotated[
        float | None, typer.Option("--diversity", help="0 to 1: how much to avoid similar videos.", min=0, max=1)
    ] = None,
    show_prompt: Annotated[
        bool, typer.Option("--show-prompt", help="Print the prompts of the rerank and stop.")
    ] = False,
    explain: Explain = False,
    *,
    filters: Filters,
) -> None:
    """Recommend videos to USER, each with a reason and a link.

    A terminal shows the list of the retrieval at once, and how the language model moves it. Ctrl-C keeps the list.

    Example: shortlist recommend user_123 -k 5 --about "something about space" --rerank yesno
    """
    diverse = {} if diversity is None else {"retrieval": {"diversity": diversity}}
    chosen = call.settings(**diverse)
    with open_engine(chosen, own_process=True) as engine:
        if user is None:
            user = last_reader(engine.home)
            say(f"for {user}", err=True)
        budget_ms = chosen.rerank.budget_ms if rerank_budget_ms is None else rerank_budget_ms
        request = Request(user, k, about, rerank, budget_ms, filters)
        if show_prompt:
            _show_prompts(engine.recommender().prompts(request), call.as_json)
            return
        _print(engine, request, call.as_json, explain)
        remember_reader(engine.home, user)


def _print(engine: Engine, request: Request, as_json: bool, explain: bool) -> None:
    recommender, store = engine.recommender(), engine.home
    answer, interrupted = follow(recommender, request, store, quiet=as_json)
    causes = _causes(recommender, request, answer) if explain and not interrupted else {}
    document = engine.show(request, answer_document(answer), DEFAULT_THREAD)
    if as_json:
        for item in document["recommendations"]:
            item |= {"counterfactual": causes[item["video_id"]].document} if item["video_id"] in causes else {}
        print_json(document)
    else:
        print_answer(answer, store, explain, {video_id: one.sentence for video_id, one in causes.items()})
    print_notes(note for note in answer.notes if as_json or note.code != "nothing-relevant")
    if interrupted:
        raise KeyboardInterrupt


def _causes(recommender: Recommender, request: Request, answer: Answer) -> dict[str, Counterfactual]:
    """Return what keeps each video in the list of the retrieval, by id; one that the model lifted is left out."""
    ids = [item.video.id for item in answer.recommendations]
    return {one.video_id: one for one in counterfactuals(recommender, request, ids)}


def _show_prompts(prompts: Sequence[Sequence[Message]], as_json: bool) -> None:
    if as_json:
        print_json([[{"role": message.role, "content": message.content} for message in one] for one in prompts])
        return
    for number, messages in enumerate(prompts, start=1):
        for message in messages:
            say(f"--- call {number}, {message.role}\n{message.content}\n")
