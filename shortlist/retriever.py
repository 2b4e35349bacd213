"""A LangChain retriever over a home."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from shortlist.core.json_documents import recommendation_document
from shortlist.core.ranking import Answer, Recommendation


class ShortlistRetriever(BaseRetriever):
    """Retrieves videos as documents, best first. Make one with `Home.as_retriever`.

    `ask` answers a query. A document's text is the transcript, or the summary or title of a video without one. Its id
    is the video's, and its metadata is the recommendation as `shortlist recommend --json` prints it: rank, score,
    reason, evidence, stages, title, channel, url and more.
    """

    ask: Callable[[str], Answer]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(item) for item in self.ask(query).recommendations]


def _document(item: Recommendation) -> Document:
    video = item.video
    text = video.transcript.text or video.summary or video.display_title
    return Document(id=video.id, page_content=text, metadata=recommendation_document(item))
