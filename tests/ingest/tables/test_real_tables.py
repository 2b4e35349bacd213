"""The real files: every row becomes a record or a failure with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.ingest.duplicates import find_duplicates
from shortlist.ingest.records.articles import article_from_row, article_rows
from shortlist.ingest.records.videos import COLUMNS, video_from_row
from shortlist.ingest.tables.read import rows
from shortlist.ingest.tables.rows import Failure, ParsedRecord, records

pytestmark = pytest.mark.realdata


def test_ag_news(bench_data: Path) -> None:
    found = list(records(article_rows(str(bench_data / "ag_news" / "test.csv"))(), article_from_row))
    assert len(found) == 7600
    articles = [entry.record for entry in found if isinstance(entry, ParsedRecord)]
    assert len(articles) == 7600
    assert {article.category for article in articles} == {"World", "Sports", "Business", "Sci/Tech"}
    assert not [article for article in articles if "#36;" in article.body or "\\" in article.title]


def test_youtube_metadata_keeps_its_ids(bench_data: Path) -> None:
    source = bench_data / "videos" / "youtube_tech.csv"
    found = list(records(rows(source, COLUMNS), video_from_row))
    assert not [entry for entry in found if isinstance(entry, Failure)]
    videos = {entry.record.id: entry.record for entry in found if isinstance(entry, ParsedRecord)}
    assert len(videos) == 1431
    assert videos["sAeLgwkQZxE"].duration_s == 59
    assert find_duplicates(iter(found), lambda video: video.title).repeated == len(found) - 1431


def test_talks(bench_data: Path) -> None:
    source = bench_data / "videos" / "ted_talks.jsonl.gz"
    found = list(records(rows(source, COLUMNS), video_from_row))
    assert sum(isinstance(entry, ParsedRecord) for entry in found) == 1624
    longest = max(
        len(segment.text.split())
        for e in found
        if isinstance(e, ParsedRecord)
        for segment in e.record.transcript.segments
    )
    assert longest <= 40
