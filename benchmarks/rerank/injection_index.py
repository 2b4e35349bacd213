"""An index that reads the attacks of `benchmarks.rerank.injection`: talks are stored as an ingest would store them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from benchmarks.rerank.lists import Scores, Vectors
from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import FloatArray, Query
from shortlist.core.types import KEYWORDS, Enrichment, Segment, Transcript, Video
from shortlist.ingest.keywords import keywords
from shortlist.ingest.summarise import extract, summarise
from shortlist.models.encoders.encoder import Encoder
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.segment import SegmentView, video_segment
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.documents.document import video_documents

Content = Literal["transcript", "description"]
CONTENTS: tuple[Content, ...] = ("transcript", "description")
ONE_IN = 10  # talks that are in no list


class TalkIndex:
    """The listed talks and a tenth of the others, of their transcripts or of two sentences each as a description."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        listed: Collection[str],
        content: Content,
        vectors: Vectors,
        encoder: Encoder,
    ) -> None:
        self._encoder = encoder
        self._content = content
        chosen = [row for row in rows if str(row["id"]) in listed or _is_drawn(str(row["id"]))]
        videos = [talk for row in chosen if (talk := _talk(row, content))]
        self._videos = {video.id: video for video in videos}
        documents = [video_documents(video, 0) for video in videos]
        encoded = iter(vectors.of([one.text for each in documents for one in each]))
        rows_of = np.stack([_unit(np.sum([next(encoded) for _ in each], axis=0)) for each in documents])
        self._segment = video_segment(videos, rows_of)

    def scores(self, wish: str, ids: Sequence[str], attacked: tuple[str, str, int] | None = None) -> Scores:
        """Return the fused scores of `ids` for `wish`. `attacked` is an id, the attack and its place."""
        parts = [SegmentView(self._segment)]
        if attacked is not None:
            video = self._attack(*attacked)
            vector = _unit(self._encoder.encode([one.text for one in video_documents(video, 0)]).sum(axis=0))
            parts = [parts[0].without([video.id]), SegmentView(video_segment([video], vector[None]))]
        retriever = build_retriever(Snapshot("benchmark", 1, tuple(parts)), RetrievalConfig())
        query = Query(
            k=len(self._videos), text=wish, vectors=self._encoder.encode([wish]), vector_weights=np.ones(1, np.float32)
        )
        ranking = retriever.search(query)
        found = dict(zip(ranking.ids, ranking.scores.tolist(), strict=True))
        return np.array([found.get(item, 0.0) for item in ids])

    def _attack(self, video_id: str, text: str, place: int) -> Video:
        """Return the talk with `text` after its content (0), before its content (1) or after its title (2)."""
        video = self._videos[video_id]
        if place == 2:
            return _enriched(replace(video, title=f"{video.title}. {text}"))
        content = video.transcript.text or video.description
        joined = f"{content} {text}" if place == 0 else f"{text} {content}"
        if self._content == "transcript":
            return _enriched(replace(video, transcript=Transcript((Segment(joined),))))
        return _enriched(replace(video, description=joined))


def _is_drawn(talk_id: str) -> bool:
    return int(hashlib.sha256(talk_id.encode()).hexdigest(), 16) % ONE_IN == 0


def _talk(row: Mapping[str, Any], content: Content) -> Video | None:
    video, short = Video(str(row["id"]), row["title"]), extract(row["transcript"])
    if not short:
        return None
    if content == "transcript":
        return _enriched(replace(video, transcript=Transcript((Segment(row["transcript"]),))))
    return _enriched(replace(video, description=short))


def _enriched(video: Video) -> Video:
    tags = keywords(video)
    made = Enrichment(summary=summarise(video), tags=tags, tags_made_by=KEYWORDS if tags else None)
    return replace(video, enrichment=made)


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
