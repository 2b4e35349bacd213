"""The laboratory in a real browser. Skipped where there is no Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shortlist.serving.lab import html
from shortlist.store.home import Home

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("ignore")]


@contextmanager
def shown(browser: Any, serve_site: Any, path: Path, width: int = 1200) -> Iterator[tuple[Any, Home]]:
    """The laboratory over the home at `path`. Requests to elsewhere and complaints of the console fail."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    wrong: list[str] = []
    with serve_site(path) as site:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_default_timeout(120_000)
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request", lambda one: None if one.url.startswith((site.url, "data:", "blob:")) else wrong.append(one.url)
        )
        page.goto(f"{site.url}/lab")
        page.get_by_role("tab", name="Compare").wait_for()
        yield page, site.home
        page.close()
    assert wrong == []


def test_two_ways_to_rank_side_by_side_and_in_words(browser: Any, serve_site: Any, small_home: Path) -> None:
    with shown(browser, serve_site, small_home) as (page, _):
        page.get_by_role("button", name="Compare").click()
        page.wait_for_selector("#left li")
        assert page.locator("#left li").count() == page.locator("#right li").count() == 10
        assert any(mark in page.locator("#left").inner_text() for mark in ("▲", "▼", "only here"))
        assert "of the best 10 videos are in both lists" in page.locator("#words").inner_text()


def test_a_table_is_ingested(browser: Any, serve_site: Any, small_home: Path, tmp_path: Path) -> None:
    table = tmp_path / "more.jsonl"
    table.write_text('{"id": "n1", "title": "Night trains"}\n{"id": "n2"}\n')
    with shown(browser, serve_site, small_home) as (page, home):
        page.get_by_role("tab", name="Home").click()
        page.locator("input[type=file]").set_input_files(table)
        page.get_by_text(table.name).wait_for()
        page.get_by_role("button", name="Ingest").click()
        page.wait_for_function("document.querySelector('#ingested').innerText.includes('1 new')")
        assert "more.jsonl:2" in page.locator("#ingested").inner_text()
        assert home.catalogue.videos.get("n1").title == "Night trains"


def test_a_reader_is_invented(browser: Any, serve_site: Any, small_home: Path) -> None:
    with shown(browser, serve_site, small_home) as (page, home):
        page.get_by_role("tab", name="Invent readers").click()
        page.get_by_role("button", name="Invent", exact=True).click()
        page.get_by_text("sim_00001 likes").wait_for()
        assert home.catalogue.events.newest(["sim_00001"], 1)["sim_00001"]


def test_a_report_of_an_ablation_is_shown(browser: Any, serve_site: Any, small_home: Path) -> None:
    report = small_home / "reports" / "mine" / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text("<html><head><style></style></head><body><h1>Ablation</h1><p>bm25 alone</p></body></html>")
    with shown(browser, serve_site, small_home) as (page, _):
        page.get_by_role("tab", name="Reports").click()
        page.get_by_text("bm25 alone").wait_for()


def test_at_phone_width_nothing_sticks_out(browser: Any, serve_site: Any, small_home: Path) -> None:
    with shown(browser, serve_site, small_home, width=390) as (page, _):
        for tab in page.get_by_role("tab").all():
            tab.click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


def item(video_id: str, rank: int) -> dict[str, Any]:
    return {"video_id": video_id, "rank": rank, "title": f"Title {video_id}"}


def test_two_lists_are_compared_in_words() -> None:
    left = [item("a", 1), item("b", 2), item("c", 3)]
    right = [item("b", 1), item("d", 2), item("a", 3)]
    assert html.differences(left, right, "new", "old") == [
        "2 of the best 3 videos are in both lists.",
        "“Title a” is 2 places higher in “new”.",
        "Only in “new”: “Title c”.",
        "Only in “old”: “Title d”.",
    ]
    assert html.differences(left, left, "new", "old") == ["“new” and “old” give the same list."]
