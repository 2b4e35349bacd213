"""Peers by name. A new peer needs one module in this folder and one line in `PEERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shortlist.core.errors import ConfigError, ModelMissing
from shortlist.eval.peers.baselines import Popularity, RandomOrder
from shortlist.eval.peers.implicit_als import ImplicitAls
from shortlist.eval.peers.langchain_ensemble import LangchainEnsemble
from shortlist.eval.peers.peer import Peer, PeerAnswerer, PeerData
from shortlist.eval.peers.rank_bm25 import RankBm25
from shortlist.eval.peers.sklearn_tfidf import SklearnTfidf

PEERS: Mapping[str, Callable[[PeerData], Peer]] = {
    "rank-bm25": RankBm25,
    "sklearn-tfidf": SklearnTfidf,
    "langchain-ensemble": LangchainEnsemble,
    "implicit-als": ImplicitAls,
    "popularity": Popularity,
    "random": RandomOrder,
}


def peer_answerer(name: str, data: PeerData) -> PeerAnswerer:
    """Build the peer `name`. Raises `ConfigError` for an unknown name, `ModelMissing` without its package."""
    if name not in PEERS:
        remedy = "correct the file of variants"
        raise ConfigError("unknown peer", expected=f"one of {', '.join(PEERS)}", found=repr(name), remedy=remedy)
    try:
        return PeerAnswerer(PEERS[name](data), name, data)
    except ImportError as error:
        remedy = "pip install 'shortlist[bench]'"
        raise ModelMissing(f"peer {name}", expected=f"the package {error.name}", found="none", remedy=remedy) from error
