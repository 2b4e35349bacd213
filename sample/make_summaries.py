"""Write the summaries of videos.jsonl with the default language model.

    python sample/make_summaries.py

It takes ten minutes on two free cores and rewrites the fields `summary` and `summary_made_by`. Answers are cached in
--home, so an interrupted run resumes. A video without a usable answer gets no summary, and ingest extracts one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from shortlist.core.config import Config, LlmConfig  # noqa: E402
from shortlist.core.types import EXTRACTIVE  # noqa: E402
from shortlist.engine.build import encoder_of, open_enricher, open_home  # noqa: E402
from shortlist.ingest.enrich.run import work  # noqa: E402
from shortlist.ingest.load import load_videos  # noqa: E402

VIDEOS = ROOT / "sample" / "videos.jsonl"
FIELDS = ("summary", "summary_made_by")

Row = dict[str, Any]


def main() -> None:
    """Summarise every video, then write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "shortlist-sample-home")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    config = Config(home=args.home, llm=LlmConfig(provider="embedded", threads=args.threads))
    rows: list[Row] = [json.loads(line) for line in VIDEOS.read_text("utf-8").splitlines()]
    bare = [{key: value for key, value in row.items() if key not in FIELDS} for row in rows]
    write(VIDEOS, [described(row, made) for row, made in zip(bare, summaries(config, bare), strict=True)])


def summaries(config: Config, rows: list[Row]) -> list[dict[str, str]]:
    """Return the two fields for every row, or {} without a usable answer, aligned with `rows`."""
    table = config.home.with_suffix(".jsonl")
    write(table, rows)
    with open_home(config, create=True) as home:
        load_videos(home, table, encoder_of(config), config.ingest)
        worked = work(home, "videos", open_enricher(home, config), encoder_of(config), progress=show_progress)
        print(f"{worked.done} asked, {worked.extractive} left to extraction, {len(worked.failures)} failed")
        videos = home.catalogue.videos.get_many(row["id"] for row in rows)
    made = [videos[row["id"]].enrichment.summary for row in rows]
    return [
        {"summary": one.value, "summary_made_by": one.made_by} if one and one.made_by != EXTRACTIVE else {}
        for one in made
    ]


def described(row: Row, made: dict[str, str]) -> Row:
    """Return `row` with the two fields before the long transcript."""
    segments = row.pop("segments")
    return {**row, **made, "segments": segments}


def write(path: Path, rows: list[Row]) -> None:
    """Write one row a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def show_progress(done: int, total: int) -> None:
    """Print the progress to stderr."""
    print(f"{done} of {total}", file=sys.stderr)


if __name__ == "__main__":
    main()
