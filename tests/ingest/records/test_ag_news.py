"""AG News: its csv without a header, the csv with one, the hub's records, and a hub that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shortlist.core.errors import ServiceError
from shortlist.ingest.records.ag_news import hub_rows, labelled_rows
from shortlist.ingest.records.articles import article_from_row, article_rows
from shortlist.ingest.tables.rows import Failure, ParsedRecord, records

TextFile = Callable[[str, str], Path]


def test_its_own_csv(text_file: TextFile) -> None:
    source = text_file(
        "t.csv", '"4","Rockets","A second\\team for  #36;10 &amp; more"\n"2","Goal","It\'s #39;in#39;"\n"9","x","y"\n'
    )
    rocket, goal, bad = records(article_rows(str(source))(), article_from_row)
    assert isinstance(rocket, ParsedRecord)
    assert (rocket.record.category, rocket.record.title) == ("Sci/Tech", "Rockets")
    assert rocket.record.body == "A second team for $10 & more"
    assert isinstance(goal, ParsedRecord)
    assert (goal.record.category, goal.record.body) == ("Sports", "It's 'in'")
    assert isinstance(bad, Failure)
    assert "expected a number from 1 to 4, found '9'" in bad.reason


def test_any_other_table_of_articles(text_file: TextFile) -> None:
    source = text_file("t.csv", "Title,description,Category,source\nA,body,World,wire\n")
    (found,) = records(article_rows(str(source))(), article_from_row)
    assert isinstance(found, ParsedRecord)
    assert (found.record.title, found.record.body, found.record.category) == ("A", "body", "World")
    assert found.record.metadata == {"source": "wire"}


def test_the_hub_has_texts_and_labels_only() -> None:
    (found,) = records(labelled_rows([{"text": "Oil is up. Markets fall.", "label": 2}]), article_from_row)
    assert isinstance(found, ParsedRecord)
    assert (found.record.title, found.record.category) == ("Oil is up.", "Business")


def test_a_hub_that_does_not_answer_is_one_error_that_names_the_way_out() -> None:
    with pytest.raises(ServiceError, match="download its CSV file"):
        hub_rows("http://127.0.0.1:9")


def test_a_copy_with_a_header_gives_the_same_articles(text_file: TextFile) -> None:
    row = '"4","Rockets","A second\\team"\n'
    bare = text_file("bare.csv", row)
    headed = text_file("headed.csv", f"Class Index,Title,Description\n{row}")
    (one,), (other,) = (list(records(article_rows(str(path))(), article_from_row)) for path in (bare, headed))
    assert isinstance(one, ParsedRecord)
    assert isinstance(other, ParsedRecord)
    assert one.record == other.record
    assert other.record.category == "Sci/Tech"


def test_other_names_are_taken_in_any_case(text_file: TextFile) -> None:
    source = text_file("t.csv", "Title,Text,Label\nA,body,World\n")
    (found,) = records(article_rows(str(source))(), article_from_row)
    assert isinstance(found, ParsedRecord)
    assert (found.record.body, found.record.category) == ("body", "World")
