"""The list that people read: ten results fit a screen of 40 lines and 80 columns."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from shortlist.app.cli.terminal.hyperlinks import has_hyperlinks, target
from shortlist.app.cli.terminal.result_list import list_lines
from shortlist.core.ranking import Recommendation
from shortlist.core.types import Video

TITLES = {
    "plain": "Why Moon landers have such ugly legs",
    "long": "A very long title, " * 20,
    "wide": "月の着陸船はなぜあんなに醜い脚をしているのか" * 4,
    "emoji": "🚀👩‍🚀 " * 60,
    "combining": "e\u0301" * 200,
    "lines": "First line\nsecond line\r\nthird \x1b[2J line",
}
REASON = "watched later by at least 4 of 11 others who watched “Moon dust is basically broken glass”, again and again"


def results(title: str, n: int = 10, address: str | None = "https://example.org/watch/1") -> list[Recommendation]:
    video = Video("v", title, "A channel " * 20, address, 55.6, datetime(2026, 11, 3, tzinfo=UTC))
    return [Recommendation(video, rank, 0.7654, REASON, None, {}) for rank in range(1, n + 1)]


def console(width: int = 80, *, terminal: bool = False, colour: bool = True, styles: bool = True) -> Console:
    return Console(
        file=io.StringIO(), width=width, force_terminal=terminal, no_color=not colour,
        color_system="truecolor" if terminal and styles else None, _environ={},
    )  # fmt: skip


def printed(items: list[Recommendation], on: Console) -> list[str]:
    for line in list_lines(items, lambda video: video.url, on):
        on.print(line, soft_wrap=True, highlight=False)
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue().splitlines()


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES.keys())
@pytest.mark.parametrize("address", ["https://example.org/watch/1", None, "/videos/moon.mp4"])
def test_ten_results_fit_a_screen(title: str, address: str | None) -> None:
    lines = printed(results(title, address=address), console(terminal=True, styles=False))
    assert len(lines) <= 40
    assert max(map(cell_len, lines)) <= 80
    assert [line[:4] for line in lines if line[:4].strip()] == [f"{rank:>2}. " for rank in range(1, 11)]


def test_a_result_has_title_facts_reason_and_link() -> None:
    [item] = results("Ugly legs", n=1)
    short = Recommendation(
        Video("v", "Ugly legs", "Orbit", "https://example.org/1", 55.6, datetime(2026, 11, 3, tzinfo=UTC)),
        1, 0.7654, "like “Dust”", None, item.stages,
    )  # fmt: skip
    assert printed([short], console()) == [
        " 1. Ugly legs",
        "    Orbit · 0:56 · 3 Nov 2026",
        "    like “Dust”",
        "    https://example.org/1",
    ]


def test_nothing_is_cut_in_a_file() -> None:
    lines = printed(results(TITLES["long"], n=1), console())
    assert f"    {REASON}" in lines
    assert lines[0] == f" 1. {TITLES['long'].strip()}"


def test_an_address_is_never_cut() -> None:
    address = f"https://example.org/{'a' * 200}"
    assert address in "".join(printed(results("Ugly legs", address=address), console()))


def test_fewer_results_have_empty_lines_between_them() -> None:
    lines = printed(results("Ugly legs", n=3), console())
    assert [at for at, line in enumerate(lines) if not line] == [4, 9]


@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_with_hyperlinks_links_the_title(monkeypatch: pytest.MonkeyPatch, colour: bool) -> None:
    monkeypatch.setenv("WT_SESSION", "1")
    text = "\n".join(printed(results("Ugly legs", n=1), console(terminal=True, colour=colour)))
    assert "\x1b]8;" in text
    assert text.count("https://example.org/watch/1") == 1


@pytest.mark.parametrize(
    ("environ", "able"),
    [({}, False), ({"VTE_VERSION": "4900"}, False), ({"VTE_VERSION": "6800"}, True), ({"TERM": "xterm-kitty"}, True)],
)
def test_only_terminals_that_are_known_to_show_hyperlinks_get_them(environ: dict[str, str], able: bool) -> None:
    assert has_hyperlinks(console(terminal=True), environ) is able
    assert not has_hyperlinks(console(), environ)


@pytest.mark.parametrize(
    ("address", "link"), [("/videos/a b.mp4", "file:///videos/a%20b.mp4"), ("https://x.org/1", "https://x.org/1")]
)
def test_a_file_is_linked_as_one(address: str, link: str) -> None:
    assert target(address) == link
