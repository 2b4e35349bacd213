"""Files of variants, and the errors of bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.core.config import METHODS, STUDENT, Config
from shortlist.core.errors import ConfigError
from shortlist.core.legs import LEGS
from shortlist.eval.variants import SECTIONS, Variant, choose, load_variants


def written(folder: Path, text: str) -> Path:
    path = folder / "variants.toml"
    path.write_text(text)
    return path


def test_the_shipped_file_has_the_documented_variants_and_all_can_be_applied() -> None:
    shipped = load_variants()
    by_model = {f"default+{method}" for method in METHODS if method != STUDENT}
    assert set(shipped) >= {"default", "rrf", *LEGS, *by_model, STUDENT}
    for variant in shipped.values():
        variant.apply_to(Config())
    assert shipped["default"].apply_to(Config()) == Config()


def test_settings_replace_key_by_key_and_leave_the_rest(tmp_path: Path) -> None:
    text = '[variants.mine]\nretrieval = { weights = { dense = 2.0 }, dense_top = 7 }\nmethod = "yesno"\n'
    variant = load_variants(written(tmp_path, text))["mine"]
    configured = variant.apply_to(Config())
    assert configured.retrieval.weights == {"dense": 2.0}
    assert (configured.retrieval.dense_top, configured.retrieval.rrf_k) == (7, Config().retrieval.rrf_k)
    assert (variant.overrides("retrieval.weights"), variant.overrides("retrieval.text_weights")) == (True, False)


def test_legs_alone_and_dropped() -> None:
    alone = Variant(name="a", alone="tfidf").apply_to(Config()).retrieval
    assert alone.weights == alone.text_weights == {"tfidf": 1.0}
    dropped = Variant(name="d", drop=("dense",)).apply_to(Config()).retrieval
    assert dropped.weights == {leg: w for leg, w in Config().retrieval.weights.items() if leg != "dense"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"tables as \[variants"),
        ("[variants.x", "readable TOML"),
        ('[variants."a b"]\n', "letters, digits"),
        ("[variants.x]\nlegs = 1\n", "Extra inputs are not permitted"),
        ("[variants.x]\nsample = 0\n", "greater than or equal to 1"),
        ("[variants]\nx = 1\n", "a table of settings"),
    ],
)
def test_errors_name_the_bad_file_or_variant(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_variants(written(tmp_path, text))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alone": "psychic"}, "a leg among affinity, bm25"),
        ({"method": "oracle"}, "a method among auto"),
        ({"retrieval": {"depht": 3}}, "retrieval.depht"),
        ({"retrieval": {"depth": 0}}, "retrieval.depth"),
    ],
)
def test_settings_that_do_not_exist_are_refused_when_used(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Variant(name="x", **settings).apply_to(Config())


def test_an_unknown_name_lists_the_names() -> None:
    with pytest.raises(ConfigError, match="one of default, affinity, bm25"):
        choose(load_variants(), ["defualt"])


def test_every_section_of_a_variant_is_one_of_the_configuration() -> None:
    assert set(SECTIONS) <= set(Config.model_fields)
