from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shortlist.agent.rerank.methods import METHODS
from shortlist.agent.rerank.policy import RerankPolicy, decide, request_kind
from shortlist.core import config
from shortlist.core.config import ProfileConfig, RerankConfig
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Request
from shortlist.core.types import HistoryItem, Profile

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = Profile("u", tuple(HistoryItem(i, "video", "view", NOW, None, i, None, 0.25) for i in "abcd"))
NEW = Profile("u")
WEIGHTS = RerankConfig(weight_plain=0, weight_wish=0.4, weight_thin=0.2, weight_named=0.5)


@pytest.mark.parametrize(
    ("request_", "profile", "kind", "policy"),
    [
        (Request("u"), KNOWN, "plain", RerankPolicy(None, 0)),
        (Request("u"), NEW, "thin", RerankPolicy("yesno", 0.2, budget_ms=2000, least=10)),
        (Request("u", wish="x"), KNOWN, "wish", RerankPolicy("yesno", 0.4, budget_ms=2000, least=10)),
        (Request("u", wish="x"), NEW, "wish", RerankPolicy("yesno", 0.4, budget_ms=2000, least=10)),
        (Request("u", rerank="yesno"), KNOWN, "plain", RerankPolicy("yesno", 0.5, named=True)),
        (Request("u", rerank="yesno"), NEW, "thin", RerankPolicy("yesno", 0.2, named=True)),
        (Request("u", wish="x", rerank="none"), KNOWN, "wish", RerankPolicy(None)),
    ],
)
def test_each_kind_of_request_has_its_weight(
    request_: Request, profile: Profile, kind: str, policy: RerankPolicy
) -> None:
    assert request_kind(request_, profile, ProfileConfig()) == kind
    assert decide(request_, profile, WEIGHTS, ProfileConfig()) == policy


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="auto, none, yesno"):
        decide(Request("u", rerank="magic"), KNOWN, WEIGHTS, ProfileConfig())


def test_the_command_line_knows_the_methods_there_are() -> None:
    assert tuple(METHODS) == config.METHODS
