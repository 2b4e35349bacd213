"""Choices: what is summed, what stands in, what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import ModelFailed, UsageError
from shortlist.models.llm.choices import check_choices, score_choices


def test_variants_of_case_and_leading_space_are_summed() -> None:
    returned = [("Yes", math.log(0.3)), (" yes", math.log(0.2)), ("no", math.log(0.1)), ("maybe", math.log(0.05))]
    scores, missing = score_choices(["yes", "no"], returned, "m")
    assert [round(math.exp(score), 9) for score in scores] == [0.5, 0.1]
    assert missing == (False, False)


def test_a_choice_that_did_not_come_back_gets_the_smallest_that_did_and_says_so() -> None:
    scores, missing = score_choices(["A", "B"], [("a", -0.1), ("x", -7.0)], "m")
    assert list(scores) == [-0.1, -7.0]
    assert missing == (False, True)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.7])
def test_values_that_are_no_log_probabilities_are_refused(value: float) -> None:
    with pytest.raises(ModelFailed, match="log-probabilities"):
        score_choices(["yes"], [("yes", -1.0), ("no", value)], "m")


def test_no_log_probabilities_at_all_are_refused() -> None:
    with pytest.raises(ModelFailed, match="found none"):
        score_choices(["yes"], [], "m")


@pytest.mark.parametrize("choices", [[], ["a", "b", "c"], ["yes", " YES"], ["yes", " "]])
def test_choices_that_are_equal_in_lower_case_are_refused(choices: list[str]) -> None:
    with pytest.raises(UsageError, match="bad choices"):
        check_choices(choices, 2)


@given(st.dictionaries(st.sampled_from(["a", "A", " a", "b", " B", "c"]), st.floats(-30, 0), min_size=1))
def test_a_score_is_never_below_any_of_its_variants(returned: dict[str, float]) -> None:
    scores, missing = score_choices(["a", "b"], returned.items(), "m")
    for choice, score, absent in zip("ab", scores, missing, strict=True):
        values = [value for token, value in returned.items() if token.strip().lower() == choice]
        assert absent is (not values)
        assert score >= max(values, default=min(returned.values())) - 1e-9
