"""Print recommendations and search results as a table."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from shortlist.core.printable import printable
from shortlist.core.ranking import Answer, Recommendation, Stage

FUSION = "fusion"
RERANK = "rerank"


def print_answer(answer: Answer) -> None:
    """Print the rank, score, video, reason and evidence of each result, and its rank in each stage."""
    console = Console()
    if not answer.recommendations:
        console.print("nothing to show: no video matches")
        return
    reranked = any(RERANK in item.stages for item in answer.recommendations)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("#", justify="right", style="bold")
    table.add_column("score", justify="right")
    table.add_column("video", ratio=3)
    table.add_column("stages: rank (score)", ratio=2)
    if reranked:
        table.add_column("rerank moved", justify="right", no_wrap=True)
    for item in answer.recommendations:
        moved = (_moved(item),) if reranked else ()
        table.add_row(str(item.rank), f"{item.score:.3f}", _video(item), _stages(item.stages), *moved)
    console.print(table)
    console.print(Text(_cost(answer), style="dim"))


def _video(item: Recommendation) -> Group:
    video = item.video
    category = f"{video.category} (a guess)" if video.category_is_guess else video.category
    facts = [video.channel, f"{video.duration_s:.0f} s" if video.duration_s is not None else None, category]
    lines = [
        _text(video.display_title, "bold"),
        _text(" · ".join(fact for fact in (*facts, video.id) if fact), "dim"),
        _text(item.reason),
    ]
    if item.evidence is not None:
        start = "" if item.evidence.start_s is None else f"[{clock(item.evidence.start_s)}] "
        lines.append(_text(f"{start}“{shorten(item.evidence.text)}”", "italic"))
    return Group(*lines, Text(""))


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style)


def _stages(stages: Mapping[str, Stage]) -> str:
    return escape(", ".join(f"{name} {stage.rank} ({stage.score:.2f})" for name, stage in stages.items()))


def _moved(item: Recommendation) -> str:
    """Format the change of rank from retrieval to rerank."""
    if RERANK not in item.stages or FUSION not in item.stages:
        return "not reranked"
    up = item.stages[FUSION].rank - item.rank
    return "=" if up == 0 else f"{'▲' if up > 0 else '▼'} {abs(up)} (was {item.stages[FUSION].rank})"


def _cost(answer: Answer) -> str:
    times = ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in answer.timings_ms.items())
    use = answer.llm
    if use.model is None:
        return f"{times} · no language model used"
    calls = f"{use.calls} calls, {use.cached_calls} from the cache, {use.prompt_tokens:,} prompt tokens"
    return f"{times} · {use.model}: {calls}"


def clock(seconds: float) -> str:
    """Format seconds as minutes and seconds, such as 0:07."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def shorten(text: str, limit: int = 140) -> str:
    """Cut `text` to `limit` characters at a word boundary."""
    return text if len(text) <= limit else f"{text[:limit].rsplit(' ', 1)[0]}…"
