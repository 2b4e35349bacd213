"""YouTube's metadata in yt-dlp's documented shape, and its captions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shortlist.core.errors import RecordError
from shortlist.core.types import GIVEN, Attributed, Segment
from shortlist.ingest.media.captions import choose_track, transcript_of, unrolled
from shortlist.ingest.media.yt_dlp_info import id_of, published_of, video_from_info

# The fields that yt-dlp's README and extractor/common.py document for a video.
INFO: dict[str, Any] = {
    "id": "aB3-_xYz012",
    "extractor": "youtube",
    "extractor_key": "Youtube",
    "title": "Why  bread rises 🍞 #shorts",
    "channel": "Kitchen Minute",
    "uploader": "kitchenminute",
    "channel_id": "UC0123",
    "webpage_url": "https://www.youtube.com/watch?v=aB3-_xYz012",
    "original_url": "https://www.youtube.com/shorts/aB3-_xYz012",
    "duration": 58,
    "timestamp": 1_793_000_000,
    "upload_date": "20261025",
    "tags": ["bread", "baking", "Bread", "", "#yeast"],
    "categories": ["Howto & Style"],
    "language": "en-US",
    "description": "Yeast, water, time.",
    "view_count": 1200,
    "like_count": None,
    "live_status": "not_live",
    "subtitles": {},
    "automatic_captions": {},
}


def test_a_short_of_youtube() -> None:
    video = video_from_info(INFO, str(id_of(INFO)))
    assert video.id == "youtube:aB3-_xYz012"
    assert video.title == "Why bread rises 🍞 #shorts"
    assert (video.channel, video.url) == ("Kitchen Minute", "https://www.youtube.com/watch?v=aB3-_xYz012")
    assert (video.duration_s, video.language) == (58.0, "en-us")
    assert video.published == datetime.fromtimestamp(1_793_000_000, UTC)
    assert video.enrichment.tags == ("bread", "baking", "Bread", "yeast")
    assert video.enrichment.tags_made_by == GIVEN
    assert video.category is None  # "Howto & Style" says too little
    assert video.metadata == {"extractor": "youtube", "categories": ["Howto & Style"], "view_count": 1200}


def test_categories_that_are_ours_by_another_name() -> None:
    science = video_from_info({**INFO, "categories": ["Science & Technology"]}, "youtube:x")
    assert science.enrichment.category == Attributed("Sci/Tech", GIVEN)


def test_only_the_id_need_be_there() -> None:
    video = video_from_info({"id": "x", "extractor_key": "Vimeo"}, "vimeo:x")
    assert (video.title, video.duration_s, video.published, video.enrichment.tags) == ("x", None, None, ())
    assert id_of({"id": "x", "extractor_key": "Generic"}) is None


@pytest.mark.parametrize(
    ("fields", "day"),
    [({"upload_date": "20261025"}, 25), ({"release_timestamp": 1_761_868_800}, 31), ({"release_date": "20261027"}, 27),
     ({"upload_date": "NA"}, None), ({}, None)],
)  # fmt: skip
def test_when_it_was_published(fields: dict[str, Any], day: int | None) -> None:
    found = published_of(fields)
    assert (found.day if found else None) == day


def track(name: str) -> list[dict[str, str]]:
    return [{"ext": "json3", "url": f"https://e.org/{name}.json3"}, {"ext": "vtt", "url": f"https://e.org/{name}.vtt"}]


def test_captions_of_the_uploader_come_first_in_the_language_of_the_video() -> None:
    info = {"language": "de", "subtitles": {"en": track("en"), "de-AT": track("de"), "live_chat": track("chat")}}
    assert choose_track(info, automatic=True) == (("de-AT", "https://e.org/de.vtt"), "captions")
    assert choose_track({"subtitles": {"fr": track("fr")}}, automatic=False) == (
        ("fr", "https://e.org/fr.vtt"),
        "captions",
    )
    assert choose_track({"subtitles": {"live_chat": track("chat")}}, automatic=True) is None


def test_automatic_captions_only_when_asked_for_and_never_a_translation() -> None:
    info = {"language": "en", "automatic_captions": {"fr": track("fr"), "en-orig": track("orig"), "en": track("en")}}
    assert choose_track(info, automatic=False) is None
    assert choose_track(info, automatic=True) == (("en", "https://e.org/orig.vtt"), "auto_captions")
    assert choose_track({"language": "ja", "automatic_captions": {"fr": track("fr")}}, automatic=True) is None


WRITTEN = """WEBVTT
Kind: captions

NOTE a remark

1
00:00:00.500 --> 00:00:02.000 align:start
<v Baker>Bake &amp; <i>rest</i></v>
the bread.

00:00:02.000 --> 00:00:03.000
[Music]

00:00:02.500 --> 00:00:05.000
(laughs) Now eat!
"""

# As YouTube rolls them: every line once as it is spoken, once more above the next.
ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.000 --> 00:00:02.000 align:start position:0%
{blank}
so<00:00:00.400><c> today</c><00:00:00.800><c> we</c><00:00:01.200><c> bake</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
so today we bake
{blank}

00:00:02.010 --> 00:00:04.000 align:start position:0%
so today we bake
a<00:00:02.400><c> loaf</c><00:00:03.000><c> of</c><00:00:03.400><c> bread</c>

00:00:04.000 --> 00:00:04.010 align:start position:0%
a loaf of bread
{blank}

00:00:04.010 --> 00:00:05.000 align:start position:0%
a loaf of bread
it<00:00:04.400><c> is</c><00:00:04.600><c> easy</c>
"""


def test_captions_as_they_are_written() -> None:
    transcript = transcript_of(WRITTEN.encode(), "en-GB", "captions")
    assert transcript.segments == (Segment("Bake & rest the bread.", 0.5, 2.0), Segment("Now eat!", 2.5, 5.0))
    assert (transcript.language, transcript.origin) == ("en", "captions")


def test_rolling_captions_are_merged() -> None:
    transcript = transcript_of(ROLLING.replace("{blank}", " ").encode(), "en", "auto_captions")
    assert transcript.text == "so today we bake a loaf of bread it is easy"
    assert [segment.start_s for segment in transcript.segments] == [0.0, 2.01, 4.01]


def test_a_word_said_twice_stays() -> None:
    assert [text for _, _, text in unrolled([(0, 1, "No"), (1, 2, "No no"), (2, 3, "never")])] == [
        "No",
        "No no",
        "never",
    ]


@pytest.mark.parametrize("data", [b"<html>429</html>", b"", b"\xff\xfe\x00", b"WEBVTT\n\n00:0x --> y\nhm\n"])
def test_what_is_no_caption_file(data: bytes) -> None:
    with pytest.raises(RecordError, match="unreadable captions"):
        transcript_of(data, "en", "captions")
