"""Files of questions and of their answers, as CSV or Parquet."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from shortlist.core.errors import RecordError, UsageError
from shortlist.ops.features.feature_store import TIME
from shortlist.ops.features.views import View

REMEDY = "correct the file"


def read_points(path: Path, view: View) -> pl.DataFrame:
    """Return the questions in the file: the columns `view.entity` and `at`.

    A time is written as 2026-11-20T12:00:00Z. Raises `RecordError` if a column or a value is missing or no time.
    """
    read = pl.read_parquet if _is_parquet(path) else partial(pl.read_csv, infer_schema=False)
    try:
        table = read(path)
    except (OSError, PolarsError) as error:
        found = str(error).partition("\n")[0]
        raise RecordError(f"cannot read {path}", expected="a table", found=found, remedy=REMEDY) from error
    wanted = (*view.entity, "at")
    if missing := [name for name in wanted if name not in table.columns]:
        found = ", ".join(table.columns)
        raise RecordError(f"{path} is no list of points", expected=", ".join(missing), found=found, remedy=REMEDY)
    points = table.select(wanted)
    if points.schema["at"] == pl.String:
        points = points.with_columns(pl.col("at").str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False))
    if not isinstance(points.schema["at"], pl.Datetime) or points.schema["at"].time_zone is None:
        found = str(points.schema["at"])
        raise RecordError(f"bad times in {path}", expected="times with a zone in at", found=found, remedy=REMEDY)
    if incomplete := points.select(pl.any_horizontal(pl.all().is_null()).sum()).item():
        expected = "ids, and times as 2026-11-20T12:00:00Z"
        found = f"{incomplete} rows without"
        raise RecordError(f"bad points in {path}", expected=expected, found=found, remedy=REMEDY)
    return points.with_columns(pl.col("at").cast(TIME))


def write_values(values: pl.DataFrame, path: Path) -> None:
    """Write values to a CSV or Parquet file."""
    if _is_parquet(path):
        values.write_parquet(path)
    else:
        values.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")


def document(values: pl.DataFrame) -> list[dict[str, Any]]:
    """Return values as JSON, times as text."""
    return values.with_columns(pl.col("at").dt.to_string("iso:strict")).to_dicts()


def _is_parquet(path: Path) -> bool:
    if path.suffix.lower() not in (".csv", ".parquet"):
        expected = "a file that ends in .csv or .parquet"
        raise UsageError("unknown format", expected=expected, found=path.name, remedy="choose another name")
    return path.suffix.lower() == ".parquet"
