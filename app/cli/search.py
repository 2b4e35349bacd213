"""`shortlist search`: find the best videos for a text, without a reader."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.terminal.filter_options import with_filter_options
from shortlist.app.cli.terminal.options import AsJson, ConfigFile, Explain, HomeDir, K, settings
from shortlist.core.ranking import Filters


@with_filter_options
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The text to search for.", metavar="TEXT")],
    k: K = 10,
    explain: Explain = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
    *,
    filters: Filters,
) -> None:
    """Search titles, summaries and transcripts for TEXT.

    Example: shortlist search "night train to the coast" -k 5 --max-duration 60
    """
    chosen = settings(context, home, config)
    from shortlist.app.cli.terminal.output import print_json, print_notes
    from shortlist.app.cli.terminal.result_list import print_answer
    from shortlist.core.json_documents import search_document
    from shortlist.engine.engine import open_engine

    with open_engine(chosen) as engine:
        answer = engine.recommender().search(text, k, filters)
        if as_json:
            print_json(search_document(text, answer))
        else:
            print_answer(answer, engine.home, explain)
    print_notes(note for note in answer.notes if as_json or note.code != "nothing-relevant")
