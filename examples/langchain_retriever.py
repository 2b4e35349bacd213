"""Use a home as the retriever of a LangChain pipeline.

Run it where `make demo` has created a home: python examples/langchain_retriever.py
"""

from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda

import shortlist


def as_context(documents: list[Document]) -> str:
    """Format the retrieved documents as the context of a prompt."""
    lines = []
    for document in documents:
        evidence = document.metadata["evidence"]
        quote = evidence["text"] if evidence else document.page_content
        lines.append(f"[{document.id}] {document.metadata['title']}: “{quote}” ({document.metadata['reason']})")
    return "\n".join(lines)


with shortlist.open() as home:
    chain = home.as_retriever(user_id="user_123", k=3) | RunnableLambda(as_context)
    print(chain.invoke("something about the Moon"))
