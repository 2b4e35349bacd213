"""`shortlist search`: find the best videos for a text, without a reader."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.filter_options import with_filter_options
from shortlist.app.cli.terminal.list_options import Explain, K
from shortlist.app.cli.terminal.output import print_json, print_notes
from shortlist.app.cli.terminal.result_list import print_answer
from shortlist.core.json_documents import search_document
from shortlist.core.ranking import Filters


@command()
@with_filter_options
def search(
    call: Call,
    text: Annotated[str, typer.Argument(help="The text to search for.", metavar="TEXT")],
    k: K = 10,
    explain: Explain = False,
    *,
    filters: Filters,
) -> None:
    """Search titles, summaries and transcripts for TEXT.

    Example: shortlist search "night train to the coast" -k 5 --max-duration 60
    """
    with call.open_engine() as engine:
        answer = engine.recommender().search(text, k, filters)
        if call.as_json:
            print_json(search_document(text, answer))
        else:
            print_answer(answer, engine.home, explain)
    print_notes(note for note in answer.notes if call.as_json or note.code != "nothing-relevant")
