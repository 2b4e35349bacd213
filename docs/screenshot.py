"""Writes docs/page.png: the web page over sample/, as a browser shows it. Needs the extra `dev` and a Chromium.

python -m docs.screenshot
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
SAMPLE = DOCS.parent / "sample"
COMMAND = [sys.executable, "-c", "from shortlist.app.cli.main import run; run()"]
TABLES = {"videos": "videos.jsonl", "articles": "articles.csv", "readers": "readers.jsonl", "events": "events.csv"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ADDRESS = re.compile(r"http://\S+")


def main() -> None:
    """Ingest the sample into a new home, serve it, photograph it."""
    with tempfile.TemporaryDirectory() as scratch:
        home = ["--home", f"{scratch}/home"]
        for what, table in TABLES.items():
            ingest = [*COMMAND, *home, "ingest", what, str(SAMPLE / table)]
            subprocess.run(ingest, check=True, cwd=DOCS.parent)  # noqa: S603
        serve = [*COMMAND, *home, "serve", "web", "--port", "0"]
        with subprocess.Popen(serve, stderr=subprocess.PIPE, text=True, cwd=DOCS.parent) as server:  # noqa: S603
            address = next(found[0] for line in server.stderr or () if (found := ADDRESS.search(line)))
            try:
                photograph(address, DOCS / "page.png")
            finally:
                server.terminate()


def photograph(address: str, file: Path) -> None:
    """The shelf at `address`."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(address)
        page.locator("#shelf .card").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main()
