from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.models.language_identifier import load_identifier

TEXTS = (
    "Deze video past precies bij het verzoek.",
    "All sharks have five gills.",
    "Por qué el mar brilla",
    "月の時計",
    "",
)


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> list[list[tuple[str, float]]]:
    """Rankings by an identifier without a copy: a file is in the place of its folder."""
    no_folder = tmp_path_factory.mktemp("blocked") / "file"
    no_folder.write_text("")
    identifier = load_identifier(no_folder)
    return [identifier.rank(text) for text in TEXTS]


@pytest.mark.integration
def test_a_mapped_copy_ranks_exactly_as_the_model_does(ranked: list[list[tuple[str, float]]], tmp_path: Path) -> None:
    load_identifier(tmp_path)
    [copy] = tmp_path.iterdir()
    transitions = copy / "nextmove.npy"
    written = transitions.stat()
    mapped = load_identifier(tmp_path)
    assert [mapped.rank(text) for text in TEXTS] == ranked
    assert transitions.stat().st_ino == written.st_ino

    with transitions.open("r+b") as stream:
        stream.truncate(written.st_size // 2)
    replaced = load_identifier(tmp_path)
    assert [replaced.rank(text) for text in TEXTS] == ranked
    assert transitions.stat().st_size == written.st_size
    assert list(tmp_path.iterdir()) == [copy]
