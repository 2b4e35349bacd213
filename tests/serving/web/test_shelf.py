"""The shelf in a browser: cards, players, watched time, opinions and undo, the box, the model, keys."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving.conftest import until
from tests.serving.web.conftest import CLIP_S, Shown, events_of, titles

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("ignore")]

YOUTUBE = "https://www.youtube-nocookie.com/"
PLAYED = """() => { const video = document.querySelector('.stage video'), spans = video.played; let sum = 0;
    for (let at = 0; at < spans.length; at++) sum += spans.end(at) - spans.start(at); return sum; }"""


def play_until(page: Any, seconds: float) -> None:
    until(lambda: page.evaluate(f"document.querySelector('.stage video')?.currentTime > {seconds}"))


def test_cards_have_a_picture_a_title_and_a_reason(shown: Shown) -> None:
    with shown() as (page, site):
        assert len(titles(page)) == 12
        items = site.get("/v1/recommend/ann?k=12&rerank=none")["recommendations"]
        assert titles(page) == [f"{item['rank']} {item['title']}" for item in items]
        card = page.locator(".card").first
        assert "Channel" in card.locator(".facts").inner_text()
        assert card.locator(".reason").inner_text().endswith(".")
        assert card.locator(".length").inner_text() == f"0:{items[0]['duration_s']:.0f}"
        until(lambda: page.evaluate("document.querySelector('.card img').naturalWidth > 0"))
        assert page.locator("video, iframe").count() == 0


def test_a_played_card_stores_the_seconds_it_played(shown: Shown) -> None:
    with shown() as (page, site):
        first = site.ids("/v1/recommend/ann?k=1&rerank=none")[0]
        page.locator("button.picture").first.click()
        play_until(page, 2)
        page.evaluate("document.querySelector('.stage video').pause()")
        played = page.evaluate(PLAYED)
        page.keyboard.press("Escape")
        page.get_by_text("Watched “").wait_for()
        video, action, dwell = events_of(site)[0]
        assert (video, action) == (first, "view")
        assert played >= 2
        assert dwell == pytest.approx(played, abs=1.0)
        [event] = site.home.catalogue.events.newest(["ann"], 1)["ann"]
        shown_list = until(lambda: site.home.catalogue.exposures.get(event.request_id))
        assert (shown_list.items[event.position - 1].item_id, event.variant) == (first, None)
        assert first not in [item["video_id"] for item in site.get("/v1/recommend/ann")["recommendations"]]
        page.locator("#toasts").get_by_role("button", name="Undo").click()
        until(lambda: events_of(site)[0][1] == "like")


def test_leaving_the_page_stores_the_seconds_it_played(shown: Shown) -> None:
    """The beacon of a closing tab takes the same way, but headless Chromium may end before it is sent."""
    with shown() as (page, site):
        page.locator("button.picture").first.click()
        play_until(page, 1.5)
        played = page.evaluate(PLAYED)
        page.goto("about:blank")
        stored = until(lambda: events_of(site)[0][1] == "view" and events_of(site)[0])
        assert stored[2] == pytest.approx(played, abs=1.0)


def test_a_file_that_plays_to_its_end_counts_its_length(shown: Shown) -> None:
    with shown() as (page, site):
        page.locator("button.picture").first.click()
        until(lambda: page.evaluate("document.querySelector('.stage video')?.ended"))
        page.get_by_role("button", name="Close").click()
        until(lambda: events_of(site)[0][1] == "view")
        assert events_of(site)[0][2] == pytest.approx(CLIP_S, abs=1.0)


@pytest.mark.realdata
def test_a_real_clip_plays(shown: Shown, bench_data: Path) -> None:
    from tests.serving.web.conftest import keep_file

    with shown() as (page, site):
        clips = sorted((bench_data / "clips").glob("*.mp4"))
        for clip, video in zip(clips, site.ids("/v1/recommend/ann?k=3"), strict=True):
            for other in site.home.catalogue.locations.of_video(video):
                Path(other).unlink()
            keep_file(site, video, clip)
        page.locator("button.picture").first.click()
        play_until(page, 1)
        page.keyboard.press("Escape")
        until(lambda: events_of(site)[0][1] == "view")


def test_opinions_are_stored_and_undone(shown: Shown) -> None:
    with shown() as (page, site):
        for label, said in (("Like", "Liked"), ("Not for me", "Disliked"), ("Seen it", "Marked as seen")):
            before = titles(page)
            page.locator(".card").first.get_by_role("button", name=label, exact=True).click()
            page.locator("#toasts p", has_text=said).first.wait_for()
            until(lambda before=before: titles(page) != before)
            assert len(events_of(site)) == 4
            page.locator("#toasts").get_by_role("button", name="Undo").last.click()
            page.get_by_text("Undone").last.wait_for()
            until(lambda: len(events_of(site)) == 3)
            until(lambda before=before: titles(page) == before)


def test_a_channel_is_left_out_until_it_is_let_in_again(shown: Shown) -> None:
    with shown() as (page, site):
        facts = page.locator("#shelf .facts")
        channel = facts.first.inner_text()
        page.get_by_role("button", name=f"Not this channel: {channel}").first.click()
        until(lambda: channel not in facts.all_inner_texts())
        assert events_of(site)[0][:2] == (channel, "dislike")
        page.locator("#toasts").get_by_role("button", name="Undo").click()
        until(lambda: channel in facts.all_inner_texts())


def test_history_lists_what_was_stored_with_undo(shown: Shown) -> None:
    with shown() as (page, site):
        page.locator(".card").first.get_by_role("button", name="Like", exact=True).click()
        until(lambda: len(events_of(site)) == 4)
        page.reload()
        page.get_by_role("button", name="History").click()
        page.locator("#history .stored").get_by_role("button", name="Undo").click()
        until(lambda: len(events_of(site)) == 3)
        assert "Video 9 about moon" in page.locator("#history .past").inner_text()


def test_the_box_is_wish_and_chat(shown: Shown) -> None:
    with shown() as (page, site):
        box = page.get_by_role("searchbox")
        box.fill("something about trains under a minute")
        box.press("Enter")
        page.get_by_role("button", name="Remove: about").wait_for()
        page.get_by_role("button", name="Remove: at most 1:00").wait_for()
        until(lambda: page.evaluate("document.querySelector('#shelf h2').innerText.includes('trains')"))
        page.get_by_role("button", name="Remove: at most 1:00").click()
        until(lambda: page.evaluate("document.querySelectorAll('#chips li').length === 1"))
        page.locator("#shelf[aria-busy=false]").wait_for()
        eighth = titles(page)[7].partition(" ")[2]
        box.fill("why number 8?")
        box.press("Enter")
        page.locator("#reply").wait_for()
        assert eighth in page.locator("#reply").inner_text()
        stored = len(events_of(site))
        box.fill("my sister likes number 8")
        box.press("Enter")
        page.get_by_role("button", name="I disliked number 8").wait_for()
        assert len(events_of(site)) == stored
        page.get_by_role("button", name="I liked number 8").click()
        until(lambda: len(events_of(site)) == stored + 1)
        box.fill("")
        box.press("Enter")
        until(lambda: page.evaluate("document.querySelectorAll('#chips li').length === 0"))


def test_a_surprise_is_shown_by_its_heading_and_a_named_reader_gets_the_list(shown: Shown) -> None:
    with shown() as (page, _):
        box = page.get_by_role("searchbox")
        box.fill("something about trains")
        box.press("Enter")
        page.get_by_role("button", name="Remove: about").wait_for()
        box.fill("surprise me")
        box.press("Enter")
        page.locator("#reply").wait_for()
        reply = page.locator("#reply").inner_text()
        assert "a surprise" in reply
        assert "\n" not in reply
        assert page.locator("#chips li").count() == 0
        other = next(one for one in page.locator("#reader option").all_inner_texts() if one.strip() not in ("ann", ""))
        box.fill(f"recommend for {other}")
        box.press("Enter")
        until(lambda: page.evaluate("document.querySelector('#reader').value") == other)


def test_the_list_comes_at_once_and_the_model_moves_it(shown: Shown, scripted_model: Any) -> None:
    release = threading.Event()

    class Waiting(scripted_model):  # type: ignore[misc]
        def choice_logprobs(self, messages: Any, choices: Any) -> Any:
            release.wait(120)
            return super().choice_logprobs(messages, choices)

    worst_first = Waiting([-4.0, -0.1], [-3.0, -0.1], [-0.2, -3.0], [-0.1, -4.0])
    with shown(model=worst_first) as (page, _):
        before = titles(page)
        page.get_by_label("Language model").check()
        page.get_by_text("The language model is reading").wait_for()
        assert titles(page) == before
        release.set()
        page.get_by_text("The language model moved").wait_for()
        assert titles(page) != before
        assert page.locator(".moved").count() >= 2
        page.get_by_label("Language model").uncheck()
        until(lambda: page.evaluate("document.querySelectorAll('.moved').length === 0"))


DIFFERENT = """async items => {
    const { different } = await import('/static/why.js');
    return items.map(one => different(one, items));
}"""


def ranked(rank: int, score: float, **contributions: float | None) -> dict[str, Any]:
    """An item of a list whose stages have these contributions."""
    stages = {name: {"rank": 1, "score": 1.0, "contribution": part} for name, part in contributions.items()}
    return {"rank": rank, "score": score, "stages": stages}


def test_why_opens_stages_and_a_true_sentence(shown: Shown) -> None:
    with shown() as (page, _):
        page.get_by_role("button", name="Why Video").first.click()
        dialog = page.get_by_role("dialog", name="Why this video")
        assert dialog.locator("tbody tr").count() >= 3
        assert "would" in dialog.locator(".different").inner_text()
        dialog.get_by_text("you see this").wait_for()
        page.keyboard.press("Escape")
        items = [
            ranked(1, 0.9, dense=0.35, bm25=0.1),
            ranked(2, 0.8, dense=0.05),
            ranked(3, 0.6, fusion=None),
            ranked(4, 0.5, dense=-0.2),
        ]
        assert page.evaluate(DIFFERENT, items) == [
            "If “meaning” had rated it like an average candidate, it would be 3rd instead of 1st.",
            "If “meaning” had rated it like an average candidate, it would still be 2nd.",
            "The stages have no share in the score that could be taken away.",
            "No single stage put it here: all of them rated it below the average candidate.",
        ]


def test_what_if_moves_sliders_by_keyboard_and_keeps_them(shown: Shown) -> None:
    with shown() as (page, site):
        page.get_by_role("button", name="What if?").click()
        dialog = page.get_by_role("dialog", name="What if?")
        slider = dialog.get_by_role("slider", name="Moon")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert slider.get_attribute("aria-valuetext") == "much less"
        dialog.locator("tbody tr").first.wait_for()
        assert "what you asked for" in dialog.locator("tbody").inner_text()
        assert site.home.catalogue.objectives.get_many(["ann"]) == {}
        before = titles(page)
        dialog.get_by_role("button", name="Keep more and less").click()
        until(lambda: titles(page) != before)
        assert site.home.catalogue.objectives.get_many(["ann"])["ann"].categories == (("Moon", -1.0),)
        page.get_by_role("button", name="What if?").click()
        dialog.get_by_text("Every list heeds: less Moon.").wait_for()
        dialog.get_by_text("Without something").click()
        dialog.get_by_role("checkbox").first.check()
        dialog.locator("tbody tr").first.wait_for()


def test_what_strangers_wrote_is_text(shown: Shown) -> None:
    hostile = "<img src=x onerror=alert(1)> **pillows** <script>alert(2)</script>"
    video = {
        "id": "h1",
        "title": hostile,
        "channel": "<b>Bold</b>",
        "transcript": f"{hostile} pillows.",
        "url": "javascript:alert(3)",
    }
    with shown() as (page, site):
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        site.post("/v1/videos", {"videos": [video]})
        page.get_by_role("searchbox").fill("pillows")
        page.get_by_role("searchbox").press("Enter")
        card = page.locator(".card", has_text="pillows").first
        card.wait_for()
        assert hostile in card.locator("h2").inner_text()
        assert card.locator("h2 img, h2 script, .facts b, a").count() == 0


def test_youtube_is_asked_after_a_click_only_and_from_the_quoted_second(shown: Shown, browser: Any) -> None:
    player = """<script>onmessage = () => [0, 1500, 3000].forEach((ms, at) => setTimeout(() => parent.postMessage(
        JSON.stringify({event: 'infoDelivery', info: {playerState: [1, 1, 2][at]}}), '*'), ms))</script>"""
    speech = [{"start": 0, "end": 9, "text": "Hello."}, {"start": 9.5, "end": 15, "text": "Volcanoes hum at night."}]
    address = "https://www.youtube.com/watch?v=abcdefghijk"
    with shown(allowed=YOUTUBE) as (page, site):
        page.route(f"{YOUTUBE}**", lambda route: route.fulfill(content_type="text/html", body=player))
        site.post("/v1/videos", {"videos": [{"id": "y1", "title": "Humming", "segments": speech, "url": address}]})
        page.get_by_role("searchbox").fill("volcanoes")
        page.get_by_role("searchbox").press("Enter")
        play = page.get_by_role("button", name="Play Humming from 0:09")
        play.wait_for()
        with page.expect_request(lambda one: one.url.startswith(YOUTUBE)) as asked:
            play.click()
        assert asked.value.url.startswith(f"{YOUTUBE}embed/abcdefghijk?")
        assert "start=9" in asked.value.url
        page.wait_for_timeout(4000)
        page.keyboard.press("Escape")
        until(lambda: events_of(site)[0][0] == "y1")
        assert events_of(site)[0][2] == pytest.approx(3.0, abs=1.0)


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_sticks_out(shown: Shown, width: int) -> None:
    with shown(viewport={"width": width, "height": 844}) as (page, _):
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_with_keys_the_page_asks_for_one(browser: Any, serve_site: Any, small_home: Path) -> None:
    with serve_site(small_home) as site:
        _, secret = site.home.catalogue.keys.create("reader:ann")
        page = browser.new_page()
        page.goto(site.url)
        page.get_by_label("Key").fill("sl_wrong")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("This key is not valid.").wait_for()
        page.get_by_label("Key").fill(secret)
        page.get_by_role("button", name="Sign in").click()
        page.locator(".card").first.wait_for()
        assert page.evaluate("document.cookie") == ""
        assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'blocked')") == "blocked"
        page.get_by_role("searchbox").fill("moon")
        page.get_by_role("searchbox").press("Enter")
        page.get_by_role("button", name="Remove: about “moon”").wait_for()
        page.locator(".card").first.get_by_role("button", name="Like", exact=True).click()
        until(lambda: len(events_of(site)) == 4)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("dialog", name="Sign in").wait_for()
        page.close()


def test_a_reader_is_created_and_an_empty_home_says_what_to_do(browser: Any, serve_site: Any, tmp_path: Path) -> None:
    with serve_site(tmp_path / "empty") as site:
        page = browser.new_page()
        page.goto(site.url)
        page.get_by_text("There are no videos yet").wait_for()
        page.get_by_role("button", name="Choose what I like instead").click()
        page.get_by_label("Name").fill("zoe")
        page.get_by_role("button", name="Open").click()
        until(lambda: site.client.get("/v1/readers/zoe").status_code == 200)
        page.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core. The test is skipped where it cannot be fetched."""
    import io
    import tarfile

    try:
        facts = httpx.get("https://registry.npmjs.org/axe-core/4.10.2", timeout=20).raise_for_status().json()
        packed = httpx.get(facts["dist"]["tarball"], timeout=60).raise_for_status().content
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        pytest.skip(f"axe-core cannot be fetched: {error}")
    with tarfile.open(fileobj=io.BytesIO(packed)) as package:
        return package.extractfile("package/axe.min.js").read().decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(shown: Shown, axe: str, scheme: str) -> None:
    with shown(color_scheme=scheme) as (page, _):

        def violations() -> list[str]:
            found = page.evaluate(f"{axe}; axe.run()")["violations"]
            return [
                f"{one['id']}: {one['nodes'][0]['html'][:120]}"
                for one in found
                if one["impact"] in ("serious", "critical")
            ]

        assert violations() == []
        page.get_by_role("button", name="Why Video").first.click()
        assert violations() == []
        page.keyboard.press("Escape")
        page.locator("button.picture").first.click()
        assert violations() == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="What if?").click()
        page.get_by_role("slider", name="Moon").press("ArrowLeft")
        page.locator("#what-if tbody tr").first.wait_for()
        assert violations() == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Feed").click()
        assert violations() == []


def test_the_feed_plays_one_video_after_another(shown: Shown) -> None:
    with shown(viewport={"width": 390, "height": 844}) as (page, site):
        first, second = site.ids("/v1/recommend/ann?k=2&rerank=none")
        page.get_by_role("button", name="Feed").click()
        play_until(page, 1)
        assert page.locator(f"#feed [data-id='{first}'] video").count() == 1
        page.locator("#feed ol").evaluate("list => list.scrollBy(0, list.clientHeight)")
        page.locator(f"#feed [data-id='{second}'] video").wait_for()
        until(lambda: events_of(site)[0][:2] == (first, "view"))
        play_until(page, 1)
        page.keyboard.press("ArrowDown")
        until(lambda: events_of(site)[0][:2] == (second, "view"))
        page.get_by_role("button", name="Close the feed").click()
        until(lambda: not page.locator(f"#shelf [data-id='{first}']").count())
