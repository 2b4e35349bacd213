"""Results with all that `--explain` shows: evidence, the stages as bars, moves of the rerank, and the cost."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shortlist.agent.explain.explain import FUSION
from shortlist.agent.rerank.blend import RERANK
from shortlist.core.display import category_label, clock, day, length, printable
from shortlist.core.ranking import Answer, Recommendation, Stage

BAR_CELLS = 12


def print_explained(answer: Answer, causes: Mapping[str, str]) -> None:
    """Print each result with its reason, evidence, and the rank and contribution of every stage.

    `causes` say by id what of the history keeps it in the list.
    """
    console = Console()
    most = max(abs(one.contribution or 0) for item in answer.recommendations for one in item.stages.values())
    for item in answer.recommendations:
        for text, style in _heading(item, causes.get(item.video.id)):
            console.print(Text(printable(text), style), soft_wrap=True)
        console.print(_bars(item, most or 1.0))
    console.print(
        "A bar is what a stage added to the final score, against the mean of the best candidates.", style="dim"
    )
    console.print(Text(_cost(answer), "dim"))


def _heading(item: Recommendation, cause: str | None) -> list[tuple[str, str]]:
    video, segment = item.video, item.evidence
    facts = (
        video.channel,
        None if video.duration_s is None else length(video.duration_s),
        None if video.published is None else day(video.published),
        category_label(video.category, video.category_is_guess),
        video.id,
    )
    lines = [
        (f"{item.rank:>2}. {video.display_title}", "bold"),
        (f"    {' · '.join(fact for fact in facts if fact)}", "dim"),
        (f"    {item.reason}", ""),
    ]
    if segment is not None:
        at = "" if segment.start_s is None else f"{clock(segment.start_s)} "
        lines.append((f"    {at}“{shorten(segment.text)}”", "italic"))
    if cause is not None:
        lines.append((f"    {cause}", ""))
    return lines


def _bars(item: Recommendation, most: float) -> Table:
    """Return one row a stage; a bar of `BAR_CELLS` cells is the contribution `most`."""
    table = Table(box=box.SIMPLE, show_header=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column(min_width=3)
    for justify in ("left", "right", "right", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for name, stage in item.stages.items():
        given = stage.contribution
        cells = 0 if given is None else round(BAR_CELLS * abs(given) / most)
        bar = Text("█" * cells, "green" if (given or 0) > 0 else "red")
        moved = f"{bar.plain and ' '}{_moved(item)}" if name == RERANK else ""
        amount = "" if given is None else f"{given:+.2f}"
        table.add_row("", name, f"rank {stage.rank}", f"score {stage.score:.2f}", amount, bar.append(moved, "default"))
    return table


def _moved(item: Recommendation) -> str:
    """Return the change of rank from retrieval to rerank: "▲ 2 (was 5)"."""
    before: Stage | None = item.stages.get(FUSION)
    if before is None or before.rank == item.rank:
        return "not moved"
    return f"{'▲' if before.rank > item.rank else '▼'} {abs(before.rank - item.rank)} (was {before.rank})"


def _cost(answer: Answer) -> str:
    times = ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in answer.timings_ms.items())
    use = answer.llm
    if use.model is None:
        return f"{times} · no language model used"
    calls = f"{use.calls} calls, {use.cached_calls} from the cache, {use.prompt_tokens:,} prompt tokens"
    return f"{times} · {use.model}: {calls}"


def shorten(text: str, limit: int = 140) -> str:
    """Cut `text` to `limit` characters at a word boundary."""
    return text if len(text) <= limit else f"{text[:limit].rsplit(' ', 1)[0]}…"
