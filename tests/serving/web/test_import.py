"""A history on the page: chosen or dropped, seen, imported and undone; an empty home opens with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.history.samples import firefox
from tests.ingest.history.takeout_exports import watched
from tests.serving.conftest import until
from tests.serving.web.conftest import Shown

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("ignore")]

DROP = """async ([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_dropped_file_is_shown_imported_and_undone(shown: Shown) -> None:
    with shown() as (page, site):
        text = json.dumps([watched(number) for number in range(5)])
        page.evaluate(DROP, ["watch-history.json", text])
        dialog = page.locator("#import")
        dialog.get_by_text("5 watches").wait_for()
        assert not site.home.catalogue.imports.all()
        dialog.get_by_role("button", name="Import").click()
        dialog.get_by_text("5 new events").wait_for()
        [batch] = site.home.catalogue.imports.all()
        assert (batch.user_id, batch.source) == ("ann", "watch-history.json")
        dialog.get_by_role("button", name="Undo").click()
        dialog.get_by_text("It is undone.").wait_for()
        assert not site.home.catalogue.imports.all()


def test_domains_of_a_browser_are_ticked(shown: Shown, tmp_path: Path) -> None:
    with shown() as (page, site):
        page.get_by_role("button", name="Import").click()
        dialog = page.locator("#import")
        dialog.locator("input[type=file]").set_input_files(firefox(tmp_path / "places.sqlite"))
        dialog.get_by_label("lwn.net (1)").check()
        dialog.get_by_role("button", name="Import").click()
        dialog.get_by_text("2 new events").wait_for()
        kinds = {event.kind for event in site.home.catalogue.events.newest(["ann"], 20)["ann"]}
        assert "article" in kinds


def test_what_is_no_history_is_said_in_words(browser: Any, serve_site: Any, small_home: Path) -> None:
    with serve_site(small_home) as site:
        page = browser.new_page()
        page.goto(site.url)
        page.locator("#shelf .card").first.wait_for()
        page.evaluate(DROP, ["notes.txt", "bread, milk"])
        page.locator("#import").get_by_text("No history was recognised").wait_for()
        assert page.locator("#import [type=submit]").is_hidden()
        page.close()


def test_an_empty_home_opens_with_it(browser: Any, serve_site: Any, tmp_path: Path) -> None:
    with serve_site(tmp_path / "empty") as site:
        page = browser.new_page()
        page.goto(site.url)
        page.get_by_role("dialog", name="What do you like to watch?").wait_for()
        page.evaluate(DROP, ["watch-history.json", json.dumps([watched(number) for number in range(5)])])
        page.locator("#import").get_by_role("button", name="Import").click()
        page.locator("#import").get_by_text("5 new events").wait_for()
        until(lambda: page.locator("#reader").input_value() == "me")
        page.locator("#import").get_by_role("button", name="Undo").click()
        until(lambda: site.get("/page/start")["readers"] == [])
        page.close()
