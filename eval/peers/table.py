"""The table of peers: a new one is a file in this folder and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shortlist.core.errors import ConfigError, ModelMissing
from shortlist.eval.peers.baselines import Chance, Popularity
from shortlist.eval.peers.implicit_als import ImplicitAls
from shortlist.eval.peers.langchain_ensemble import LangchainEnsemble
from shortlist.eval.peers.peer import Peer, PeerAnswerer, World
from shortlist.eval.peers.rank_bm25 import RankBm25
from shortlist.eval.peers.sklearn_tfidf import SklearnTfidf

PEERS: Mapping[str, Callable[[World], Peer]] = {
    "rank-bm25": RankBm25,
    "sklearn-tfidf": SklearnTfidf,
    "langchain-ensemble": LangchainEnsemble,
    "implicit-als": ImplicitAls,
    "popularity": Popularity,
    "random": Chance,
}


def peer_answerer(name: str, world: World) -> PeerAnswerer:
    """The peer `name` over `world`. Raises `ConfigError` where there is none, `ModelMissing` without its package."""
    if name not in PEERS:
        remedy = "correct the file of variants"
        raise ConfigError("unknown peer", expected=f"one of {', '.join(PEERS)}", found=repr(name), remedy=remedy)
    try:
        return PeerAnswerer(PEERS[name](world), name, world)
    except ImportError as error:
        remedy = "pip install 'shortlist[bench]'"
        raise ModelMissing(f"peer {name}", expected=f"the package {error.name}", found="none", remedy=remedy) from error
