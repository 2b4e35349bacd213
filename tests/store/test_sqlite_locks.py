"""Several connections and processes on one SQLite file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from shortlist.store.sql.sqlite import SqliteDatabase

tables = MetaData()
numbers = Table("numbers", tables, Column("n", Integer))
WRITE = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('insert into numbers values (2)'); c.commit();"
    "c.close()"
)


def test_nothing_is_lost_when_another_process_closes_the_file(tmp_path: Path) -> None:
    """The last connection to close removes the log. A process with two connections is still there."""
    path = tmp_path / "a.sqlite3"
    database = SqliteDatabase(path, "delete it")
    database.prepare(tables)
    with database.reading() as one, database.reading() as other:
        assert one.execute(select(numbers)).all() == other.execute(select(numbers)).all() == []
    subprocess.run([sys.executable, "-c", WRITE, str(path)], check=True)
    with database.writing() as connection:
        connection.execute(insert(numbers).values(n=3))
    with sqlite3.connect(path) as reader:
        assert reader.execute("select n from numbers").fetchall() == [(2,), (3,)]
    reader.close()
    database.close()
