"""The list after an import."""

from __future__ import annotations

from shortlist.app.cli.frame import Call
from shortlist.app.cli.terminal.output import print_notes, say
from shortlist.app.cli.terminal.result_list import print_answer
from shortlist.core.ranking import Answer, Request

PLACES = 5


def first_list(call: Call, reader: str, *, quiet: bool) -> Answer:
    """Recommend to the reader without a language model, print the list unless `quiet`, and return it."""
    with call.open_engine() as engine:
        answer = engine.recommend(Request(reader, PLACES, None, "none"))
        if not quiet:
            say(f"\nFirst for {reader}:")
            print_answer(answer, engine.home)
            print_notes(answer.notes)
            say(f"\nNext: `shortlist recommend {reader}`")
    return answer
