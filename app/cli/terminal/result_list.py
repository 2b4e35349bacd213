"""Recommendations and search results as a list to read: title, facts, reason, link."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from shortlist.app.cli.terminal.explained_list import print_explained
from shortlist.app.cli.terminal.hyperlinks import address_of, has_hyperlinks, target
from shortlist.core.display import day, length, printable
from shortlist.core.ranking import Answer, Recommendation
from shortlist.core.types import Video
from shortlist.store.home import Home

SCREEN_LINES = 40
LINES_EACH = 4  # of one result, so that ten fill a screen
INDENT = "    "
NOTHING = "nothing to show: no video matches"

AddressOf = Callable[[Video], str | None]


def print_answer(
    answer: Answer, home: Home, explain: bool = False, causes: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Print the results as a list, or with all that is known of each; `causes` say by id what keeps it in the list."""
    if explain and answer.recommendations:
        print_explained(answer, causes)
        return
    console = Console()
    if words := unrelated(answer):
        console.print(Text(_plain(words)), soft_wrap=True, highlight=False)
    for line in list_lines(answer.recommendations, lambda video: address_of(video, home), console):
        console.print(line, soft_wrap=True, highlight=False)


def unrelated(answer: Answer) -> str | None:
    """Return the line above a list of which nothing is about the text."""
    note = next((note for note in answer.notes if note.code == "nothing-relevant"), None)
    return None if note is None else f"{note.public[0].upper()}{note.public[1:]}:"


def list_lines(items: Sequence[Recommendation], address_of: AddressOf, console: Console) -> list[Text]:
    """Return the lines of the list, with empty ones between the results if a screen has room for them.

    On a terminal a result takes at most `LINES_EACH` lines, and only an address is never cut. Elsewhere nothing is.
    """
    if not items:
        return [Text(NOTHING)]
    blocks = [_result(item, address_of(item.video), console) for item in items]
    roomy = sum(map(len, blocks)) + len(blocks) - 1 <= SCREEN_LINES
    gap = [Text("")] if roomy else []
    return [line for at, block in enumerate(blocks) for line in (gap if at else []) + block]


def _result(item: Recommendation, address: str | None, console: Console) -> list[Text]:
    linked = address is not None and has_hyperlinks(console)
    title = Text(f"{item.rank:>2}. ").append(_plain(item.video.display_title), "bold")
    if linked:
        title.stylize(f"link {target(_plain(address or ''))}", len(INDENT))
    if console.is_terminal:
        title.truncate(console.width, overflow="ellipsis")
    facts = _fold(_facts(item.video), console, 1, "dim")
    link = [] if linked or address is None else [Text(INDENT + _plain(address), "dim")]
    return [title, *facts, *_fold(item.reason, console, LINES_EACH - 1 - len(facts) - len(link)), *link]


def _facts(video: Video) -> str:
    """Return what is known of channel, length and day."""
    facts = (
        video.channel,
        None if video.duration_s is None else length(video.duration_s),
        None if video.published is None else day(video.published),
    )
    return " · ".join(fact for fact in facts if fact)


def _fold(text: str, console: Console, most: int, style: str = "") -> list[Text]:
    """Return `text` in at most `most` indented lines, the last one cut; in one whole line if nobody sees it cut."""
    if not console.is_terminal:
        return [Text(INDENT + line, style) for line in (_plain(text),) if line]
    width = console.width - len(INDENT)
    lines = [line.plain.strip() for line in Text(_plain(text)).wrap(console, width)]
    rest = Text(" ".join(lines[most - 1 :]))
    rest.truncate(width, overflow="ellipsis")
    return [Text(INDENT + line, style) for line in (*lines[: most - 1], rest.plain) if line]


def _plain(text: str) -> str:
    """Return `text` in one line, without characters that control the terminal."""
    return " ".join(printable(text).split())
