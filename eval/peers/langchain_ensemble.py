"""LangChain's EnsembleRetriever: reciprocal rank fusion of BM25Retriever and Chroma, with Shortlist's encoder."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.peers.peer import PeerData, Scores
from shortlist.models.encoders.encoder import Encoder

DEPTH = 100
CANDIDATES_DEPTH = 1000  # it cannot rank given candidates only, so more items are retrieved, and others dropped
CHROMA_BATCH = 5000


class LangchainEnsemble:
    """A `Peer`. The retriever returns no scores, so the score of an item is the reciprocal of its rank."""

    def __init__(self, data: PeerData) -> None:
        from langchain_chroma import Chroma
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_core.documents import Document

        self._data = data
        limited = any(query.candidates is not None for query in data.task.data.queries)
        self._depth = min(len(data.texts), CANDIDATES_DEPTH if limited else DEPTH)
        documents = [Document(text, metadata={"row": row}) for row, text in enumerate(data.texts)]
        # The whole process shares Chroma's collections in memory, so the name must be unique.
        store = Chroma(f"peer-{uuid4().hex}", embedding_function=_embeddings(data.encoder))
        for start in range(0, len(documents), CHROMA_BATCH):
            store.add_documents(documents[start : start + CHROMA_BATCH])
        words = BM25Retriever.from_documents(documents, k=self._depth)
        vectors = store.as_retriever(search_kwargs={"k": self._depth})
        self._retriever = EnsembleRetriever(retrievers=[words, vectors], weights=[0.5, 0.5], id_key="row")

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """See `Peer`."""
        scores = np.full(len(self._data.texts), -np.inf)
        for rank, document in enumerate(self._retriever.invoke(self._data.query_text(query)), start=1):
            scores[document.metadata["row"]] = 1 / rank
        return scores


def _embeddings(encoder: Encoder):  # type: ignore[no-untyped-def]  # the import of the base class is local
    from langchain_core.embeddings import Embeddings

    class EncoderEmbeddings(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return _lists(encoder, texts)

        def embed_query(self, text: str) -> list[float]:
            return _lists(encoder, [text])[0]

    return EncoderEmbeddings()


def _lists(encoder: Encoder, texts: Sequence[str]) -> list[list[float]]:
    vectors: list[list[float]] = encoder.encode(texts).tolist()
    return vectors
