"""LangChain: EnsembleRetriever (reciprocal rank fusion) of BM25Retriever and Chroma, with the same encoder as ours."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import Scores, World
from shortlist.models.encoders.encoder import Encoder

DEPTH = 100
AMONG_CANDIDATES = 1000  # it cannot be told to rank given candidates: ask deep, keep those
CHROMA_BATCH = 5000


class LangchainEnsemble:
    """See `Peer`."""

    def __init__(self, world: World) -> None:
        from langchain_chroma import Chroma
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_core.documents import Document

        self._world = world
        limited = any(query.candidates is not None for query in world.task.data.queries)
        self._depth = min(len(world.texts), AMONG_CANDIDATES if limited else DEPTH)
        documents = [Document(text, metadata={"row": row}) for row, text in enumerate(world.texts)]
        # Chroma's collections in memory are shared by the whole process.
        store = Chroma(f"peer-{uuid4().hex}", embedding_function=_embeddings(world.encoder))
        for start in range(0, len(documents), CHROMA_BATCH):
            store.add_documents(documents[start : start + CHROMA_BATCH])
        words = BM25Retriever.from_documents(documents, k=self._depth)
        vectors = store.as_retriever(search_kwargs={"k": self._depth})
        self._retriever = EnsembleRetriever(retrievers=[words, vectors], weights=[0.5, 0.5], id_key="row")

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`. It gives an order only: the reciprocal of the rank stands for a score."""
        found = np.full(len(self._world.texts), -np.inf)
        for rank, document in enumerate(self._retriever.invoke(self._world.text_of(query)), start=1):
            found[document.metadata["row"]] = 1 / rank
        return found


def _embeddings(encoder: Encoder):  # type: ignore[no-untyped-def]  # the base class is imported here
    from langchain_core.embeddings import Embeddings

    class Ours(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return _lists(encoder, texts)

        def embed_query(self, text: str) -> list[float]:
            return _lists(encoder, [text])[0]

    return Ours()


def _lists(encoder: Encoder, texts: Sequence[str]) -> list[list[float]]:
    vectors: list[list[float]] = encoder.encode(texts).tolist()
    return vectors
