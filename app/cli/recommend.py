"""`shortlist recommend`: rank the best videos for one reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from shortlist.app.cli.terminal.filter_options import (
    Category,
    Channel,
    IncludeSeen,
    Language,
    MaxDuration,
    PublishedAfter,
    PublishedBefore,
    filters,
)
from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, K, Rerank, check_rerank, settings
from shortlist.app.cli.terminal.output import say

if TYPE_CHECKING:
    from shortlist.models.llm.language_model import Message


def recommend(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the reader.", metavar="USER")],
    k: K = 10,
    about: Annotated[str | None, typer.Option("--about", help="A wish: what the reader is in the mood for.")] = None,
    rerank: Rerank = "auto",
    rerank_budget_ms: Annotated[
        float | None, typer.Option("--rerank-budget-ms", help="Start no model call that would exceed this time.", min=0)
    ] = None,
    diversity: Annotated[
        float | None,
        typer.Option("--diversity", help="0 to 1: how much to avoid similar videos.", min=0, max=1),
    ] = None,
    show_prompt: Annotated[
        bool, typer.Option("--show-prompt", help="Print the prompts of the rerank and stop.")
    ] = False,
    max_duration: MaxDuration = None,
    category: Category = None,
    channel: Channel = None,
    language: Language = None,
    published_after: PublishedAfter = None,
    published_before: PublishedBefore = None,
    include_seen: IncludeSeen = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Recommend videos to USER, each with a reason, evidence and the rank that each stage gave it.

    Example: shortlist recommend user_123 -k 5 --about "something about space" --rerank yesno
    """
    diverse = {} if diversity is None else {"retrieval": {"diversity": diversity}}
    chosen = settings(context, home, config, **diverse)
    check_rerank(rerank)
    from shortlist.core.ranking import Request

    request = Request(
        user_id=user,
        k=k,
        wish=about,
        rerank=rerank,
        budget_ms=rerank_budget_ms,
        filters=filters(max_duration, category, channel, language, published_after, published_before, include_seen),
    )
    from shortlist.app.build import open_home, open_recommender
    from shortlist.app.cli.terminal.output import print_json, print_notes
    from shortlist.core.json_documents import answer_document

    with open_home(chosen) as store:
        recommender = open_recommender(store, chosen)
        if show_prompt:
            _show_prompts(recommender.prompts(request), as_json)
            return
        answer = recommender.recommend(request)
    if as_json:
        print_json(answer_document(answer))
    else:
        from shortlist.app.cli.terminal.answer_table import print_answer

        print_answer(answer)
    print_notes(answer.notes)


def _show_prompts(prompts: Sequence[Sequence[Message]], as_json: bool) -> None:
    from shortlist.app.cli.terminal.output import print_json

    if as_json:
        print_json([[{"role": message.role, "content": message.content} for message in one] for one in prompts])
        return
    for number, messages in enumerate(prompts, start=1):
        for message in messages:
            say(f"--- call {number}, {message.role}\n{message.content}\n")
