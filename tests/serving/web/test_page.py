"""The web page in a real browser: what a person does on it. Skipped where there is no Chromium."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.errors import ModelMissing
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over, running

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("ignore")]

UNNAMED = """[...document.querySelectorAll('button, input, textarea')].filter(
    one => one.offsetParent && !(one.innerText.trim() || one.ariaLabel || one.title || one.labels?.length)
).map(one => one.outerHTML.slice(0, 200))"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def shown(browser: Any, path: Path, encoder: Any, model: Any, width: int = 1200) -> Iterator[tuple[Any, Home]]:
    """The page over the home at `path`, opened. What it asks of elsewhere and what its console complains of fails."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from shortlist.serving.web.app import web_application

    config = Config(home=path, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    wrong: list[str] = []
    with (
        Home.open(path, encoder.name) as home,
        running(web_application(context_over(home, config, encoder, model))) as (
            url,
            _,
            _,
        ),
    ):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_default_timeout(20_000)
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith((url, "data:", "blob:")) else wrong.append(one.url))
        page.goto(url)
        yield page, home
        page.close()
    assert wrong == []


@pytest.fixture
def opened(browser: Any, small_home: Path, new_hash_encoder: Any, scripted_model: Any) -> Iterator[tuple[Any, Home]]:
    with shown(browser, small_home, new_hash_encoder(), scripted_model([-0.1, -3.0])) as both:
        yield both


def titles(page: Any) -> list[str]:
    """The titles of the cards, without their places."""
    page.wait_for_function("document.querySelectorAll('article h3').length >= 5")
    return [title.partition(". ")[2] for title in page.locator("article:visible h3").all_inner_texts()]


def changed(page: Any, before: list[str]) -> list[str]:
    """The titles once the first card is another one."""
    page.wait_for_function("old => !document.querySelector('.card-1 h3').innerText.endsWith(old)", arg=before[0])
    return titles(page)


def choose(page: Any, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


def ingest(page: Any, table: Path) -> None:
    """Adds a table that holds one new record."""
    titles(page)  # before the page is whole, a file that is chosen goes nowhere
    page.get_by_role("tab", name="Home").click()
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_text(table.name).wait_for()
    page.get_by_role("button", name="Ingest").click()
    page.wait_for_function("document.querySelector('#ingested').innerText.includes('1 new')")


def events_of(home: Home, user: str) -> list[tuple[str, str, float | None]]:
    return [(event.item_id, event.action, event.dwell_s) for event in home.catalogue.events.newest([user], 9)[user]]


def test_a_list_with_reasons_and_the_reader_beside_it(opened: tuple[Any, Home]) -> None:
    page, _ = opened
    assert len(titles(page)) == 5
    card = page.locator(".card-1").first
    for word in ("Why:", "told slowly", "fusion", "Channel"):
        assert word in card.inner_text()
    profile = page.locator("#profile").inner_text()
    assert "What ann likes" in profile
    assert "Moon" in profile
    assert "Video 9 about moon" in profile


def test_a_liked_card_goes_and_the_event_is_stored(opened: tuple[Any, Home]) -> None:
    page, home = opened
    before = titles(page)
    page.locator(".card-1").first.get_by_role("button", name="Like").click()
    after = changed(page, before)
    assert before[0] not in after
    assert events_of(home, "ann")[0][1:] == ("like", None)


def test_a_watched_card_stores_its_seconds_by_keyboard_alone(opened: tuple[Any, Home]) -> None:
    page, home = opened
    before = titles(page)
    seconds = page.get_by_label("number input for Seconds watched of 1")
    seconds.fill("12")
    seconds.press("Tab")
    button = page.locator(".card-1").first.get_by_role("button", name="Watch")
    button.focus()
    page.keyboard.press("Enter")
    assert before[0] not in changed(page, before)
    assert events_of(home, "ann")[0][1:] == ("view", 12.0)


def test_a_reader_is_created(opened: tuple[Any, Home]) -> None:
    page, home = opened
    titles(page)
    page.get_by_role("button", name="Create a reader").click()
    page.get_by_label("Name of the new reader").fill("zoe")
    page.get_by_label("Trains").check()
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_function("document.querySelector('#profile').innerText.includes('What zoe likes')")
    assert home.catalogue.readers.get("zoe").interests == ("Trains",)
    assert titles(page)


def test_the_chat_answers(opened: tuple[Any, Home]) -> None:
    page, _ = opened
    titles(page)
    line = page.get_by_label("Say something")
    line.fill("three about the moon for ann")
    line.press("Enter")
    talk = page.get_by_label("chatbot conversation")
    talk.get_by_text("Video").first.wait_for()
    assert "about moon" in talk.inner_text()


def test_what_strangers_wrote_is_text_in_the_chat(opened: tuple[Any, Home], tmp_path: Path) -> None:
    page, _ = opened
    hostile = (
        "**Pillows** <img src=http://127.0.0.1:9/spy.png> ![](http://127.0.0.1:9/spy.png) [go](http://evil.example)"
    )
    table = tmp_path / "hostile.jsonl"
    table.write_text(json.dumps({"id": "h1", "title": hostile, "transcript": hostile}))
    ingest(page, table)
    page.get_by_role("tab", name="For a reader").click()
    titles(page)
    line = page.get_by_label("Say something")
    line.fill("search pillows")
    line.press("Enter")
    talk = page.get_by_label("chatbot conversation")
    talk.get_by_text("evil.example").first.wait_for()
    assert hostile in talk.inner_text()
    assert talk.locator("img, a, strong").count() == 0
    assert "\n" in talk.get_by_text("About pillows").inner_text()  # a line of the reply each


def test_two_ways_to_rank_side_by_side(opened: tuple[Any, Home]) -> None:
    page, _ = opened
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector("#left li")
    assert page.locator("#left li").count() == page.locator("#right li").count() == 10
    assert any(mark in page.locator("#left").inner_text() for mark in ("▲", "▼", "only here"))


def test_a_table_is_ingested(opened: tuple[Any, Home], tmp_path: Path) -> None:
    page, home = opened
    table = tmp_path / "more.jsonl"
    table.write_text('{"id": "n1", "title": "Night trains"}\n{"id": "n2"}\n')
    ingest(page, table)
    assert "more.jsonl:2" in page.locator("#ingested").inner_text()
    assert home.catalogue.videos.get("n1").title == "Night trains"


def test_an_unknown_reader_gets_the_nearest(opened: tuple[Any, Home]) -> None:
    page, _ = opened
    titles(page)
    choose(page, "Reader", "anne")
    page.wait_for_function("document.querySelector('#said').innerText.includes('Did you mean ann')")
    assert page.locator("article:visible").count() == 0


def test_without_a_model_there_is_a_note_and_a_list(browser: Any, small_home: Path, new_hash_encoder: Any) -> None:
    gone = ModelMissing("no model", expected="weights", found="none", remedy="pull them")
    with shown(browser, small_home, new_hash_encoder(), gone) as (page, _):
        titles(page)
        page.get_by_label("In the mood for", exact=True).fill("the moon")
        page.get_by_role("button", name="Recommend").click()
        page.wait_for_function("document.querySelector('#said').innerText.includes('no language model')")
        assert len(titles(page)) == 5


def test_an_empty_home_says_what_to_do(browser: Any, tmp_path: Path, new_hash_encoder: Any) -> None:
    gone = ModelMissing("no model", expected="weights", found="none", remedy="pull them")
    with shown(browser, tmp_path / "empty", new_hash_encoder(), gone) as (page, _):
        page.get_by_text("There are no videos yet").wait_for()


def test_at_phone_width_nothing_sticks_out(
    browser: Any, small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    with shown(browser, small_home, new_hash_encoder(), scripted_model([-0.1, -3.0]), width=360) as (page, _):
        titles(page)
        for tab in ("For a reader", "Compare", "Home"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("tab", name="For a reader").click()
        assert page.evaluate(UNNAMED) == []


def test_with_keys_the_page_asks_for_one_that_may_write(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    from shortlist.serving.web.app import web_application

    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home, encoder.name) as home:
        (_, read), (key, write) = home.catalogue.keys.create("read"), home.catalogue.keys.create("write")
        app = web_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _), httpx.Client(base_url=url, timeout=20) as client:
            refused = client.get("/config")
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Basic")
            assert "img-src 'self' data:;" in refused.headers["content-security-policy"]
            statuses = [client.get("/config", auth=("me", key)).status_code for key in ("", "sl_wrong", read, write)]
            assert statuses == [401, 401, 401, 200]
            for strange in ("Basic", "Basic %%%", "Basic /w==", f"Bearer {write}"):
                assert client.get("/config", headers={"Authorization": strange}).status_code == 401
            elsewhere = {"Origin": "https://evil.example"}
            assert client.post("/gradio_api/queue/join", auth=("me", write), headers=elsewhere).status_code == 403
            assert home.catalogue.keys.revoke(key.id)
            assert client.get("/config", auth=("me", write)).status_code == 401


def test_with_a_key_the_page_works(browser: Any, small_home: Path, new_hash_encoder: Any, scripted_model: Any) -> None:
    from shortlist.serving.web.app import web_application

    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home, encoder.name) as home:
        _, write = home.catalogue.keys.create("write")
        app = web_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _):
            page = browser.new_page(http_credentials={"username": "me", "password": write})
            page.goto(url)
            before = titles(page)
            page.locator(".card-1").first.get_by_role("button", name="Like").click()
            assert before[0] not in changed(page, before)
            page.close()


def test_without_keys_the_page_answers_this_machine_only_by_its_own_name(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    from shortlist.serving.web.app import web_application

    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home, encoder.name) as home:
        app = web_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _):
            page = httpx.get(url)
            assert page.status_code == 200
            assert "img-src 'self' data:;" in page.headers["content-security-policy"]
            assert httpx.get(url, headers={"Host": "evil.example"}).status_code == 403
            home.catalogue.keys.create("read")
            assert httpx.get(url).status_code == 401
