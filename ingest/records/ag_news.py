"""Read AG News: its original CSV (class, title, description, with or without a header) or the data set on the hub."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from shortlist.core.errors import ServiceError
from shortlist.ingest.tables.delimited import first_fields, headerless_rows
from shortlist.ingest.tables.rows import Failure, Row

HUB_NAME = "ag_news"
HUB_DATA = "fancyzhx/ag_news"
HEADER = ["class index", "title", "description"]  # of the copies on Kaggle
CLASSES = ("World", "Sports", "Business", "Sci/Tech")  # 1 to 4 in the csv, 0 to 3 on the hub
HUB_TIMEOUT_S = 5.0

_BARE_ENTITY = re.compile(r"(?<!&)#(\d{2,5});")  # the csv lost the "&" of some entities: " #36;10 million"


def is_ag_news(source: Path) -> bool:
    """Return whether the first row of a CSV is a class number and two texts, or the header of these columns."""
    fields = first_fields(source)
    return _is_header(fields) or (len(fields) == 3 and fields[0].strip() in {"1", "2", "3", "4"})


def ag_news_rows(source: Path) -> Iterator[Row | Failure]:
    """Yield the rows of the CSV of AG News with the columns category, title and body."""
    table = headerless_rows(source, ("category", "title", "body"))
    for row in islice(table, int(_is_header(first_fields(source))), None):
        yield row if isinstance(row, Failure) else _named_class(row)


def _is_header(fields: Sequence[str]) -> bool:
    return [field.strip().casefold() for field in fields] == HEADER


def _named_class(row: Row) -> Row | Failure:
    number = str(row.values["category"]).strip()
    if number not in {"1", "2", "3", "4"}:
        return Failure(row.where, f"bad class: expected a number from 1 to 4, found {number[:40]!r}; correct the row")
    title, body = clean(row.values["title"]), clean(row.values["body"])
    return Row(row.where, {"category": CLASSES[int(number) - 1], "title": title, "body": body})


def clean(text: str) -> str:
    """Replace the backslashes, HTML entities and truncated entities in the texts of AG News."""
    return " ".join(html.unescape(_BARE_ENTITY.sub(r"&#\1;", text.replace("\\", " "))).split())


def hub_rows(address: str | None = None) -> Callable[[], Iterator[Row]]:
    """Return a function that reads the training split from the hub. It has text and label, so rows have no title.

    Raises `ServiceError` within seconds if the hub cannot be reached. `address` replaces the library's hub address.
    """
    import datasets

    _check_hub(address or datasets.config.HF_ENDPOINT)
    try:
        data = datasets.load_dataset(HUB_DATA, split="train")
    except Exception as error:  # datasets raises the errors of four libraries
        raise _no_hub(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}") from error
    return lambda: labelled_rows(data)


def labelled_rows(data: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield rows with category and body from records with the keys "text" and "label"."""
    for number, record in enumerate(data, 1):
        yield Row(f"{HUB_NAME}:{number}", {"category": CLASSES[record["label"]], "body": clean(record["text"])})


def _check_hub(address: str) -> None:
    """Raise `ServiceError` if the hub does not respond. The library itself would retry for minutes."""
    import httpx

    try:
        httpx.head(address, timeout=HUB_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise _no_hub(f"{address}: {error}") from error


def _no_hub(found: str) -> ServiceError:
    return ServiceError(
        "AG News cannot be fetched",
        expected="a response from the Hugging Face hub",
        found=found,
        remedy="download its CSV file and ingest it: shortlist ingest articles test.csv",
    )
