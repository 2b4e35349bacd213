"""Each kind of data set from small hand-written files, and the errors of bad ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shortlist.core.errors import RecordError, UsageError
from shortlist.eval.data.dataset import EvalQuery, Item
from shortlist.eval.data.specs import SPECS, load
from shortlist.eval.data.statistics import Spread, describe

CORPUS = '{"_id": "d1", "title": "Tea", "text": "leaf"}\n{"_id": "d2", "text": "bean"}\n'
FILES: dict[str, dict[str, str]] = {
    "beir": {
        "corpus.jsonl": CORPUS,
        "queries.jsonl": '{"_id": "q1", "text": "green"}\n{"_id": "q2", "text": "unjudged"}\n',
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\n",
    },
    "trec": {
        "corpus.jsonl": CORPUS,
        "queries.tsv": "q1\tgreen tea\n",
        "qrels.txt": "q1 0 d1 3\nq1 0 elsewhere 1\n",
        "run.txt": "q1 Q0 d2 1 9.5 bm25\nq1 Q0 d1 2 9.25 bm25\n",
    },
    "mind": {
        "news.tsv": "N1\tsports\tgolf\tA round\tOn the green\t\t[]\t[]\nN2\t\t\tPlain\nN3\tfood\t\tSoup\t\n",
        "behaviors.tsv": (
            "1\tU1\t11/15/2019 8:55:22 PM\tN2 N1\tN1-0 N3-1\n2\tU2\t11/16/2019 12:00:00 AM\t\tN2-1 N3-0 N2-0\n"
        ),
    },
    "watches": {
        "items.csv": 'item,title\r\n1,"Cat, jumping"\r\n2,Dog\r\n3,"Two\nlines"\r\n',
        "watches.tsv": "ada\t1 2 3\nbob\t2\ncy\t1 2 1\n",
    },
}


def written(folder: Path, kind: str, changes: Mapping[str, str] = {}) -> str:
    for name, text in {**FILES[kind], **changes}.items():
        path = folder / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return f"{kind}:{folder / 'tiny'}"


def test_beir_ranks_the_corpus_for_judged_queries(tmp_path: Path) -> None:
    data = load(written(tmp_path, "beir"))
    assert data.name == "beir-tiny"
    assert data.items == (Item("d1", "Tea", "leaf"), Item("d2", "", "bean"))
    assert data.queries == (EvalQuery("q1", "green"),)
    assert data.qrels == {"q1": {"d1": 2}}
    assert data.notes == ("1 queries without judgements were left out",)


def test_trec_ranks_the_candidates_of_the_run(tmp_path: Path) -> None:
    data = load(written(tmp_path, "trec"))
    assert data.queries == (EvalQuery("q1", "green tea", candidates=("d2", "d1")),)
    assert data.qrels == {"q1": {"d1": 3, "elsewhere": 1}}


def test_mind_keeps_history_order_times_and_categories(tmp_path: Path) -> None:
    data = load(written(tmp_path, "mind"))
    assert data.items == (
        Item("N1", "A round", "On the green", "sports", "golf"),
        Item("N2", "Plain"),
        Item("N3", "Soup", "", "food"),
    )
    first, second = data.queries
    assert first == EvalQuery(
        "1", user_id="U1", history=("N2", "N1"), at=datetime(2019, 11, 15, 20, 55, 22, tzinfo=UTC),
        candidates=("N1", "N3"),
    )  # fmt: skip
    assert (second.history, second.candidates) == ((), ("N2", "N3"))
    assert data.qrels == {"1": {"N1": 0, "N3": 1}, "2": {"N2": 1, "N3": 0}}
    assert data.excluded(first) == frozenset()


def test_mind_times_that_are_all_the_same_are_unknown(tmp_path: Path) -> None:
    line = "{}\tU\t11/15/2019 12:00:00 PM\tN1\tN2-1 N3-0\n"
    data = load(written(tmp_path, "mind", {"behaviors.tsv": line.format(1) + line.format(2)}))
    assert [query.at for query in data.queries] == [None, None]
    assert data.notes == ("every impression carries the same time: times are unknown",)


def test_watches_hides_the_last_item_and_excludes_the_seen(tmp_path: Path) -> None:
    data = load(written(tmp_path, "watches"))
    assert [item.title for item in data.items] == ["Cat, jumping", "Dog", "Two\nlines"]
    ada, bob = data.queries
    assert ada == EvalQuery("ada", user_id="ada", history=("1", "2"))
    assert (bob.history, data.qrels) == ((), {"ada": {"3": 1}, "bob": {"2": 1}})
    assert data.excluded(ada) == {"1", "2"}
    assert data.notes == ("1 readers whose last item was watched before were left out",)


def test_one_reader_is_enough(tmp_path: Path) -> None:
    data = load(written(tmp_path, "watches", {"watches.tsv": "ada\t1 2\n"}))
    assert describe(data).queries == 1


def test_statistics_count(tmp_path: Path) -> None:
    description = describe(load(written(tmp_path, "mind")))
    assert (description.items, description.items_with_category, description.readers) == (3, 2, 2)
    assert description.grades == {0: 2, 1: 2}
    assert description.history == Spread(0, 1.0, 1.0, 2)
    assert description.candidates == Spread(2, 2.0, 2.0, 2)
    assert (description.judged_candidates, description.timed) == (1.0, True)
    assert describe(load(written(tmp_path / "t", "trec"))).judged_candidates == 0.5
    assert describe(load(written(tmp_path / "b", "beir"))).judged_candidates is None


@pytest.mark.parametrize("kind", SPECS)
def test_hash_follows_the_content_of_every_file(tmp_path: Path, kind: str) -> None:
    first = load(written(tmp_path, kind)).data_hash
    assert load(written(tmp_path / "copy", kind)).data_hash == first
    for name, text in FILES[kind].items():
        assert load(written(tmp_path / "changed", kind, {name: text + "\n"})).data_hash != first


@pytest.mark.parametrize(
    ("kind", "file", "text", "message"),
    [
        ("beir", "qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "a judgement of grade 1 or higher, found none"),
        ("beir", "qrels/test.tsv", "q1\td1\n", r"test.tsv:1: expected 3 fields \(query-id corpus-id score\), found 2"),
        ("beir", "qrels/test.tsv", "q1\td1\tyes\n", r"test.tsv:1: expected a whole number as score, found 'yes'"),
        ("beir", "qrels/test.tsv", "q9\td1\t1\n", "at least one query, found none"),
        ("beir", "qrels/test.tsv", "q1\td1\t1\nq9\td1\t1\n", r"judged queries .* found 1 \('q9'\)"),
        (
            "beir", "qrels/test.tsv", "".join(f"q1\tx{n}\t1\n" for n in range(4)),
            r"no judged items that are not in the catalogue, found 4 \('x0', 'x1', 'x2', \.\.\.\)",
        ),
        ("beir", "corpus.jsonl", CORPUS + '{"_id": "d3", "te', "corpus.jsonl:3: expected a complete JSON object"),
        ("beir", "corpus.jsonl", '["d1"]', "corpus.jsonl:1: expected a JSON object, found a list"),
        ("beir", "corpus.jsonl", '{"_id": "d1"}', "corpus.jsonl:1: expected a string as `text`, found nothing"),
        ("beir", "corpus.jsonl", '{"_id": "d 1", "text": ""}', "corpus.jsonl:1: expected a `_id` without white space"),
        ("beir", "corpus.jsonl", CORPUS + CORPUS, r"unique item ids, found 2 \('d1', 'd2'\) used twice"),
        ("beir", "corpus.jsonl", "", "at least one item, found none"),
        ("beir", "queries.jsonl", '{"_id": "q1", "text": "a"}\n' * 2, r"unique query ids, found 1 \('q1'\)"),
        ("trec", "run.txt", "q9 Q0 d1 1 1 x\n", r"no queries without candidates, found 1 \('q1'\)"),
        ("trec", "run.txt", "q1 Q0 d1 1 1 x\nq1 Q0 d1 2 0 x\n", "run.txt:2: expected each document once a query"),
        ("trec", "run.txt", "q1 Q0 d7 1 1 x\n", r"no candidates that are not in the catalogue, found 1 \('d7'\)"),
        ("trec", "queries.tsv", "q1 green tea\n", r"queries.tsv:1: expected 2 fields \(id text\), found 1"),
        ("mind", "behaviors.tsv", "1\tU1\t\tN1\tN2 N3\n", "behaviors.tsv:1: expected candidates as `N1-0` or `N1-1`"),
        ("mind", "behaviors.tsv", "1\tU1\tnoon\tN1\tN2-1\n", "behaviors.tsv:1: expected a time as .* found 'noon'"),
        ("mind", "behaviors.tsv", "1\tU1\t\tN8\tN2-1\n", r"items in histories .* found 1 \('N8'\)"),
        ("mind", "behaviors.tsv", "1\tU1\tN1\tN2-1\n", "behaviors.tsv:1: expected 5 fields"),
        ("mind", "behaviors.tsv", "1\tU\t\t\tN2-1\n2\tU\t\t\t\n", r"queries without candidates, found 1 \('2'\)"),
        ("mind", "news.tsv", "N1\tsports\n", "news.tsv:1: expected id, category, .* found 2 columns"),
        ("watches", "watches.tsv", "ada\t1 8 2\n", r"items in histories .* found 1 \('8'\)"),
        ("watches", "watches.tsv", "ada\t1 2\nada\t1 3\n", "watches.tsv:2: expected one line a user, found user 'ada'"),
        ("watches", "watches.tsv", "ada\t \n", "watches.tsv:1: expected at least one item, found none"),
        ("watches", "items.csv", "1,Cat\n", "items.csv:1: expected the header `item,title`, found '1,Cat'"),
        ("watches", "items.csv", "item,title\n1,Cat,grey\n", r"items.csv:2: expected 2 columns .* found 3"),
        ("watches", "items.csv", 'item,title\n1,"Cat\n', "items.csv:2: expected a CSV row"),
    ],
)  # fmt: skip
def test_wrong_files_are_named_with_the_line_or_the_ids(
    tmp_path: Path, kind: str, file: str, text: str, message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        load(written(tmp_path, kind, {file: text}))


@pytest.mark.parametrize("spec", ["scifact", "csv:data", "beir", "beir:"])
def test_unknown_spec_lists_the_kinds(spec: str) -> None:
    with pytest.raises(UsageError, match="beir:DIR or trec:DIR or mind:DIR or watches:DIR"):
        load(spec)


@pytest.mark.parametrize("kind", SPECS)
def test_missing_folder_and_file_are_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UsageError, match="a folder after"):
        load(f"{kind}:{tmp_path / 'nowhere'}")
    with pytest.raises(UsageError, match=r"cannot read .*No such file"):
        load(f"{kind}:{tmp_path}")
